// Settings: what a user says of the server, as libpq wants it.
#include "destinations/postgres/credentials.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <memory>

#include "base/text.h"

namespace lode::postgres {
namespace {

struct Field {
  std::string_view name;     // in options and in dlt's credentials
  std::string_view keyword;  // of libpq
};
constexpr Field kFields[] = {
    {"host", "host"},
    {"port", "port"},
    {"database", "dbname"},
    {"username", "user"},
    {"password", "password"},
    {"sslmode", "sslmode"},
    {"sslrootcert", "sslrootcert"},
    {"connect_timeout", "connect_timeout"},
};

constexpr std::string_view kExample = "postgresql://user:password@host:5432/database?sslmode=require";

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

Status invalid(std::string message) { return Status::error(Code::kConfigInvalid, "postgres: " + std::move(message)); }

std::vector<std::string> keywords() {
  const Options defaults(PQconndefaults(), &PQconninfoFree);
  std::vector<std::string> names;
  for (const PQconninfoOption* option = defaults.get(); option != nullptr && option->keyword != nullptr; ++option) {
    names.emplace_back(option->keyword);
  }
  return names;
}

void put(Settings& settings, std::string_view keyword, std::string value) {
  for (auto& [name, old] : settings.parameters) {
    if (name != keyword) continue;
    old = Secret(std::move(value));
    return;
  }
  settings.parameters.emplace_back(keyword, Secret(std::move(value)));
}

Status put_keyword(Settings& settings, const std::string& keyword, std::string value) {
  const std::vector<std::string> known = keywords();
  if (std::find(known.begin(), known.end(), keyword) != known.end()) {
    put(settings, keyword, std::move(value));
    return {};
  }
  Status status = invalid(fmt::format("unknown connection parameter '{}'", keyword));
  if (const std::string guess = closest(keyword, known); !guess.empty())
    status.note(fmt::format("did you mean '{}'?", guess));
  return std::move(status).hint("the parameters are those of libpq: host, sslmode, sslrootcert, …");
}

// libpq's own messages quote the piece that they do not like, which may be the password: they are not shown.
Status unreadable(bool is_url) {
  return invalid(is_url ? "the URL cannot be read" : "the connection string cannot be read")
      .hint(fmt::format("a URL looks like {}; write @ : / ? # % in names and passwords as %40 %3A %2F %3F %23 %25",
                        kExample));
}

Status check_query(std::string_view url) {
  const std::size_t question = url.find('?');
  if (question == std::string_view::npos) return {};
  const std::vector<std::string> known = keywords();
  for (const std::string_view pair : split(url.substr(question + 1), '&')) {
    const std::string name(pair.substr(0, pair.find('=')));
    if (name == "ssl" || std::find(known.begin(), known.end(), name) != known.end()) continue;
    // After a password with an unescaped '?' this is a piece of it.
    if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") != std::string::npos) return unreadable(true);
    Status status = invalid(fmt::format("unknown parameter '{}' in the URL", name));
    if (const std::string guess = closest(name, known); !guess.empty())
      status.note(fmt::format("did you mean '{}'?", guess));
    return std::move(status).hint("the parameters are those of libpq: host, sslmode, sslrootcert, …");
  }
  return {};
}

// A password with an unescaped '@', '/' or ':' makes libpq take pieces of it for something else, which would be shown.
bool is_plausible(const Settings& settings) {
  const auto text = [&](std::string_view keyword) {
    const Secret* const value = settings.find(keyword);
    return value == nullptr ? std::string_view() : value->reveal();
  };
  return text("host").find('@') == std::string_view::npos &&
         text("dbname").find_first_of("@/") == std::string_view::npos &&
         text("port").find_first_not_of("0123456789,") == std::string_view::npos;
}

// "postgresql://…" in any of its spellings, or "host=… dbname=…".
Status read_text(Settings& settings, std::string text) {
  const std::size_t scheme_end = text.find("://");
  const bool is_url = scheme_end != std::string::npos;
  if (is_url) {
    text = "postgresql" + text.substr(scheme_end);
    LODE_TRY(check_query(text));
  }
  char* message = nullptr;
  const Options parsed(PQconninfoParse(text.c_str(), &message), &PQconninfoFree);
  wipe(text);
  PQfreemem(message);
  if (!parsed) return unreadable(is_url);
  for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) put(settings, option->keyword, option->val);
  }
  if (is_url && !is_plausible(settings)) return unreadable(true);
  return {};
}

