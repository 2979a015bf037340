// Patterns for column names as dlt's settings write them.
#include "schema/simple_regex.h"

#include <fmt/format.h>

namespace lode {

Result<SimpleRegex> SimpleRegex::compile(std::string_view pattern) {
  SimpleRegex compiled;
  if (!pattern.starts_with("re:")) {
    compiled.exact_ = pattern;
    return compiled;
  }
  pattern.remove_prefix(3);
  // The commonest patterns by far are names between '^' and '$': comparing is faster and needs no library.
  if (pattern.size() >= 2 && pattern.front() == '^' && pattern.back() == '$') {
    const std::string_view name = pattern.substr(1, pattern.size() - 2);
    if (name.find_first_of("^$\\.*+?()[]{}|") == std::string_view::npos) {
      compiled.exact_ = name;
      return compiled;
    }
  }
  compiled.is_expression_ = true;
  try {
    compiled.expression_ = std::regex(std::string(pattern), std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error& error) {
    return Status::error(Code::kSchemaInvalid, fmt::format("'{}' is no regular expression: {}", pattern, error.what()));
  }
  return compiled;
}

bool SimpleRegex::matches(std::string_view name) const {
  if (!is_expression_) return name == exact_;
  try {
    return std::regex_search(name.begin(), name.end(), expression_);
  } catch (const std::regex_error&) {
    return false;  // a pattern that needs more memory or time than the library allows for this name
  }
}

}  // namespace lode
