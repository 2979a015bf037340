// Parsing JSON: simdjson finds the structure, this file turns it into cells.
//
// simdjson's first stage reads 64 bytes at a time with the widest vector instructions that the machine has. It checks
// UTF-8 and control characters and answers the offsets of everything that matters: brackets, commas, colons, the first
// character of each string, number and word. The second stage here walks those offsets once, with a stack of its own
// instead of recursion, and writes cells. Strings without a backslash stay where they are; cells point at them.
//
// Long texts go through in windows that end at a line's end, so that the offsets stay in the processor's cache. A raw
// line break cannot be inside a string, number or word, so the first stage may start afresh there; the second stage
// just goes on.
#include "json/parse.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <new>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "json/number.h"

namespace lode::json {
namespace {

using Indexer = simdjson::internal::dom_parser_implementation;

constexpr std::size_t kDepthMax = 2500;
constexpr std::size_t kWindowBytes = 256 * 1024;
constexpr std::size_t kKeptBytesMax = 4 * 1024 * 1024;     // a larger window's memory is given back
constexpr std::size_t kIndexedBytesMax = 0xFFFFFFFF - 64;  // what 32-bit offsets reach
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Where the second stage stands between two windows.
enum class Expect {
  kRoot,       // a value at the top, or the end
  kEnd,        // nothing any more: the one value is complete
  kValue,      // a value
  kItemOrEnd,  // after '[': a value or ']'
  kKeyOrEnd,   // after '{': a key or '}'
  kKey,        // after ',' in an object
  kColon,
  kCommaOrEnd,  // after an item or a member
};

// Why parsing stopped. `at` is where.
struct Problem {
  const char* at = nullptr;
  std::string what;
  Code code = Code::kJsonSyntax;
  const char* token = nullptr;  // where the broken string starts, if it is one
};

// The second stage: takes windows of offsets and appends cells. Remembers between windows what is open.
class CellWriter {
 public:
  CellWriter(DocumentBuilder& document, std::string_view text, bool many, Typing typing)
      : document_(document), text_end_(text.data() + text.size()), many_(many), typed_(typing == Typing::kTyped) {
    find_escape(text.data());
  }

  /// False if there is a problem.
  bool window(const char* base, const std::uint32_t* index, std::size_t count);
  /// To be called after the last window. False if the text ends too early.
  bool finish();
  const Problem& problem() const { return problem_; }

 private:
  struct Open {
    std::uint32_t cell;
    std::uint32_t children;
    bool is_list;
  };

  bool fail(const char* at, std::string what, Code code = Code::kJsonSyntax) {
    problem_ = {at, std::move(what), code, at};
    return false;
  }
  bool fail_unexpected(const char* at, std::string_view wanted);
  void find_escape(const char* from) {
    const void* found = std::memchr(from, '\\', static_cast<std::size_t>(text_end_ - from));
    next_escape_ = found != nullptr ? static_cast<const char*>(found) : text_end_;
  }
  bool text_cell(const char* at, const char* next, Cell& cell);
  bool unescape(const char* at, const char* end, Cell& cell);
  bool unescape_code_point(const char* slash, const char* end, const char*& from);
  void decode(Cell& cell);
  bool scalar(const char* at, Cell& cell);
  bool word(const char* at, std::string_view word, Kind kind, std::int64_t number, Cell& cell);