Result<std::string> text_of(std::string_view name, const json::Value& value) {
  if (value.is_text()) return value.as_text();
  if (value.is_int()) return std::to_string(value.as_int());
  return invalid(fmt::format("{} must be a text or a whole number", name));
}

Status read_fields(Settings& settings, const json::Value& object) {
  for (const Field& field : kFields) {
    const json::Value* const value = object.find(field.name);
    if (value == nullptr || value->is_null()) continue;
    LODE_ASSIGN(std::string text, text_of(field.name, *value));
    put(settings, field.keyword, std::move(text));
  }
  const json::Value* const query = object.find("query");
  if (query == nullptr || !query->is_object()) return {};
  for (const auto& [name, value] : query->members()) {
    LODE_ASSIGN(std::string text, text_of(name, value));
    LODE_TRY(put_keyword(settings, name, std::move(text)));
  }
  return {};
}

Status check_credentials(const json::Value& credentials) {
  std::vector<std::string> known = {"drivername", "query"};
  for (const Field& field : kFields) known.emplace_back(field.name);
  for (const auto& [name, value] : credentials.members()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    Status status =
        Status::error(Code::kConfigUnknownField, fmt::format("postgres: credentials have no field '{}'", name));
    if (const std::string guess = closest(name, known); !guess.empty())
      status.note(fmt::format("did you mean '{}'?", guess));
    return std::move(status).hint("the fields are " + join(known, ", "));
  }
  return {};
}

// What libpq would take when nothing is said: from the environment, or built in.
std::string value_of(const Settings& settings, std::string_view keyword) {
  if (const Secret* given = settings.find(keyword)) return std::string(given->reveal());
  const Options defaults(PQconndefaults(), &PQconninfoFree);
  for (const PQconninfoOption* option = defaults.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (option->keyword == keyword) return option->val == nullptr ? "" : option->val;
  }
  return "";
}

std::string show(const Settings& settings) {
  const std::string user = value_of(settings, "user");
  const std::string host = value_of(settings, "host");
  const std::string port = value_of(settings, "port");
  std::string database = value_of(settings, "dbname");
  if (database.empty()) database = user;
  const std::string who = user.empty() ? "" : user + "@";
  const bool is_socket = host.empty() || host[0] == '/';
  if (!is_socket) return fmt::format("postgresql://{}{}:{}/{}", who, host, port, database);
  return fmt::format("postgresql://{}/{}{}", who, database, host.empty() ? "" : "?host=" + host);
}

}  // namespace

const Secret* Settings::find(std::string_view keyword) const {
  for (const auto& [name, value] : parameters) {
    if (name == keyword) return &value;
  }
  return nullptr;
}

Result<Settings> read_settings(const json::Value& options) {
  Settings settings;
  for (const std::string_view key : {"url", "credentials"}) {
    const json::Value* const value = options.find(key);
    if (value == nullptr || value->is_null()) continue;
    if (value->is_text()) {
      LODE_TRY(read_text(settings, value->as_text()));
    } else if (value->is_object()) {
      LODE_TRY(check_credentials(*value));
      LODE_TRY(read_fields(settings, *value));
    } else {
      return invalid(fmt::format("{} must be a URL or a table", key)).hint(std::string(kExample));
    }
  }
  LODE_TRY(read_fields(settings, options));
  const std::string timeout = value_of(settings, "connect_timeout");
  if (!timeout.empty()) {
    char* end = nullptr;
    settings.connect_timeout_s = std::strtol(timeout.c_str(), &end, 10);
    if (*end != '\0' || settings.connect_timeout_s < 0) return invalid("connect_timeout must be a number of seconds");
  }
  settings.display = show(settings);
  put(settings, "client_encoding", "UTF8");  // row files are
  if (settings.find("application_name") == nullptr) put(settings, "fallback_application_name", "lode");
  return settings;
}

}  // namespace lode::postgres
