// Naming: what all conventions share (trimming, paths, shortening) and the conventions themselves.
#include "schema/naming.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"
#include "schema/unicode.h"

namespace lode {
namespace {

constexpr std::size_t kTagBytes = 4;     // of the hash; a collision in 1000 names is then less likely than 0.1 %
constexpr std::uint32_t kTagLength = 6;  // 4 bytes in unpadded base64

bool is_lower(char32_t c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char32_t c) { return c >= 'A' && c <= 'Z'; }
bool is_ascii_digit(char32_t c) { return c >= '0' && c <= '9'; }

// Letters of ASCII, digits of all scripts and the underscore: all that the SQL conventions keep.
bool is_word(char32_t c) { return is_lower(c) || is_upper(c) || c == '_' || decimal_digit(c) >= 0; }

// Every run of other characters becomes one underscore.
std::u32string keep_words(std::u32string_view text) {
  std::u32string out;
  bool in_run = false;
  for (const char32_t c : text) {
    const bool keep = is_word(c);
    if (keep) out.push_back(c);
    if (!keep && !in_run) out.push_back('_');
    in_run = !keep;
  }
  return out;
}

std::u32string collapse_underscores(std::u32string_view text) {
  std::u32string out;
  for (const char32_t c : text) {
    if (c != '_' || out.empty() || out.back() != '_') out.push_back(c);
  }
  return out;
}

void prefix_leading_digit(std::u32string& text) {
  if (!text.empty() && decimal_digit(text.front()) >= 0) text.insert(text.begin(), '_');
}

// "getHTTPResponse" -> "getHTTP_Response": a capital that begins a word of small letters, unless '_' or nothing
// precedes it.
std::u32string break_before_words(std::u32string_view text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    out.push_back(text[i]);
    const bool begins_word = text[i] != '_' && i + 2 < text.size() && is_upper(text[i + 1]) && is_lower(text[i + 2]);
    ++i;
    if (!begins_word) continue;
    out.push_back('_');
    out.push_back(text[i++]);
    while (i < text.size() && is_lower(text[i])) out.push_back(text[i++]);
  }
  return out;
}

// "getHTTP" -> "get_HTTP": a capital after a small letter or a digit.
std::u32string break_before_capitals(std::u32string_view text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i > 0 && is_upper(text[i]) && (is_lower(text[i - 1]) || is_ascii_digit(text[i - 1]))) out.push_back('_');
    out.push_back(text[i]);
  }
  return out;
}

class SnakeCase : public Naming {
 public:
  SnakeCase(std::string convention, std::uint32_t length_max) : Naming(std::move(convention), length_max) {}
  bool is_case_sensitive() const override { return false; }

 private:
  std::string map(std::string_view trimmed) const override {
    std::u32string text = to_utf32(trimmed);
    for (char32_t& c : text) c = reduce(c);
    text = break_before_capitals(break_before_words(keep_words(text)));
    for (char32_t& c : text) c = is_upper(c) ? c + 32 : c;
    prefix_leading_digit(text);
    // Underscores at the end would look like a separator without a name behind it.
    for (std::size_t i = text.size(); i > 0 && text[i - 1] == '_'; --i) text[i - 1] = 'x';
    return to_utf8(collapse_underscores(text));
  }

  static char32_t reduce(char32_t c) {
    switch (c) {
      case '+':
      case '*':
        return 'x';
      case '-':
        return '_';
      case '@':
        return 'a';
      case '|':
        return 'l';
      default:
        return c;
    }
  }
};

// Snake case for Amazon S3 tables, whose names must not begin with an underscore.
class S3Tables : public SnakeCase {
 public:
  explicit S3Tables(std::uint32_t length_max) : SnakeCase("s3_tables", length_max) {}

 private:
  std::string finish_table(std::string identifier) const override {
    return identifier.substr(std::min(identifier.find_first_not_of('_'), identifier.size()));
  }
};

class DuckCase : public Naming {
 public:
  explicit DuckCase(std::uint32_t length_max) : Naming("duck_case", length_max) {}
  bool is_case_sensitive() const override { return true; }

 private:
  std::string map(std::string_view trimmed) const override {
    std::string out;
    for (const char c : trimmed) {
      const char kept = c == '\n' || c == '\r' || c == '"' ? '_' : c;
      if (kept != '_' || out.empty() || out.back() != '_') out.push_back(kept);
    }
    return out;
  }
};

class Direct : public Naming {
 public:
  explicit Direct(std::uint32_t length_max) : Naming("direct", length_max) {}
  bool is_case_sensitive() const override { return true; }
  std::string_view separator() const override { return kSeparator; }

 private:
  static constexpr std::string_view kSeparator = "\xE2\x96\xB6";  // U+25B6

  std::string map(std::string_view trimmed) const override {
    std::string out = replace_all(std::string(trimmed), kSeparator, "_");
    for (char& c : out) {
      if (c == '\n' || c == '\r' || c == '\'' || c == '"') c = '_';
    }
    return out;
  }
};

class Sql : public Naming {
 public:
  Sql(bool case_sensitive, std::uint32_t length_max)
      : Naming(case_sensitive ? "sql_cs_v1" : "sql_ci_v1", length_max), case_sensitive_(case_sensitive) {}
  bool is_case_sensitive() const override { return case_sensitive_; }

