// The one list of destinations that exist.
#include "destinations/builtin.h"

#include <fmt/format.h>

#include "base/text.h"
#include "destinations/sqlite/sqlite.h"

namespace lode {
namespace {

constexpr DestinationKind kKinds[] = {
    {.name = "sqlite", .scheme = "sqlite", .options = "credentials,file,busy_timeout_ms", .make = make_sqlite},
};

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const DestinationKind& kind : kKinds) names.emplace_back(kind.name);
  return names;
}

Status unknown(std::string_view what, const std::string& name) {
  Status status = Status::error(Code::kDestinationUnknown, fmt::format("unknown {} '{}'", what, name));
  const std::string guess = closest(name, kind_names());
  return guess.empty() ? std::move(status).hint("there is: " + join(kind_names(), ", "))
                       : std::move(status).hint(fmt::format("did you mean '{}'?", guess));
}

// "sqlite:///shop.db" or "sqlite".
Result<DestinationSpec> from_text(const std::string& text) {
  DestinationSpec spec;
  const std::size_t colon = text.find("://");
  spec.kind = text.substr(0, colon);
  if (colon == std::string::npos) return spec;
  const std::size_t dialect = spec.kind.find('+');  // SQLAlchemy writes "sqlite+pysqlite://"
  spec.kind.resize(std::min(dialect, spec.kind.size()));
  for (const DestinationKind& kind : kKinds) {
    if (kind.scheme == spec.kind) {
      spec.kind = kind.name;
      spec.options.set("credentials", text);
      return spec;
    }
  }
  return unknown("kind of URL", spec.kind);
}

Result<DestinationSpec> from_value(const json::Value& value) {
  if (value.is_text()) return from_text(value.as_text());
  if (!value.is_object()) {
    return Status::error(Code::kConfigInvalid, "a destination is a name, a URL, or a table with a type");
  }
  DestinationSpec spec;
  spec.options = value;
  spec.kind = value.text_or("type", "");
  spec.options.erase("type");
  if (spec.kind.empty()) {
    LODE_ASSIGN(DestinationSpec by_url, from_text(value.text_or("credentials", "")));
    spec.kind = by_url.kind;
  }
  return spec;
}

}  // namespace

Result<std::unique_ptr<Destination>> make_destination(const json::Value& value, const std::string& dataset, Env& env) {
  LODE_ASSIGN(DestinationSpec spec, from_value(value));
  spec.dataset = dataset;
  for (const DestinationKind& kind : kKinds) {
    if (kind.name != spec.kind) continue;
    std::vector<std::string> options;
    for (const std::string_view option : split(kind.options, ',')) options.emplace_back(option);
    for (const auto& [name, option] : spec.options.members()) {
      if (std::find(options.begin(), options.end(), name) != options.end()) continue;
      const std::string guess = closest(name, options);
      return Status::error(Code::kConfigUnknownField, fmt::format("destination '{}': unknown option '{}'", kind.name, name))
          .hint(guess.empty() ? "its options are " + join(options, ", ") : fmt::format("did you mean '{}'?", guess));
    }
    return kind.make(spec, env);
  }
  return unknown("destination", spec.kind);
}

}  // namespace lode
