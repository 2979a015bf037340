// ${NAME} in texts of configuration files. Pure.
#pragma once

#include <string>
#include <string_view>

#include "config/files/dotenv.h"
#include "json/value.h"

namespace lode {

/// `text` with ${NAME} replaced by the variable, ${NAME:-text} by `text` where the variable is not set or empty, and
/// $${ by ${. Anything else stays as it is: "$5", "${not a name}". On a variable that is not set and has no default,
/// nullopt, and `missing` gets its name.
std::optional<std::string> interpolate(std::string_view text, const VariableLookup& lookup, std::string& missing);

/// The same for all texts in lists and tables; false if a variable is missing.
bool interpolate(json::Value& value, const VariableLookup& lookup, std::string& missing);

}  // namespace lode
