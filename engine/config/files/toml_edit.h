// Changing one value of a TOML document and nothing else: comments, order and layout stay. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "config/key_path.h"
#include "json/value.h"

namespace lode {

/// `text` with `value` at `key`: in the place of the value that is there, at the end of its section, or in a new
/// section at the end. `path` names the file in messages. Errors: kConfigUnreadable if `text` is no TOML;
/// kConfigInvalid if `key` is a table, or passes through a value, or if the change cannot be made without touching
/// something else.
/// REQUIRES: `value` is text, a number or a bool
Result<std::string> toml_set(std::string_view text, const std::string& path, const KeyPath& key,
                             const json::Value& value);

/// `text` without the value at `key`; a section that becomes empty stays. Errors: as above; kConfigMissing if it is not
/// there.
Result<std::string> toml_remove(std::string_view text, const std::string& path, const KeyPath& key);

/// A basic string literal, on one line.
std::string toml_quote(std::string_view text);

}  // namespace lode
