// Paths into JSON values: from text to steps, by recursive descent. Each function reads one rule of the grammar.
#include <fmt/format.h>

#include <charconv>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "json/path_steps.h"

namespace lode::json {
namespace {

using Step = PathStep;
using Steps = std::vector<PathStep>;
using Condition = PathCondition;

constexpr int kNestingMax = 64;  // of parentheses and conditions

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Compiler {
 public:
  explicit Compiler(std::string_view text) : text_(text) {}

  Status path(Steps& steps) {
    bool from_root = false;
    LODE_TRY(chain(steps, from_root));
    return at_end() ? Status() : error("'.', '[' or the end was expected");
  }

 private:
  // --- characters
  bool at_end() const { return at_ == text_.size(); }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  void skip_white() {
    while (peek() == ' ' || peek() == '\t') ++at_;
  }
  /// Takes `word` and the white space behind it.
  bool take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    skip_white();
    return true;
  }
  Status error(std::string_view what) const {
    return Status::error(Code::kJsonPath, fmt::format("path {}, character {}: {}", quote_json(text_),
                                                      count_code_points(text_.substr(0, at_)) + 1, what));
  }

  // --- words
  bool is_quote() const { return peek() == '\'' || peek() == '"'; }
  bool is_number() const { return is_digit(peek()) || (peek() == '-' && is_digit(peek(1))); }
  bool is_name() const { return is_letter(peek()) || (peek() == '@' && is_letter(peek(1))); }
  Status quoted(std::string& out);
  std::string_view name();
  Status integer(std::int64_t& out);

  // --- rules
  Status chain(Steps& steps, bool& from_root);
  Status atom(Steps& steps, bool is_first, bool& from_root);
  Status fields(Steps& steps);
  Status bracket(Steps& steps);
  Status numbers(Steps& steps);
  Status any_of(Condition& out);
  Status all_of(Condition& out);
  Status operand(Condition& out);
  Status compare(Condition& out);
  Status right_side(Condition& out);

  std::string_view text_;
  std::size_t at_ = 0;
  int nesting_ = 0;
};

Status Compiler::quoted(std::string& out) {
  const char quote = text_[at_];
  for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
    if (text_[i] == quote) {
      at_ = i + 1;
      skip_white();
      return {};
    }
    if (text_[i] == '\\' && i + 1 < text_.size()) ++i;
    out.push_back(text_[i]);
  }
  return error("the closing quote is missing");
}

std::string_view Compiler::name() {
  const std::size_t start = at_;
  while (is_letter(peek()) || is_digit(peek()) || peek() == '-' || peek() == '@') ++at_;
  const std::string_view word = text_.substr(start, at_ - start);
  skip_white();
  return word;
}

Status Compiler::integer(std::int64_t& out) {
  const auto [stop, failed] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), out);
  if (failed != std::errc()) return error("the number is too large");
  at_ = static_cast<std::size_t>(stop - text_.data());
  skip_white();
  return {};
}

// a.b[0]..c|d: atoms with dots, brackets and bars between them. `from_root` is set for a path that starts with '$'.
// The original's precedence: '|' takes the atom before it, but after brackets the whole path so far.
Status Compiler::chain(Steps& steps, bool& from_root) {
  if (++nesting_ > kNestingMax) return error("too deeply nested");
  skip_white();
  std::size_t bar_takes_from = steps.size();
  LODE_TRY(atom(steps, true, from_root));
  for (;;) {
    if (peek() == '[') {
      LODE_TRY(bracket(steps));
      bar_takes_from = 0;
    } else if (peek() == '|' && peek(1) != '|') {
      take("|");
      Step either{.kind = Step::Kind::kUnion};
      const auto first = steps.begin() + static_cast<std::ptrdiff_t>(bar_takes_from);
      either.branches.emplace_back(std::make_move_iterator(first), std::make_move_iterator(steps.end()));
      steps.erase(first, steps.end());
      bool ignored = false;
      LODE_TRY(atom(either.branches.emplace_back(), false, ignored));
      steps.push_back(std::move(either));
    } else if (peek() == '.') {
      if (take("..")) {
        steps.push_back({.kind = Step::Kind::kDescend});
      } else {
        take(".");
      }
      bar_takes_from = steps.size();
      LODE_TRY(atom(steps, false, from_root));
    } else {
      break;
    }
  }
  --nesting_;
  return {};
}

Status Compiler::atom(Steps& steps, bool is_first, bool& from_root) {
  if (peek() == '$') {
    if (!is_first) return error("'$' is the whole document and can only stand first");
    from_root = take("$");
  } else if (is_quote() || is_name()) {
    LODE_TRY(fields(steps));
  } else if (is_number()) {
    std::int64_t number = 0;
    LODE_TRY(integer(number));
    steps.push_back({.fields = {std::to_string(number)}});
  } else if (take("*")) {
    steps.push_back({.kind = Step::Kind::kAnyChild});
  } else if (take("(")) {
    bool ignored = false;
    Step group{.kind = Step::Kind::kUnion};
    group.branches.emplace_back();
    LODE_TRY(chain(group.branches.back(), ignored));
    if (!take(")")) return error("')' was expected");
    steps.push_back(std::move(group));
  } else if (peek() == '`' && !text_.substr(at_).starts_with("`this`")) {
    return error("operators in backquotes are not supported");
  } else if (peek() == '[') {
    return bracket(steps);
  } else if (!take("@") && !take("`this`")) {
    return error(at_end() ? "the path ends where a field name was expected" : "a field name was expected");
  }
  return {};
}

