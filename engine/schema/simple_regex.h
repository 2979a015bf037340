// Patterns for column names as dlt's settings write them: "re:" and a regular expression that is searched, or a name
// that must be equal.
#pragma once

#include <regex>
#include <string>
#include <string_view>

#include "base/result.h"

namespace lode {

/// One compiled pattern. A value; const methods are thread-safe.
class SimpleRegex {
 public:
  /// Errors: kSchemaInvalid when the expression is not one that is understood here (ECMAScript's grammar, which lacks
  /// Python's named groups and look-behinds).
  static Result<SimpleRegex> compile(std::string_view pattern);
  bool matches(std::string_view name) const;

 private:
  SimpleRegex() = default;
  bool is_expression_ = false;
  std::string exact_;
  std::regex expression_;
};

}  // namespace lode
