// Coercion: turning what was found (often text, from the environment) into the type that was asked for. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "json/value.h"

namespace lode {

enum class FieldType {
  kAny,  ///< as it is
  kText,
  kInteger,
  kNumber,
  kBoolean,
  kSecret,  ///< text that is never shown
  kPath,    ///< text that names a file or folder
  kTimestamp,
  kDate,
  kList,
  kObject,
};

/// "text", "an integer": for messages.
std::string_view type_phrase(FieldType type);

/// `value` as `type`, by dlt's rules: "0x1F", "1_000", "yes", "1e5", JSON for lists and tables, ISO for times; a whole
/// double is an integer, a number is text when text is asked for. Errors: kConfigInvalid, naming `subject`
/// ("'sources.shop.page_size'"); shows the value unless `type` is kSecret or `hide`.
Result<json::Value> coerce(const json::Value& value, FieldType type, std::string_view subject, bool hide = false);

/// What a text from the environment probably is, when nobody said: true and false, integers, floats, JSON lists and
/// objects, else text. Everything that is no text stays.
json::Value guess_type(json::Value value);

}  // namespace lode
