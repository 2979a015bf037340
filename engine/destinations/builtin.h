// The destinations that exist, by name and by URL.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "config/fields.h"
#include "env/env.h"
#include "json/value.h"
#include "load/destination.h"

namespace lode {

/// What a user says of a destination, taken apart.
struct DestinationSpec {
  std::string kind;                             ///< "sqlite"
  json::Value options = json::Value::object();  ///< checked, with their defaults
  std::string dataset;                          ///< as the user wrote it
};

/// A row of the list in builtin.cpp. Nothing registers itself.
struct DestinationKind {
  std::string_view name;          ///< as written in Lua
  std::string_view scheme;        ///< of URLs: "sqlite" for sqlite:///shop.db
  const FieldSpec& (*options)();  ///< what may be said of it
  Result<std::unique_ptr<Destination>> (*make)(const DestinationSpec& spec, Env& env);
};

/// All of them.
std::span<const DestinationKind> destination_kinds();

/// `spec` is a name ("sqlite"), a URL ("sqlite:///shop.db"), or an object {type = name, credentials = URL, …}; as the
/// type, dlt's "sqlalchemy" and "dlt.destinations.sqlalchemy" stand for what the URL says. Nothing is opened yet.
/// Errors: kDestinationUnknown with a suggestion and the list, kConfigInvalid, kConfigUnknownField.
Result<std::unique_ptr<Destination>> make_destination(const json::Value& spec, const std::string& dataset, Env& env);

}  // namespace lode
