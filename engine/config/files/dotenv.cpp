// .env files: variables of a project, written as a shell would read them.
#include "config/files/dotenv.h"

#include <fmt/format.h>

#include <cctype>

#include "base/text.h"
#include "config/files/interpolate.h"

namespace lode {
namespace {

class Reader {
 public:
  Reader(std::string_view text, const std::string& path, const VariableLookup& machine)
      : text_(text), path_(path), machine_(machine) {}

  Result<std::map<std::string, std::string>> read() {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    while (true) {
      skip_blank_lines();
      if (at_ >= text_.size()) return std::move(variables_);
      LODE_TRY(read_line());
    }
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool at_end_of_line() const {
    return at_ >= text_.size() || text_[at_] == '\n' || text_.substr(at_).starts_with("\r\n");
  }
  void skip_spaces() {
    while (peek() == ' ' || peek() == '\t') ++at_;
  }
  void skip_to_end_of_line() {
    while (at_ < text_.size() && text_[at_] != '\n') ++at_;
  }

  void skip_blank_lines() {
    while (at_ < text_.size()) {
      skip_spaces();
      if (peek() == '#') skip_to_end_of_line();
      if (peek() == '\r') ++at_;
      if (peek() != '\n') return;
      ++at_;
      ++line_;
    }
  }

  Status wrong(std::string_view why, std::size_t line) const {
    return Status::error(Code::kConfigUnreadable, fmt::format("not a line of variables: {}", why))
        .at(fmt::format("{}:{}", path_, line))
        .hint("write  NAME=value  or  NAME=\"value with spaces\"");
  }

  Status read_line() {
    const std::size_t line = line_;
    if (text_.substr(at_).starts_with("export ")) at_ += 7;
    skip_spaces();
    const std::size_t start = at_;
    while (std::isalnum(static_cast<unsigned char>(peek())) != 0 || peek() == '_') ++at_;
    const std::string name(text_.substr(start, at_ - start));
    if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) {
      return wrong("a name was expected", line);
    }
    skip_spaces();
    if (peek() != '=') return wrong("'=' was expected after the name", line);
    ++at_;
    skip_spaces();
    LODE_ASSIGN(std::string value, read_value(line));
    skip_spaces();
    if (peek() == '#') skip_to_end_of_line();
    if (!at_end_of_line()) return wrong("text after the closing quote", line);
    variables_[name] = std::move(value);
    return {};
  }

  Result<std::string> read_value(std::size_t line) {
    if (peek() == '\'') return read_single_quoted(line);
    if (peek() == '"') return read_double_quoted(line);
    std::string raw;
    while (!at_end_of_line()) {
      const bool after_space = raw.empty() || raw.back() == ' ' || raw.back() == '\t';
      if (peek() == '#' && after_space) break;
      raw += text_[at_++];
    }
    return expand(trim(raw), line);
  }

  Result<std::string> read_single_quoted(std::size_t line) {
    const std::size_t end = text_.find('\'', at_ + 1);
    if (end == std::string_view::npos) return wrong("the quote is never closed", line);
    std::string value(text_.substr(at_ + 1, end - at_ - 1));
    count_lines(value);
    at_ = end + 1;
    return value;
  }

  // Escapes are undone after variables were replaced, so that "\$" can keep one from being taken for a variable.
  Result<std::string> read_double_quoted(std::size_t line) {
    std::string raw;
    const std::size_t start = at_;
    for (++at_; peek() != '"'; ++at_) {
      if (at_ >= text_.size()) return wrong("the quote is never closed", line);
      if (peek() != '\\') {
        raw += text_[at_];
        continue;
      }
      ++at_;
      switch (peek()) {
        case 'n':
          raw += '\n';
          break;
        case 't':
          raw += '\t';
          break;
        case 'r':
          raw += '\r';
          break;
        case '"':
          raw += '"';
          break;
        case '\\':
          raw += '\\';
          break;
        case '$':
          raw += peek_after() == '{' ? "$$" : "$";
          break;
        default:
          raw += '\\';
          raw += peek();
      }
    }
    ++at_;
    count_lines(text_.substr(start, at_ - start));
    return expand(raw, line);
  }

  char peek_after() const { return at_ + 1 < text_.size() ? text_[at_ + 1] : '\0'; }
  void count_lines(std::string_view value) {
    for (const char c : value) line_ += c == '\n' ? 1 : 0;
  }

  Result<std::string> expand(std::string_view raw, std::size_t line) {
    const VariableLookup lookup = [this](const std::string& name) -> std::optional<std::string> {
      if (std::optional<std::string> value = machine_(name)) return value;
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional(found->second);
    };
    std::string missing;
    std::optional<std::string> value = interpolate(raw, lookup, missing);
    if (value) return std::move(*value);
    return Status::error(Code::kConfigUnreadable, fmt::format("variable {} is not set", missing))
        .at(fmt::format("{}:{}", path_, line))
        .hint(fmt::format("set it above, or write ${{{}:-default}}, or use single quotes", missing));
  }

  std::string_view text_;
  const std::string& path_;
  const VariableLookup& machine_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::map<std::string, std::string> variables_;
};

}  // namespace

Result<std::map<std::string, std::string>> parse_dotenv(std::string_view text, const std::string& path,
                                                        const VariableLookup& machine) {
  return Reader(text, path, machine).read();
}

}  // namespace lode