  DocumentBuilder& document_;
  const char* text_end_;
  bool many_;
  bool typed_;
  const char* next_escape_;  // the first backslash that no string has passed yet, or the text's end
  Expect expect_ = Expect::kRoot;
  std::size_t depth_ = 0;
  std::array<Open, kDepthMax> open_;
  std::string unescaped_;
  Problem problem_;
};

bool CellWriter::fail_unexpected(const char* at, std::string_view wanted) {
  return fail(at, fmt::format("expected {}", wanted));
}

// A loop over the offsets. The labels are the states of Expect; `goto` keeps them in the processor's registers instead
// of a variable, which is what this loop's speed comes from.
bool CellWriter::window(const char* base, const std::uint32_t* index, std::size_t count) {
  CellArray& array = document_.cells();
  if (array.size() + count > UINT32_MAX) return fail(base, "more than 4 294 967 295 values in one document");
  LODE_ASSERT(array.capacity() - array.size() >= count);  // every cell has an offset of its own
  Cell* const first = array.data();
  Cell* cell = first + array.size();
  const std::uint32_t* const index_end = index + count;
  const char* at = nullptr;

  const auto suspend = [&](Expect expect) {
    array.set_size(static_cast<std::size_t>(cell - first));
    expect_ = expect;
    return true;
  };

  switch (expect_) {
    case Expect::kRoot:
      goto root;
    case Expect::kEnd:
      goto end;
    case Expect::kValue:
      goto value;
    case Expect::kItemOrEnd:
      goto item_or_end;
    case Expect::kKeyOrEnd:
      goto key_or_end;
    case Expect::kKey:
      goto key;
    case Expect::kColon:
      goto colon;
    case Expect::kCommaOrEnd:
      goto comma_or_end;
  }

root:
  if (index == index_end) return suspend(Expect::kRoot);
  document_.roots().push_back(static_cast<std::uint32_t>(cell - first));

value:
  if (index == index_end) return suspend(Expect::kValue);
  at = base + *index++;

value_at:
  switch (*at) {
    case '"':
      // The entry behind the last one is there: simdjson ends its list with the length of the window.
      if (!text_cell(at, base + *index, *cell)) return false;
      if (typed_) decode(*cell);
      ++cell;
      break;
    case '{':
    case '[': {
      if (depth_ == kDepthMax) {
        return fail(at, fmt::format("more than {} levels of lists and objects", kDepthMax), Code::kJsonDepth);
      }
      const bool is_list = *at == '[';
      open_[depth_++] = {static_cast<std::uint32_t>(cell - first), 0, is_list};
      cell->kind = is_list ? Kind::kList : Kind::kObject;
      cell->subkind = Subkind::kNone;
      ++cell;
      if (is_list) goto item_or_end;
      goto key_or_end;
    }
    default:
      if (!scalar(at, *cell)) return false;
      ++cell;
  }

value_done:
  if (depth_ > 0) goto comma_or_end;
  if (many_) goto root;

end:
  if (index == index_end) return suspend(Expect::kEnd);
  return fail(base + *index, "unexpected text after the end of the JSON value");

item_or_end:
  if (index == index_end) return suspend(Expect::kItemOrEnd);
  at = base + *index++;
  if (*at == ']') goto close;
  ++open_[depth_ - 1].children;
  goto value_at;

key_or_end:
  if (index == index_end) return suspend(Expect::kKeyOrEnd);
  at = base + *index++;
  if (*at == '}') goto close;
  if (*at != '"') return fail_unexpected(at, "a key in double quotes or '}'");
  goto key_at;

key:
  if (index == index_end) return suspend(Expect::kKey);
  at = base + *index++;
  if (*at != '"')
    return fail_unexpected(at, *at == '}' ? "a key: a comma may not stand before '}'" : "a key in double quotes");

key_at:
  if (!text_cell(at, base + *index, *cell)) return false;
  ++cell;
  ++open_[depth_ - 1].children;

colon:
  if (index == index_end) return suspend(Expect::kColon);
  at = base + *index++;
  if (*at != ':') return fail_unexpected(at, "':' after a key");
  goto value;

comma_or_end:
  if (index == index_end) return suspend(Expect::kCommaOrEnd);
  at = base + *index++;
  if (open_[depth_ - 1].is_list) {
    if (*at == ',') {
      ++open_[depth_ - 1].children;
      if (index != index_end && base[*index] == ']')
        return fail_unexpected(base + *index, "a value: a comma may not stand before ']'");
      goto value;
    }
    if (*at != ']') return fail_unexpected(at, "',' or ']' after an item of a list");
  } else {
    if (*at == ',') goto key;
    if (*at != '}') return fail_unexpected(at, "',' or '}' after a member of an object");
  }

close:
  const Open& open = open_[--depth_];
  Cell& container = first[open.cell];
  container.size = open.children;
  container.span = static_cast<std::uint64_t>(cell - first) - open.cell;
  goto value_done;
}

bool CellWriter::finish() {
  switch (expect_) {
    case Expect::kRoot:
      return many_ || fail(text_end_, "the text is empty: a JSON value was expected");
    case Expect::kEnd:
      return true;
    default:
      break;
  }
  if (depth_ == 0) return fail(text_end_, "the text is empty: a JSON value was expected");
  return fail(text_end_, fmt::format("the text ends inside {}", open_[depth_ - 1].is_list ? "a list" : "an object"));
}

// `at` is the opening quote. The first stage has made sure that there is a closing one before `next`, the next offset,
// with nothing but white space after it; a backslash is rare, so its position is looked up once for the whole text.
bool CellWriter::text_cell(const char* at, const char* next, Cell& cell) {
  const char* end = next - 1;
  while (*end != '"') --end;
  if (end == at) return fail(at, "a string without an end");
  if (next_escape_ < at) find_escape(at);
  if (next_escape_ < end) return unescape(at, end, cell);
  cell.kind = Kind::kText;
  cell.subkind = Subkind::kNone;
  cell.text = at + 1;
  cell.size = static_cast<std::uint32_t>(end - at - 1);
  return true;
}

// Reads four hex digits; -1 if there are none.
int hex4(const char* at, const char* end) {
  if (end - at < 4) return -1;
  unsigned value = 0;
  const auto [stop, error] = std::from_chars(at, at + 4, value, 16);
  return error == std::errc() && stop == at + 4 ? static_cast<int>(value) : -1;
}

// "\uXXXX", or two of them for a character beyond 16 bits. `from` is set to what follows.
bool CellWriter::unescape_code_point(const char* slash, const char* end, const char*& from) {
  const int code = hex4(slash + 2, end);
  if (code < 0) return fail(slash, "'\\u' must be followed by four hexadecimal digits");
  from = slash + 6;
  if (code < 0xD800 || code >= 0xE000) {
    append_utf8(unescaped_, static_cast<char32_t>(code));
    return true;
  }
  const int low = code < 0xDC00 && from[0] == '\\' && from[1] == 'u' ? hex4(from + 2, end) : -1;
  if (low < 0xDC00 || low > 0xDFFF) return fail(slash, "half of a surrogate pair stands alone");
  from += 6;
  append_utf8(unescaped_, static_cast<char32_t>(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)));
  return true;
}

// `at` and `end` are the quotes.
bool CellWriter::unescape(const char* at, const char* end, Cell& cell) {
  unescaped_.clear();
  for (const char* from = at + 1;;) {
    const auto* slash = static_cast<const char*>(std::memchr(from, '\\', static_cast<std::size_t>(end - from)));
    unescaped_.append(from, slash != nullptr ? slash : end);
    if (slash == nullptr) break;
    from = slash + 2;
    if (slash[1] == 'u') {
      if (!unescape_code_point(slash, end, from)) return false;
      continue;
    }
    static constexpr std::string_view kLetters = "\"\\/bfnrt";
    static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const std::size_t which = kLetters.find(slash[1]);
    if (which == std::string_view::npos)
      return fail(slash, "a backslash must be followed by one of \" \\ / b f n r t u");
    unescaped_.push_back(kMeanings[which]);
  }
  cell.kind = Kind::kText;
  cell.subkind = Subkind::kNone;
  cell.text = document_.keep(unescaped_);
  cell.size = static_cast<std::uint32_t>(unescaped_.size());
  return true;
}

// A string of typed JSON becomes what it stands for.
void CellWriter::decode(Cell& cell) {
  TypedText typed;
  if (!read_typed({cell.text, cell.size}, typed)) return;
  cell.kind = typed.kind;
  cell.subkind = typed.subkind;
  if (typed.kind == Kind::kBinary) {
    cell.text = document_.keep(typed.bytes);
    cell.size = static_cast<std::uint32_t>(typed.bytes.size());
  } else if (typed.kind == Kind::kText || typed.kind == Kind::kDecimal) {
    cell.text = typed.text.data();
    cell.size = static_cast<std::uint32_t>(typed.text.size());
  } else {
    cell.number = typed.number;
    cell.size = 0;
  }
}

bool CellWriter::word(const char* at, std::string_view word, Kind kind, std::int64_t number, Cell& cell) {
  const std::string_view rest(at, static_cast<std::size_t>(text_end_ - at));
  if (!rest.starts_with(word) || !ends_scalar(at + word.size(), text_end_)) return fail_unexpected(at, "a JSON value");
  cell.kind = kind;
  cell.subkind = Subkind::kNone;
  cell.size = 0;
  cell.number = number;
  return true;
}

bool CellWriter::scalar(const char* at, Cell& cell) {
  switch (*at) {
    case 't':
      return word(at, "true", Kind::kBool, 1, cell);
    case 'f':
      return word(at, "false", Kind::kBool, 0, cell);
    case 'n':
      return word(at, "null", Kind::kNull, 0, cell);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
      break;
    default:
      return fail_unexpected(at, "a JSON value");
  }
  const char* wrong = read_number(at, text_end_, cell);
  if (wrong == nullptr) return true;
  return fail(wrong, cell.kind == Kind::kDouble ? "the number is too large for a double" : "not a JSON number");
}

// --- errors

// What the first stage refuses, with its place: a broken string or text that is not UTF-8.
Problem lexical_problem(std::string_view window) {
  const char* const end = window.data() + window.size();
  const char* string_start = nullptr;  // the opening quote of the string that we are in
  for (const char* at = window.data(); at < end;) {
    const std::string_view rest(at, static_cast<std::size_t>(end - at));
    const std::size_t length = utf8_sequence(rest);
    const char* token = string_start != nullptr ? string_start : at;
    if (length == 0) return {at, "the text is not valid UTF-8", Code::kJsonSyntax, token};
    if (string_start != nullptr && static_cast<unsigned char>(*at) < 0x20) {
      const bool is_break = *at == '\n' || *at == '\r';
      return {at,
              is_break ? "a line break inside a string; a closing quote may be missing"
                       : "a control character inside a string must be escaped",
              Code::kJsonSyntax, token};
    }
    if (*at == '"') {
      string_start = string_start == nullptr ? at : nullptr;
    } else if (*at == '\\' && string_start != nullptr && at + 1 < end && (at[1] == '"' || at[1] == '\\')) {
      ++at;
    }
    at += length;
  }
  const char* at = string_start != nullptr ? string_start : window.data();
  return {at, "a string without an end", Code::kJsonSyntax, at};
}

// "…\"total\": 12,,…": what is around `at`, on one line.
std::string excerpt(std::string_view text, std::size_t at) {
  constexpr std::size_t kBefore = 24;
  constexpr std::size_t kAfter = 16;
  const auto is_inside_character = [&](std::size_t i) {
    return i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
  };
  std::size_t from = at > kBefore ? at - kBefore : 0;
  for (int i = 0; i < 3 && from > 0 && is_inside_character(from); ++i) --from;
  std::size_t to = std::min(text.size(), at + kAfter);
  for (int i = 0; i < 3 && is_inside_character(to); ++i) ++to;
  std::string out = quote_json(text.substr(from, to - from));
  return (from > 0 ? "…" : "") + out + (to < text.size() ? "…" : "");
}

Status report(std::string_view text, const Problem& problem, std::size_t first_line) {
  const auto offset = static_cast<std::size_t>(problem.at - text.data());
  const std::string_view before = text.substr(0, offset);
  const std::size_t line = first_line + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  const std::size_t column = count_code_points(before.substr(line_start)) + 1;
  return Status::error(problem.code, fmt::format("JSON, line {}, column {}: {}", line, column, problem.what))
      .with("near", excerpt(text, offset));
}

// Makes room for `count` cells, and after the first window for what the rest of the text will need at the same density.
void make_room(DocumentBuilder& document, std::size_t count, std::size_t bytes_done, std::size_t bytes_left) {
  const std::size_t used = document.cell_count();
  if (document.cells().capacity() - used >= count) return;
  std::size_t expected = 0;
  if (bytes_done > 0) {
    const double density = static_cast<double>(used) / static_cast<double>(bytes_done);
    expected = static_cast<std::size_t>(density * 1.1 * static_cast<double>(bytes_left));
  }
  document.reserve(used + std::max(count, expected));
}

// The window that starts `text`: up to the last line break that fits, or else the next one.
std::string_view first_window(std::string_view text) {
  if (text.size() <= kWindowBytes) return text;
  std::size_t last = text.rfind('\n', kWindowBytes - 1);
  if (last == std::string_view::npos) last = text.find('\n', kWindowBytes);
  return last == std::string_view::npos ? text : text.substr(0, last + 1);
}

}  // namespace

