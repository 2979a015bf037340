// Which destination a run or a command works with, and with which credentials.
#include "runtime/destination_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace lode {
namespace {

constexpr std::string_view kDltPrefix = "dlt.destinations.";
constexpr std::string_view kLodePrefix = "lode.destinations.";
constexpr std::string_view kLocation = "destination_location";

// Fields that credentials may be given as, one by one, as dlt's are.
constexpr std::string_view kFields[] = {"drivername", "database", "username", "password", "host", "port"};
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

Result<json::Value> look_up(const Config& config, const std::string& pipeline, const std::string& section) {
  ConfigQuery query;
  query.key = "credentials";
  query.sections = {"destination", section};
  query.pipeline_name = pipeline;
  LODE_ASSIGN(const std::optional<json::Value> whole, config.find(query));
  json::Value found = whole.value_or(json::Value());
  if (found.is_text()) return found;
  for (const std::string_view field : kFields) {
    query.key = fmt::format("credentials.{}", field);
    query.secret = field == "password";
    LODE_ASSIGN(std::optional<json::Value> value, config.find(query));
    if (value && (!found.is_object() || found.find(field) == nullptr)) found.set(field, std::move(*value));
  }
  return found;
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
  const std::string type = given.is_text() ? given.as_text() : given.text_or("type", "");
  if (type.empty() || type == "memory" || is_url(type)) return given;
  const bool has_place =
      given.is_object() && std::any_of(std::begin(kPlaces), std::end(kPlaces),
                                       [&](std::string_view key) { return given.find(key) != nullptr; });
  if (has_place) return given;
  for (const std::string& section : section_names(type)) {
    LODE_ASSIGN(json::Value credentials, look_up(config, pipeline, section));
    if (credentials.is_null()) continue;
    if (given.is_text()) given = json::Value::object({{"type", type}});
    given.set("credentials", std::move(credentials));
    return given;
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

KnownPlace known_place(const json::Value& state) {
  KnownPlace place;
  place.type = state.text_or("destination_type", "");
  place.dataset = state.text_or("dataset_name", "");
  place.schema = state.text_or("default_schema_name", "");
  if (const json::Value* local = state.find("_local")) place.location = local->text_or(kLocation, "");
  return place;
}

void note_place(json::Value& state, const std::string& location) { state["_local"].set(kLocation, absolute(location)); }

Result<json::Value> destination_of(const Config& config, const std::string& pipeline, const KnownPlace& place) {
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
