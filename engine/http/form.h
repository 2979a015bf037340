// Form encoding: query parameters and form bodies. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "json/value.h"

namespace lode {

using FormPairs = std::vector<std::pair<std::string, std::string>>;

/// Parameters as dlt spells them, in order: null is left out, a list repeats its name, true is "True", false is
/// "False", doubles are Python's repr ("1.0", "1e+16"), timestamps "2024-01-02T03:04:05Z". `params` is an object, or a
/// list of [name, value] lists; null gives nothing. Errors: kInvalidArgument, naming the parameter.
Result<FormPairs> form_pairs(const json::Value& params);

/// "a=1&b=two+words": everything but letters, digits and "_.-~" is escaped, a space is '+'.
std::string form_encode(const FormPairs& pairs);
std::string form_encode(std::string_view text);  ///< one name or value
std::string form_decode(std::string_view text);  ///< one name or value: '+' is a space

}  // namespace lode