struct Parser::Impl {
  Typing typing;
  std::unique_ptr<Indexer> indexer = nullptr;

  /// The first stage. What is not whole in simdjson's eyes is an error; nothing but white space is not.
  bool index(std::string_view window);
  /// Both stages for one window.
  bool window(std::string_view window, std::size_t bytes_done, std::size_t bytes_left, DocumentBuilder& document,
              CellWriter& writer, Problem& problem);
  Result<std::shared_ptr<const Document>> run(std::string text, bool many, std::size_t first_line);
};

bool Parser::Impl::index(std::string_view window) {
  if (indexer == nullptr || indexer->capacity() < window.size()) {
    // Memory that is not used is not touched, so what a large window needs at most costs nothing.
    const std::size_t capacity = std::max(window.size(), 2 * kWindowBytes);
    const simdjson::error_code error =
        simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, 1, indexer);
    if (error != simdjson::SUCCESS) throw std::bad_alloc();  // as every container here does
  }
  const simdjson::error_code error = indexer->stage1(reinterpret_cast<const std::uint8_t*>(window.data()),
                                                     window.size(), simdjson::stage1_mode::regular);
  if (error == simdjson::EMPTY) indexer->n_structural_indexes = 0;
  return error == simdjson::SUCCESS || error == simdjson::EMPTY;
}

