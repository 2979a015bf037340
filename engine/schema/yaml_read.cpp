// YAML, reading: yaml-cpp splits the text, YAML 1.1's rules say what plain words are.
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <regex>

#include "base/text.h"
#include "schema/yaml.h"

namespace lode {
namespace {

using json::Value;

// Aliases may repeat a part of a document, and parts of it inside the part: a short text can stand for billions of
// values.
constexpr std::size_t kNodesMax = 2'000'000;
constexpr int kDepthMax = 200;

Status bad_yaml(std::string what, const YAML::Mark& mark) {
  Status status = Status::error(Code::kSchemaInvalid, fmt::format("not YAML: {}", what));
  if (!mark.is_null()) status.with("at", fmt::format("line {}, column {}", mark.line + 1, mark.column + 1));
  return status;
}

// yaml-cpp gives the escapes \N and \_ as single bytes; everything else it gives is UTF-8.
std::string text_of(const YAML::Node& node) {
  const std::string& scalar = node.Scalar();
  if (is_utf8(scalar)) return scalar;
  std::string text;
  for (std::size_t i = 0; i < scalar.size();) {
    const std::size_t bytes = utf8_sequence(std::string_view(scalar).substr(i));
    if (bytes == 0) {
      append_utf8(text, static_cast<unsigned char>(scalar[i]));
      ++i;
    } else {
      text.append(scalar, i, bytes);
      i += bytes;
    }
  }
  return text;
}

// Turns yaml-cpp's nodes into values; stops at the first error.
class Reader {
 public:
  Value read(const YAML::Node& node, int depth = 0) {
    if (!status_.ok()) return Value();
    if (depth > kDepthMax) return fail("it is nested too deeply", node);
    if (++nodes_ > kNodesMax) return fail("it has too many values", node);
    if (node.IsScalar()) {
      // A quoted word has the tag "!"; it is text whatever it looks like, and so is one that is tagged as text.
      if (node.Tag() == "!" || node.Tag() == "tag:yaml.org,2002:str") return Value(text_of(node));
      return read_yaml_word(text_of(node)).value;
    }
    if (node.IsSequence()) {
      Value list = Value::list();
      for (const YAML::Node& item : node) list.push_back(read(item, depth + 1));
      return list;
    }
    if (!node.IsMap()) return Value();
    Value object = Value::object();
    for (const auto& member : node) {
      if (!member.first.IsScalar()) return fail("a key must be a word", member.first);
      object.set(text_of(member.first), read(member.second, depth + 1));
    }
    return object;
  }
  const Status& status() const { return status_; }

 private:
  Value fail(std::string what, const YAML::Node& node) {
    if (status_.ok()) status_ = bad_yaml(std::move(what), node.Mark());
    return Value();
  }

  Status status_;
  std::size_t nodes_ = 0;
};

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  for (const std::string_view other : words) {
    if (word == other) return true;
  }
  return false;
}

// A word in its three spellings: yes, Yes, YES.
bool is_spelt(std::string_view word, std::string_view lower) {
  if (word.size() != lower.size()) return false;
  std::string title(lower);
  std::string upper(lower);
  title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return is_one_of(word, {lower, title, upper});
}

// 64 bits, else the digits; `digits` has no sign and no "_".
Value integer(bool is_negative, const std::string& digits, int base) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  const std::uint64_t limit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (error != std::errc() || end != digits.data() + digits.size() || number > limit) {
    return base == 10 ? Value::of_text(json::Kind::kBigInt, (is_negative ? "-" : "") + digits) : Value(digits);
  }
  const auto value = static_cast<std::int64_t>(number);
  return Value(is_negative ? -value : value);
}

// 190:20:30 counts seconds.
Value sexagesimal(bool is_negative, const std::string& digits) {
  double sum = 0;
  for (std::size_t from = 0; from <= digits.size();) {
    const std::size_t colon = std::min(digits.find(':', from), digits.size());
    sum = sum * 60 + std::strtod(digits.substr(from, colon - from).c_str(), nullptr);
    from = colon + 1;
  }
  if (is_negative) sum = -sum;
  if (digits.find('.') != std::string::npos) return Value(sum);
  return Value(static_cast<std::int64_t>(sum));
}

