// The one list of destinations that exist.
#include "destinations/builtin.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "destinations/memory/memory.h"
#include "destinations/postgres/postgres.h"
#include "destinations/sqlite/sqlite.h"

namespace lode {
namespace {

constexpr DestinationKind kKinds[] = {
    {.name = "memory", .scheme = "memory", .options = memory_options, .make = make_memory},
    {.name = "sqlite", .scheme = "sqlite", .options = sqlite_options, .make = make_sqlite},
    {.name = "postgres", .scheme = "postgresql", .options = postgres_options, .make = make_postgres},
    {.name = "postgresql", .scheme = "postgres", .options = postgres_options, .make = make_postgres},
};

// dlt names the driver library, and the URL names the database.
constexpr std::string_view kDltPrefix = "dlt.destinations.";
constexpr std::string_view kDltNames[] = {"sqlalchemy", "dlt.destinations.sqlalchemy"};

const DestinationKind* find_kind(std::string_view name, std::string_view DestinationKind::*field) {
  const auto found = std::find_if(std::begin(kKinds), std::end(kKinds),
                                  [&](const DestinationKind& kind) { return kind.*field == name; });
  return found == std::end(kKinds) ? nullptr : found;
}

std::vector<std::string> names_of(std::string_view DestinationKind::*field) {
  std::vector<std::string> names;
  for (const DestinationKind& kind : kKinds) names.emplace_back(kind.*field);
  return names;
}

Status unknown(std::string_view what, const std::string& name, const std::vector<std::string>& known) {
  Status status = Status::error(Code::kDestinationUnknown, fmt::format("unknown {} '{}'", what, name));
  if (const std::string guess = closest(name, known); !guess.empty())
    status.note(fmt::format("did you mean '{}'?", guess));
  return std::move(status).hint("there is: " + join(known, ", "));
}

std::string scheme_of(const std::string& url) {
  const std::string scheme = url.substr(0, url.find("://"));
  return scheme.substr(0, scheme.find('+'));  // SQLAlchemy writes "sqlite+pysqlite://"
}

// "sqlite:///shop.db" or "sqlite".
Result<const DestinationKind*> kind_of_text(const std::string& text) {
  if (text.find("://") != std::string::npos) {
    if (const DestinationKind* kind = find_kind(scheme_of(text), &DestinationKind::scheme)) return kind;
    return unknown("kind of URL", scheme_of(text), names_of(&DestinationKind::scheme));
  }
  if (const DestinationKind* kind = find_kind(text, &DestinationKind::name)) return kind;
  return unknown("destination", text, names_of(&DestinationKind::name));
}

Result<const DestinationKind*> kind_of_object(const json::Value& value) {
  const std::string type = value.text_or("type", "");
  const bool is_dlt_name = std::find(std::begin(kDltNames), std::end(kDltNames), type) != std::end(kDltNames);
  if (!type.empty() && !is_dlt_name)
    return kind_of_text(type.rfind(kDltPrefix, 0) == 0 ? type.substr(kDltPrefix.size()) : type);
  for (const std::string_view key : {"credentials", "url"}) {
    const json::Value* const url = value.find(key);
    if (url == nullptr) continue;
    const std::string text = url->is_text() ? url->as_text() : url->text_or("drivername", "") + "://";
    if (text.find("://") != std::string::npos && text.size() > 3) return kind_of_text(text);
  }
  return Status::error(Code::kConfigInvalid, "a destination needs a type, or credentials that are a URL")
      .hint("destination = \"sqlite:///shop.db\", or { type = \"sqlite\", file = \"shop.db\" }");
}

}  // namespace

std::span<const DestinationKind> destination_kinds() { return kKinds; }

Result<std::unique_ptr<Destination>> make_destination(const json::Value& value, const std::string& dataset, Env& env) {
  DestinationSpec spec;
  spec.dataset = dataset;
  const DestinationKind* kind = nullptr;
  if (value.is_text()) {
    LODE_ASSIGN(kind, kind_of_text(value.as_text()));
    if (value.as_text() != kind->name && kind->name != "memory") spec.options.set("credentials", value);
  } else if (value.is_object()) {
    LODE_ASSIGN(kind, kind_of_object(value));
    spec.options = value;
    spec.options.erase("type");
    if (const std::string type = value.text_or("type", ""); type.find("://") != std::string::npos) {
      spec.options.set("credentials", type);
    }
  } else {
    return Status::error(Code::kConfigInvalid, "a destination is a name, a URL, or a table with a type");
  }
  LODE_ASSIGN(spec.options, kind->options().check(spec.options, fmt::format("destination '{}'", kind->name)));
  spec.kind = kind->name;
  return kind->make(spec, env);
}

}  // namespace lode