bool Parser::Impl::window(std::string_view window, std::size_t bytes_done, std::size_t bytes_left,
                          DocumentBuilder& document, CellWriter& writer, Problem& problem) {
  const bool whole = index(window);
  if (!whole) {
    // Something before the broken string may be wrong too; then that is what to tell.
    problem = lexical_problem(window);
    window = window.substr(0, static_cast<std::size_t>(problem.token - window.data()));
    if (!index(window)) return false;
  }
  make_room(document, indexer->n_structural_indexes, bytes_done, bytes_left);
  if (!writer.window(window.data(), indexer->structural_indexes.get(), indexer->n_structural_indexes)) {
    problem = writer.problem();
    return false;
  }
  return whole;
}

Result<std::shared_ptr<const Document>> Parser::Impl::run(std::string text, bool many, std::size_t first_line) {
  const auto owner = std::make_shared<const std::string>(std::move(text));
  DocumentBuilder document;
  document.set_input(owner, owner->capacity());
  std::string_view all = *owner;
  if (all.starts_with(kByteOrderMark)) all.remove_prefix(kByteOrderMark.size());

  CellWriter writer(document, all, many, typing);
  Problem problem;
  std::string_view left = all;
  while (!left.empty()) {
    const std::string_view next = first_window(left);
    if (next.size() > kIndexedBytesMax) {
      return report(all, {next.data(), "more than 4 GB without a line break", Code::kJsonSyntax, nullptr}, first_line);
    }
    if (!window(next, all.size() - left.size(), left.size(), document, writer, problem)) {
      return report(all, problem, first_line);
    }
    left.remove_prefix(next.size());
  }
  if (indexer != nullptr && indexer->capacity() > kKeptBytesMax) indexer.reset();
  if (!writer.finish()) return report(all, writer.problem(), first_line);
  return document.finish();
}