Status Compiler::fields(Steps& steps) {
  Step step;
  do {
    step.fields.emplace_back();
    if (is_quote()) {
      LODE_TRY(quoted(step.fields.back()));
    } else if (is_name()) {
      step.fields.back() = name();
    } else {
      return error("a field name was expected");
    }
  } while (take(","));
  steps.push_back(std::move(step));
  return {};
}

Status Compiler::bracket(Steps& steps) {
  take("[");
  if (take("*")) {
    steps.push_back({.kind = Step::Kind::kAnyChild});
  } else if (take("?")) {
    Step step{.kind = Step::Kind::kFilter};
    LODE_TRY(any_of(step.conditions.emplace_back()));
    steps.push_back(std::move(step));
  } else if (is_quote() || is_name()) {
    LODE_TRY(fields(steps));
  } else if (is_number() || peek() == ':') {
    LODE_TRY(numbers(steps));
  } else {
    return error("an index, a slice, '*', '?' or a name was expected");
  }
  return take("]") ? Status() : error("']' was expected");
}

// 0   0,2   1:   :-1   ::2
Status Compiler::numbers(Steps& steps) {
  Step step{.kind = Step::Kind::kIndexes};
  std::int64_t number = 0;
  if (is_number()) {
    LODE_TRY(integer(number));
    step.indexes.push_back(number);
    while (take(",")) {
      if (!is_number()) return error("an index was expected");
      LODE_TRY(integer(number));
      step.indexes.push_back(number);
    }
  }
  if (step.indexes.size() < 2 && take(":")) {
    step.kind = Step::Kind::kSlice;
    if (!step.indexes.empty()) step.start = step.indexes.front();
    if (is_number()) LODE_TRY(integer(step.end.emplace()));
    if (take(":") && is_number()) LODE_TRY(integer(step.stride));
  }
  steps.push_back(std::move(step));
  return {};
}

Status Compiler::any_of(Condition& out) {
  if (++nesting_ > kNestingMax) return error("too deeply nested");
  out.kind = Condition::Kind::kAny;
  do {
    LODE_TRY(all_of(out.parts.emplace_back()));
  } while (take("||"));
  --nesting_;
  return {};
}

Status Compiler::all_of(Condition& out) {
  out.kind = Condition::Kind::kAll;
  do {
    LODE_TRY(operand(out.parts.emplace_back()));
  } while (take("&&") || take("&"));
  return {};
}

Status Compiler::operand(Condition& out) {
  if (take("(")) {
    LODE_TRY(any_of(out));
    return take(")") ? Status() : error("')' was expected");
  }
  if (peek() == '!' && peek(1) != '=') {
    take("!");
    out.kind = Condition::Kind::kMissing;
    return chain(out.left.steps, out.left.from_root);
  }
  LODE_TRY(chain(out.left.steps, out.left.from_root));
  return compare(out);
}

Status Compiler::compare(Condition& out) {
  using Operator = Condition::Operator;
  static constexpr std::pair<std::string_view, Operator> kOperators[] = {
      {"==", Operator::kEqual},       {"!=", Operator::kNotEqual},
      {"<=", Operator::kLessOrEqual}, {">=", Operator::kGreaterOrEqual},
      {"<", Operator::kLess},         {">", Operator::kGreater},
      {"=", Operator::kEqual}};
  if (peek() == '=' && peek(1) == '~') return error("'=~' is not supported");
  for (const auto& [word, compare] : kOperators) {
    if (!take(word)) continue;
    out.kind = Condition::Kind::kCompare;
    out.compare = compare;
    return right_side(out);
  }
  out.kind = Condition::Kind::kExists;
  return {};
}

Status Compiler::right_side(Condition& out) {
  DocumentBuilder literal;
  if (is_quote()) {
    std::string text;
    LODE_TRY(quoted(text));
    literal.text(text);
  } else if (is_number()) {
    double real = 0;
    const char* const start = text_.data() + at_;
    const char* const stop = std::from_chars(start, text_.data() + text_.size(), real).ptr;
    if (std::string_view(start, stop).find_first_of(".eE") == std::string_view::npos) {
      std::int64_t number = 0;
      LODE_TRY(integer(number));
      literal.integer(number);
    } else {
      literal.real(real);
      at_ = static_cast<std::size_t>(stop - text_.data());
      skip_white();
    }
  } else if (peek() == '$' || (peek() == '@' && !is_letter(peek(1)))) {
    out.right.emplace();
    return chain(out.right->steps, out.right->from_root);
  } else if (is_name()) {
    const std::string_view word = name();
    if (word == "true" || word == "false") {
      literal.boolean(word == "true");
    } else if (word == "null") {
      literal.null();
    } else {
      literal.text(word);  // an unquoted word is text
    }
  } else {
    return error("a value to compare with was expected");
  }
  out.literal = literal.finish();
  return {};
}

}  // namespace

Result<std::vector<PathStep>> compile_steps(std::string_view text) {
  Steps steps;
  LODE_TRY(Compiler(text).path(steps));
  return steps;
}

}  // namespace lode::json
