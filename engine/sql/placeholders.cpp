// Placeholders: where a statement that people wrote takes its parameters. A scanner that knows what is no code: texts,
// names, comments. It need not know more of SQL.
#include "sql/placeholders.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace lode {
namespace {

constexpr std::size_t kNumberMax = 32'766;  // SQLite's; PostgreSQL takes twice as many

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0; }
bool is_in_name(char c) { return starts_name(c) || is_digit(c) || c == '$'; }

/// One placeholder of a statement.
struct Placeholder {
  std::size_t at = 0;
  std::size_t length = 1;
  std::size_t number = 0;    // 0: the next one
  bool is_operator = false;  // "??"
};

class Scanner {
 public:
  Scanner(Lexis lexis, std::string_view sql) : lexis_(lexis), sql_(sql) {}

  std::vector<Placeholder> scan() {
    while (at_ < sql_.size()) {
      const char c = sql_[at_];
      if (c == '\'' || c == '"' || (c == '`' && lexis_ == Lexis::kSqlite)) {
        skip_quoted(c, false);
      } else if (c == '[' && lexis_ == Lexis::kSqlite) {
        skip_to("]", at_ + 1);
      } else if (starts_with("--")) {
        skip_to("\n", at_);
      } else if (starts_with("/*")) {
        skip_comment();
      } else if (starts_name(c) || is_digit(c)) {
        skip_name();
      } else if (c == '$') {
        take_dollar();
      } else if (c == '?') {
        take_question_mark();
      } else {
        ++at_;
      }
    }
    return std::move(found_);
  }

 private:
  bool starts_with(std::string_view text) const { return sql_.substr(at_, text.size()) == text; }

  // Behind the next `end`; without one, to the end of the statement.
  void skip_to(std::string_view end, std::size_t from) {
    const std::size_t found = sql_.find(end, from);
    at_ = found == std::string_view::npos ? sql_.size() : found + end.size();
  }

  void skip_quoted(char quote, bool has_escapes) {
    for (++at_; at_ < sql_.size(); ++at_) {
      if (has_escapes && sql_[at_] == '\\') {
        ++at_;
      } else if (sql_[at_] == quote) {
        if (at_ + 1 >= sql_.size() || sql_[at_ + 1] != quote) break;
        ++at_;
      }
    }
    at_ = std::min(at_ + 1, sql_.size());
  }

  // PostgreSQL's nest.
  void skip_comment() {
    std::size_t depth = 0;
    while (at_ < sql_.size()) {
      if (starts_with("/*") && (depth == 0 || lexis_ == Lexis::kPostgres)) {
        ++depth;
        at_ += 2;
      } else if (starts_with("*/")) {
        at_ += 2;
        if (--depth == 0) return;
      } else {
        ++at_;
      }
    }
  }

  // Numbers too. A text that follows an E has escapes.
  void skip_name() {
    const std::size_t start = at_;
    while (at_ < sql_.size() && is_in_name(sql_[at_])) ++at_;
    const bool is_escape = at_ == start + 1 && (sql_[start] == 'E' || sql_[start] == 'e');
    if (lexis_ == Lexis::kPostgres && is_escape && at_ < sql_.size() && sql_[at_] == '\'') skip_quoted('\'', true);
  }

  // "$1"; or "$$ a text $$" and "$tag$ a text $tag$".
  void take_dollar() {
    std::size_t end = at_ + 1;
    if (end < sql_.size() && is_digit(sql_[end])) return take_number(1);
    while (end < sql_.size() && is_in_name(sql_[end]) && sql_[end] != '$') ++end;
    const bool is_tag = lexis_ == Lexis::kPostgres && end < sql_.size() && sql_[end] == '$';
    if (!is_tag) {
      at_ = end;
      return;
    }
    const std::string_view tag = sql_.substr(at_, end + 1 - at_);
    skip_to(tag, end + 1);
  }

  void take_question_mark() {
    if (starts_with("??")) {
      found_.push_back({at_, 2, 0, true});
      at_ += 2;
    } else if (at_ + 1 < sql_.size() && is_digit(sql_[at_ + 1])) {
      take_number(1);
    } else {
      found_.push_back({at_++, 1, 0, false});
    }
  }

  void take_number(std::size_t lead) {
    Placeholder found{at_, lead, 0, false};
    at_ += lead;
    for (; at_ < sql_.size() && is_digit(sql_[at_]); ++at_) {
      found.number = std::min(found.number * 10 + static_cast<std::size_t>(sql_[at_] - '0'), kNumberMax + 1);
    }
    found.length = at_ - found.at;
    if (found.number == 0) found.number = kNumberMax + 1;  // "$0": none that there is
    found_.push_back(found);
  }

  const Lexis lexis_;
  const std::string_view sql_;
  std::size_t at_ = 0;
  std::vector<Placeholder> found_;
};

Status wrong_count(std::string_view sql, std::size_t taken, std::size_t given) {
  const auto count_of = [](std::size_t count) { return fmt::format("{} parameter{}", count, count == 1 ? "" : "s"); };
  return Status::error(Code::kQueryParameters, fmt::format("the statement takes {}, and {} given", count_of(taken),
                                                           count_of(given) + (given == 1 ? " is" : " are")))
      .with("statement", shorten(trim(sql), 300));
}

}  // namespace

Result<std::string> number_placeholders(const Dialect& dialect, std::string_view sql, std::size_t count,
                                        std::size_t first) {
  if (count == 0 && dialect.lexis == Lexis::kPostgres) return std::string(sql);
  const std::vector<Placeholder> found = Scanner(dialect.lexis, sql).scan();
  std::size_t greatest = 0;
  std::size_t unnumbered = 0;
  for (const Placeholder& placeholder : found) {
    greatest = std::max(greatest, placeholder.number);
    if (placeholder.number == 0 && !placeholder.is_operator) ++unnumbered;
  }
  const bool by_number = greatest > 0;
  if (by_number && unnumbered > 0 && dialect.lexis != Lexis::kPostgres) {
    return Status::error(Code::kQueryParameters, "the statement has placeholders with and without numbers")
        .with("statement", shorten(trim(sql), 300))
        .hint("write ? for all, or $1, $2 for all");
  }
  if (greatest > kNumberMax) {
    return Status::error(Code::kQueryParameters,
                         fmt::format("the statement's placeholders must have numbers from 1 to {}", kNumberMax))
        .with("statement", shorten(trim(sql), 300));
  }
  const std::size_t taken = by_number ? greatest : unnumbered;
  if (taken != count) return wrong_count(sql, taken, count);

  std::string out;
  std::size_t copied = 0;
  std::size_t next = first;
  for (const Placeholder& placeholder : found) {
    if (placeholder.number == 0 && by_number && !placeholder.is_operator) continue;
    out += sql.substr(copied, placeholder.at - copied);
    if (!out.empty() && is_in_name(out.back())) out += ' ';  // limit? is not limit$1
    copied = placeholder.at + placeholder.length;
    if (placeholder.is_operator) {
      out += dialect.lexis == Lexis::kPostgres ? "?" : "??";
    } else {
      out += fmt::format("{}{}", dialect.parameter, placeholder.number == 0 ? next++ : first + placeholder.number - 1);
    }
  }
  out += sql.substr(copied);
  return out;
}

}  // namespace lode