 private:
  std::string map(std::string_view trimmed) const override {
    std::u32string text = keep_words(to_utf32(trimmed));
    prefix_leading_digit(text);
    if (text != U"_") {
      while (!text.empty() && text.back() == '_') text.pop_back();
    }
    return to_utf8(collapse_underscores(text));
  }
  std::string finish(std::string shortened) const override { return case_sensitive_ ? shortened : to_lower(shortened); }

  bool case_sensitive_;
};

constexpr std::uint32_t kS3LengthMax = 255;

Result<std::shared_ptr<const Naming>> make_convention(std::string_view name, std::uint32_t length_max) {
  using Pointer = std::shared_ptr<const Naming>;
  if (name == "snake_case") return Pointer(std::make_shared<SnakeCase>("snake_case", length_max));
  if (name == "duck_case") return Pointer(std::make_shared<DuckCase>(length_max));
  if (name == "direct") return Pointer(std::make_shared<Direct>(length_max));
  if (name == "sql_cs_v1") return Pointer(std::make_shared<Sql>(true, length_max));
  if (name == "sql_ci_v1") return Pointer(std::make_shared<Sql>(false, length_max));
  if (name == "s3_tables") {
    if (length_max <= kS3LengthMax)
      return Pointer(std::make_shared<S3Tables>(length_max == 0 ? kS3LengthMax : length_max));
    return Status::error(
        Code::kConfigInvalid,
        fmt::format("naming convention 's3_tables' allows {} characters, {} were asked for", kS3LengthMax, length_max));
  }
  const std::string guess = closest(name, {"snake_case", "duck_case", "direct", "sql_cs_v1", "sql_ci_v1", "s3_tables"});
  Status status = Status::error(Code::kConfigInvalid, fmt::format("there is no naming convention '{}'", name));
  if (!guess.empty()) status.note(fmt::format("did you mean '{}'?", guess));
  return std::move(status).hint("one of snake_case, duck_case, direct, sql_cs_v1, sql_ci_v1, s3_tables");
}

}  // namespace

Result<std::shared_ptr<const Naming>> Naming::make(std::string_view convention, std::uint32_t length_max) {
  if (length_max > 0 && length_max < kTagLength) {
    return Status::error(Code::kConfigInvalid, fmt::format("identifiers need at least {} characters, the limit is {}",
                                                           kTagLength, length_max));
  }
  for (const std::string_view module : {"dlt.common.normalizers.naming.", "dlt.common.normalizers.names."}) {
    if (convention.substr(0, module.size()) == module) convention.remove_prefix(module.size());
  }
  if (const std::string_view suffix = ".NamingConvention"; convention.ends_with(suffix)) {
    convention.remove_suffix(suffix.size());
  }
  return make_convention(convention, length_max);
}

std::string Naming::identifier_of(std::string_view trimmed) const { return finish(shorten(map(trimmed), trimmed)); }

Result<std::string> Naming::identifier(std::string_view name) const {
  const std::string_view trimmed = trim_unicode(name);
  if (trimmed.empty()) return Status::error(Code::kSchemaInvalid, "a name must not be empty");
  return identifier_of(trimmed);
}

Result<std::string> Naming::table_identifier(std::string_view name) const {
  LODE_ASSIGN(std::string mapped, identifier(name));
  return finish_table(std::move(mapped));
}

std::vector<std::string_view> Naming::break_path(std::string_view path) const {
  std::vector<std::string_view> pieces;
  for (std::size_t start = 0;;) {
    const std::size_t end = path.find(separator(), start);
    const std::string_view piece = path.substr(start, end == std::string_view::npos ? end : end - start);
    if (!is_blank(piece)) pieces.push_back(piece);
    if (end == std::string_view::npos) return pieces;
    start = end + separator().size();
  }
}

std::string Naming::join(const std::vector<std::string>& pieces) const {
  std::string out;
  for (const std::string& piece : pieces) {
    if (is_blank(piece)) continue;
    if (!out.empty()) out.append(separator());
    out.append(piece);
  }
  return out;
}

std::string Naming::path(std::string_view name) const {
  std::vector<std::string> pieces;
  for (const std::string_view piece : break_path(name)) pieces.push_back(identifier_of(trim_unicode(piece)));
  return shorten(join(pieces), name);
}

std::string Naming::table_path(std::string_view name) const {
  std::vector<std::string> pieces;
  for (const std::string_view piece : break_path(name))
    pieces.push_back(finish_table(identifier_of(trim_unicode(piece))));
  return shorten(join(pieces), name);
}

std::string Naming::shorten_fragments(const std::vector<std::string>& fragments) const {
  const std::string joined = join(fragments);
  return shorten(joined, joined);
}

std::string Naming::shorten(std::string normalized, std::string_view source) const {
  // Bytes are never fewer than code points, so the cheap test comes first.
  if (length_max_ == 0 || normalized.size() <= length_max_ || count_code_points(normalized) <= length_max_)
    return normalized;
  std::string tag = base64_encode(shake_128(source, kTagBytes), false);
  std::replace(tag.begin(), tag.end(), '/', 'a');
  std::replace(tag.begin(), tag.end(), '+', 'b');
  const std::u32string text = to_utf32(normalized);
  const std::size_t rest = length_max_ - kTagLength;
  const std::u32string_view view = text;
  return to_utf8(view.substr(0, rest / 2 + rest % 2)) + to_lower(tag) + to_utf8(view.substr(text.size() - rest / 2));
}

}  // namespace lode
