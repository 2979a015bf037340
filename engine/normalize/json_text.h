// Values that stay nested: their JSON text, as it is stored in a json column.
#pragma once

#include <string>

#include "json/document.h"

namespace lode {

/// A copy of `value` in which no object repeats a key: of members with the same name the last one stays, at the place
/// of the first, as in a dictionary.
json::Value without_duplicates(json::Ref value);
/// Appends compact JSON of without_duplicates(value): what a json column holds.
void append_nested_json(std::string& out, json::Ref value);

}  // namespace lode