Parser::Parser(Typing typing) : impl_(std::make_unique<Impl>(Impl{typing})) {}
Parser::~Parser() = default;
Parser::Parser(Parser&&) noexcept = default;
Parser& Parser::operator=(Parser&&) noexcept = default;

Result<std::shared_ptr<const Document>> Parser::parse(std::string text) {
  return impl_->run(std::move(text), false, 1);
}

Result<std::shared_ptr<const Document>> Parser::parse_lines(std::string text, std::size_t first_line) {
  return impl_->run(std::move(text), true, first_line);
}

namespace {

// Of members with equal keys the last value stays, at the place of the first.
void merge_equal_keys(std::vector<Value::Member>& members) {
  std::unordered_map<std::string_view, std::size_t> places;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto [place, is_new] = places.emplace(members[i].first, i);
    kept += is_new ? 1 : 0;
  }
  if (kept == members.size()) return;
  std::vector<Value::Member> unique;
  unique.reserve(kept);
  places.clear();
  for (Value::Member& member : members) {
    const auto found = places.find(member.first);
    if (found != places.end()) {
      unique[found->second].second = std::move(member.second);
    } else {
      unique.push_back(std::move(member));
      places.emplace(unique.back().first, unique.size() - 1);
    }
  }
  members = std::move(unique);
}

}  // namespace

Result<Value> parse_value(std::string_view text, Typing typing) {
  Parser parser(typing);
  LODE_ASSIGN(const auto document, parser.parse(std::string(text)));
  Value root = to_value(document->root(0));
  std::vector<Value*> pending{&root};  // not by recursion: values may be thousands of levels deep
  while (!pending.empty()) {
    Value& value = *pending.back();
    pending.pop_back();
    if (value.is_list()) {
      for (Value& item : value.items()) pending.push_back(&item);
    } else if (value.is_object()) {
      merge_equal_keys(value.members());
      for (Value::Member& member : value.members()) pending.push_back(&member.second);
    }
  }
  return root;
}

}  // namespace lode::json