Value read_int(std::string_view word) {
  std::string digits;
  for (const char c : word) {
    if (c != '_') digits += c;
  }
  const bool is_negative = digits[0] == '-';
  if (digits[0] == '-' || digits[0] == '+') digits.erase(0, 1);
  if (digits == "0") return Value(0);
  if (digits.starts_with("0b")) return integer(is_negative, digits.substr(2), 2);
  if (digits.starts_with("0x")) return integer(is_negative, digits.substr(2), 16);
  if (digits[0] == '0') return integer(is_negative, digits.substr(1), 8);
  if (digits.find(':') != std::string::npos) return sexagesimal(is_negative, digits);
  return integer(is_negative, digits, 10);
}

Value read_float(std::string_view word) {
  std::string digits;
  for (const char c : word) {
    if (c != '_') digits += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  const bool is_negative = digits[0] == '-';
  if (digits[0] == '-' || digits[0] == '+') digits.erase(0, 1);
  const double infinity = std::numeric_limits<double>::infinity();
  if (digits == ".inf") return Value(is_negative ? -infinity : infinity);
  if (digits == ".nan") return Value(std::numeric_limits<double>::quiet_NaN());
  if (digits.find(':') != std::string::npos) return sexagesimal(is_negative, digits);
  const double number = std::strtod(digits.c_str(), nullptr);
  return Value(is_negative ? -number : number);
}

// YAML 1.1's patterns. Longer words are matched by hand: std::regex recurses once a character.
constexpr std::size_t kPatternBytesMax = 128;

bool matches(std::string_view word, const std::regex& pattern) {
  return std::regex_match(word.begin(), word.end(), pattern);
}

bool is_int(std::string_view word) {
  static const std::regex kInt(
      "[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+");
  if (word.size() <= kPatternBytesMax) return matches(word, kInt);
  return word.find_first_not_of("0123456789_", 1) == std::string_view::npos;
}

bool is_float(std::string_view word) {
  static const std::regex kFloat(
      "[-+]?(?:[0-9][0-9_]*)\\.[0-9_]*(?:[eE][-+][0-9]+)?|\\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|"
      "[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\\.[0-9_]*|[-+]?\\.(?:inf|Inf|INF)|\\.(?:nan|NaN|NAN)");
  return word.size() <= kPatternBytesMax && matches(word, kFloat);
}

bool is_date(std::string_view word) {
  static const std::regex kDate(
      "[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \\t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}"
      "(?:\\.[0-9]*)?(?:[ \\t]*(?:Z|[-+][0-9][0-9]?(?::[0-9]{2})?))?");
  return word.size() <= kPatternBytesMax && matches(word, kDate);
}

}  // namespace

YamlWord read_yaml_word(std::string_view word) {
  if (word.empty() || word == "~" || is_spelt(word, "null")) return {Value(), false};
  if (is_spelt(word, "yes") || is_spelt(word, "true") || is_spelt(word, "on")) return {Value(true), false};
  if (is_spelt(word, "no") || is_spelt(word, "false") || is_spelt(word, "off")) return {Value(false), false};
  const bool may_be_number = std::string_view("-+0123456789.").find(word[0]) != std::string_view::npos;
  if (may_be_number && is_int(word)) return {read_int(word), false};
  if (may_be_number && is_float(word)) return {read_float(word), false};
  const bool is_reserved = is_one_of(word, {"<<", "=", "!", "&", "*"});
  return {Value(word), !is_reserved && !(may_be_number && is_date(word))};
}

Result<Value> parse_yaml(std::string_view text) {
  try {
    Reader reader;
    Value value = reader.read(YAML::Load(std::string(text)));
    if (!reader.status().ok()) return reader.status();
    return value;
  } catch (const YAML::Exception& error) {
    return bad_yaml(error.msg, error.mark);
  } catch (const std::exception& error) {
    return bad_yaml(error.what(), YAML::Mark::null_mark());
  }
}

}  // namespace lode
