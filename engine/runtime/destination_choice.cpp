// Which destination a run or a command works with, and with which credentials.
#include "runtime/destination_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/text.h"
#include "config/connection_string.h"
#include "destinations/builtin.h"

namespace lode {
namespace {

constexpr std::string_view kDltPrefix = "dlt.destinations.";
constexpr std::string_view kLodePrefix = "lode.destinations.";
constexpr std::string_view kLocation = "destination_location";

// Fields that credentials may be given as, one by one, as dlt's are.
constexpr std::string_view kFields[] = {"drivername", "database", "username", "password", "host", "port"};
// Options that dlt has under these names: it looks for them in fewer and fewer sections. Names of our own are looked
// for under the destination alone, for a variable called FLAVOR may be anybody's.
constexpr std::string_view kDltOptions[] = {"create_indexes", "replace_strategy", "staging_dataset_name_layout"};
// Options of a destination that say where it is.
constexpr std::string_view kPlaces[] = {"credentials", "url", "file", "host", "database"};

bool is_url(const std::string& text) { return text.find("://") != std::string::npos; }

std::string bare_name(std::string type) {
  for (const std::string_view prefix : {kDltPrefix, kLodePrefix}) {
    if (type.starts_with(prefix)) type.erase(0, prefix.size());
  }
  return type;
}

// The sections of the configuration that may speak of a destination.
std::vector<std::string> section_names(const std::string& type) {
  const std::string name = bare_name(type);
  if (name == "sqlite") return {name, "sqlalchemy"};
  if (name == "postgresql") return {name, "postgres"};
  return {name};
}

Result<std::optional<json::Value>> field_of(const Config& config, ConfigQuery query, std::string_view field) {
  query.key = fmt::format("credentials.{}", field);
  query.secret = field == "password";
  return config.find(query);
}

// A URL that lacks a part, usually the password, gets it from a place of its own.
Result<json::Value> completed(const Config& config, const ConfigQuery& query, const Found& found) {
  const std::string& url = found.value.as_text();
  Result<json::Value> parts = parse_connection_string(url, "credentials");
  if (!parts.ok()) return json::Value(url);  // not of that form: the destination knows what to make of it
  const bool has_server = parts->find("host") != nullptr || parts->find("username") != nullptr;
  bool is_changed = false;
  if (!found.was_reference) {  // what came out of a vault is not looked into
    LODE_ASSIGN(json::Value followed, config.follow(*parts, true, fmt::format("'{}'", found.path.dotted())));
    is_changed = !(followed == *parts);
    *parts = std::move(followed);
  }
  for (const std::string_view field : kFields) {
    if (!has_server || parts->find(field) != nullptr) continue;
    LODE_ASSIGN(std::optional<json::Value> value, field_of(config, query, field));
    if (!value) continue;
    LODE_ASSIGN(json::Value typed, coerce(*value, field == "port" ? FieldType::kInteger : FieldType::kText,
                                          fmt::format("'{}'", field), field == "password"));
    parts->set(field, std::move(typed));
    is_changed = true;
  }
  return is_changed ? json::Value(render_connection_string(*parts)) : json::Value(url);
}

Result<json::Value> look_up(const Config& config, const std::string& pipeline, const std::string& section) {
  ConfigQuery query;
  query.key = "credentials";
  query.sections = {"destination", section};
  query.pipeline_name = pipeline;
  query.secret = true;
  LODE_ASSIGN(std::optional<Found> whole, config.locate(query));
  if (whole && whole->value.is_text()) return completed(config, query, *whole);
  json::Value found = whole ? std::move(whole->value) : json::Value();
  for (const std::string_view field : kFields) {
    LODE_ASSIGN(std::optional<json::Value> value, field_of(config, query, field));
    if (value && (!found.is_object() || found.find(field) == nullptr)) found.set(field, std::move(*value));
  }
  return found;
}

// Credentials one section too high, where nobody looks: an error, for without them the destination would be looked for
// on this machine.
Status check_misplaced(const Config& config, const std::string& section) {
  for (const std::string_view field : kFields) {
    ConfigQuery query;
    query.key = fmt::format("destination.{}.{}", section, field);
    query.secret = field == "password";
    LODE_ASSIGN(const std::optional<json::Value> found, config.find(query));
    if (!found) continue;
    return Status::error(Code::kConfigMissing, fmt::format("destination '{}' has no credentials", section))
        .with("looked for", fmt::format("destination.{}.credentials", section))
        .with("found", query.key + ", which is not read")
        .hint(fmt::format("move it to [destination.{}.credentials]", section));
  }
  return {};
}

const DestinationKind* kind_named(const std::string& name) {
  for (const DestinationKind& kind : destination_kinds()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

std::string type_of(const json::Value& destination) {
  return destination.is_text() ? destination.as_text() : destination.text_or("type", "");
}

bool is_kind(const std::string& type) {
  return kind_named(bare_name(type)) != nullptr || bare_name(type) == "sqlalchemy";
}

// What a destination is: its name in the configuration, and its kind's. A destination may have a name of its own:
// destination.my_name.destination_type says what it is.
struct NamedKind {
  std::string type;
  std::vector<std::string> sections;
};

Result<NamedKind> named_kind(const Config& config, const std::string& type) {
  if (is_url(type)) {
    const std::string scheme = type.substr(0, type.find("://"));
    return NamedKind{type, section_names(scheme.substr(0, scheme.find('+')))};
  }
  if (is_kind(type)) return NamedKind{type, section_names(type)};
  ConfigQuery query;
  query.key = fmt::format("destination.{}.destination_type", type);
  LODE_ASSIGN(const std::optional<std::string> named, config.text(query));
  return named ? NamedKind{*named, {type}} : NamedKind{type, section_names(type)};
}

// Options of the destination that the program does not name.
Result<json::Value> find_options(const Config& config, const std::string& pipeline, const NamedKind& destination,
                                 const json::Value& given) {
  json::Value options = json::Value::object();
  const std::string scheme = destination.type.substr(0, destination.type.find("://"));
  for (const std::string& section : section_names(is_url(destination.type) ? scheme : destination.type)) {
    const DestinationKind* kind = kind_named(section);
    if (kind == nullptr) continue;
    for (const Field& field : kind->options().fields()) {
      const std::string& option = field.name;
      const bool is_place = std::find(std::begin(kPlaces), std::end(kPlaces), option) != std::end(kPlaces);
      const bool is_field = std::find(std::begin(kFields), std::end(kFields), option) != std::end(kFields);
      if (is_place || is_field || given.find(option) != nullptr || options.find(option) != nullptr) continue;
      const bool is_dlts = std::find(std::begin(kDltOptions), std::end(kDltOptions), option) != std::end(kDltOptions);
      for (const std::string& name : destination.sections) {
        ConfigQuery query;
        query.pipeline_name = pipeline;
        query.key = is_dlts ? std::string(option) : fmt::format("destination.{}.{}", name, option);
        if (is_dlts) query.sections = {"destination", name};
        if (options.find(option) != nullptr) continue;
        LODE_ASSIGN(std::optional<json::Value> value, config.typed(query, field.type));
        if (value) options.set(option, std::move(*value));
      }
    }
  }
  return options;
}

// A file that is named relative to this folder is named from the root.
std::string absolute(const std::string& url) {
  const std::size_t path = url.find(":///");
  if (path == std::string::npos || path + 4 >= url.size() || url[path + 4] == '/') return url;
  std::error_code error;
  const std::filesystem::path here = std::filesystem::current_path(error);
  if (error) return url;
  return url.substr(0, path + 4) + (here / url.substr(path + 4)).lexically_normal().string();
}

}  // namespace

Result<json::Value> with_credentials(const Config& config, const std::string& pipeline, json::Value given) {
  for (const std::string_view place : kPlaces) {
    json::Value* value = given.is_object() ? given.find(place) : nullptr;
    if (value == nullptr) continue;
    LODE_ASSIGN(*value, config.follow(std::move(*value), false, fmt::format("'{}' of the destination", place)));
  }
  const std::string type = type_of(given);
  if (type.empty() || type == "memory" || type.starts_with("memory:")) return given;
  LODE_ASSIGN(const NamedKind destination, named_kind(config, type));
  LODE_ASSIGN(const json::Value options, find_options(config, pipeline, destination, given));
  const bool has_place =
      is_url(type) ||
      (given.is_object() && std::any_of(std::begin(kPlaces), std::end(kPlaces),
                                        [&](std::string_view key) { return given.find(key) != nullptr; }));
  if (options.size() > 0 || destination.type != type) {
    json::Value chosen = json::Value::object();
    if (given.is_object()) chosen = std::move(given);
    if (is_url(type)) {
      chosen.set("credentials", type);  // its scheme says what it is
    } else {
      chosen.set("type", destination.type);
    }
    for (const auto& [name, value] : options.members()) chosen.set(name, value);
    given = std::move(chosen);
  }
  if (has_place) return given;
  for (const std::string& section : destination.sections) {
    LODE_ASSIGN(json::Value credentials, look_up(config, pipeline, section));
    if (credentials.is_null()) continue;
    if (given.is_text()) given = json::Value::object({{"type", destination.type}});
    given.set("credentials", std::move(credentials));
    return given;
  }
  for (const std::string& section : destination.sections) {
    LODE_TRY(check_misplaced(config, section));
  }
  return given;
}

Result<LoadRetry> configured_retry(const Config& config, const std::string& pipeline) {
  LoadRetry retry;
  ConfigQuery query;
  query.sections = {"load"};
  query.pipeline_name = pipeline;
  const auto wrong = [&](std::string_view expected) {
    return Status::error(Code::kConfigInvalid, fmt::format("'load.{}' must be {}", query.key, expected));
  };
  query.key = "raise_on_max_retries";
  LODE_ASSIGN(const std::optional<std::int64_t> attempts, config.integer(query));
  if (attempts && (*attempts < 0 || *attempts > 1'000'000)) return wrong("0 (no limit) or a number of attempts");
  if (attempts) retry.attempts_max = static_cast<std::uint32_t>(*attempts);
  constexpr double kDelayMax_s = 24 * 3600;
  query.key = "retry_delay_s";
  LODE_ASSIGN(const std::optional<double> first, config.number(query));
  if (first && !(*first >= 0 && *first <= kDelayMax_s)) return wrong("seconds, at most a day");
  if (first) retry.backoff_ms_first = static_cast<std::uint32_t>(*first * 1000);
  query.key = "retry_delay_s_max";
  LODE_ASSIGN(const std::optional<double> limit, config.number(query));
  if (limit && !(*limit >= 0 && *limit <= kDelayMax_s)) return wrong("seconds, at most a day");
  if (limit) retry.backoff_ms_limit = static_cast<std::uint32_t>(*limit * 1000);
  return retry;
}

std::string own_name(const json::Value& destination) {
  const std::string type = type_of(destination);
  const bool has_none = is_url(type) || is_kind(type) || type == "memory" || type.starts_with("memory:");
  return has_none ? "" : type;
}

KnownPlace known_place(const json::Value& state) {
  KnownPlace place;
  place.name = state.text_or("destination_name", "");
  place.type = state.text_or("destination_type", "");
  place.dataset = state.text_or("dataset_name", "");
  place.schema = state.text_or("default_schema_name", "");
  if (const json::Value* local = state.find("_local")) place.location = local->text_or(kLocation, "");
  return place;
}

void note_place(json::Value& state, const std::string& location) { state["_local"].set(kLocation, absolute(location)); }

Result<json::Value> destination_of(const Config& config, const std::string& pipeline, const KnownPlace& place) {
  if (!place.name.empty()) {
    LODE_ASSIGN(const NamedKind named, named_kind(config, place.name));
    LODE_ASSIGN(const json::Value credentials, look_up(config, pipeline, place.name));
    if (named.type != place.name && !credentials.is_null()) return json::Value(place.name);
  }
  // By the location first: dlt has one type for all that SQLAlchemy speaks to.
  const std::string scheme = place.location.substr(0, place.location.find("://"));
  for (const std::string& type : {scheme, bare_name(place.type)}) {
    if (type.empty()) continue;
    for (const std::string& section : section_names(type)) {
      LODE_ASSIGN(const json::Value credentials, look_up(config, pipeline, section));
      if (!credentials.is_null()) return json::Value::object({{"type", type}, {"credentials", credentials}});
    }
  }
  if (is_url(place.location)) return json::Value(place.location);
  return Status::error(Code::kConfigMissing,
                       fmt::format("where pipeline '{}' loads to is not known on this machine", pipeline))
      .hint("add  --to URL --dataset NAME");
}

}  // namespace lode
