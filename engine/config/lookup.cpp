// How a value is looked for: Config::locate() and Config::explain().
#include <fmt/format.h>

#include <algorithm>

#include "config/config.h"
#include "config/vaults.h"
#include "json/write.h"

namespace lode {
namespace {

// What dlt's templates put where a person must write.
bool is_placeholder(const json::Value& value) { return value.is_text() && value.as_text() == "<configure me>"; }

Status secret_in_config(const KeyPath& path, const std::string& place) {
  return Status::error(Code::kConfigInvalid,
                       fmt::format("secret '{}' is in {}, which must not hold secrets", path.dotted(), place))
      .hint("move the line to secrets.toml in the same folder, and keep that file out of version control");
}

Status placeholder_left(const KeyPath& path, const std::string& place) {
  return Status::error(Code::kConfigInvalid,
                       fmt::format("'{}' still is the template's placeholder '<configure me>'", path.dotted()))
      .with("in", place)
      .hint("replace it by the real value, or remove the line");
}

Status dead_reference(const Found& found, const std::string& reference, std::string_view why) {
  return Status::error(Code::kConfigInvalid,
                       fmt::format("'{}' refers to {}, which {}", found.path.dotted(), reference, why))
      .with("in", found.place);
}

// A secret may say where it is: env://NAME, file:///run/secrets/name, aws-sm://name#key. Settings may not: there, such
// texts are URLs.
Status follow_reference(Env& env, const Variables& variables, const Vaults* vaults, const std::stop_token& stop,
                        Found& found) {
  if (!found.value.is_text()) return {};
  const std::string reference = found.value.as_text();
  if (reference.starts_with("env://")) {
    std::optional<std::string> text = variables.find(reference.substr(6));
    if (!text) return dead_reference(found, reference, "is not set");
    found.value = std::move(*text);
    found.place += " -> " + variables.place_of(reference.substr(6));
  } else if (reference.starts_with("file:///")) {
    Result<std::string> text = env.read_file(reference.substr(7));
    if (!text.ok()) return dead_reference(found, reference, "cannot be read").caused_by(std::move(text).status());
    while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
    found.value = std::move(*text);
    found.place += " -> " + reference.substr(7);
  } else if (Vaults::is_reference(reference)) {
    if (vaults == nullptr) return dead_reference(found, reference, "cannot stand in what vaults are reached with");
    Result<std::string> text = vaults->follow(reference, stop);
    if (text.status().code() == Code::kCancelled) return text.status();
    if (!text.ok()) return dead_reference(found, reference, "cannot be had").caused_by(std::move(text).status());
    found.value = std::move(*text);
    found.place += " -> " + reference;
  }
  return {};
}

bool has_encrypted(const json::Value& value) {
  if (value.is_object()) {
    return std::any_of(value.members().begin(), value.members().end(),
                       [](const json::Value::Member& member) { return has_encrypted(member.second); });
  }
  return is_encrypted_value(value);
}

// What `provider` has at `path`: nullopt if nothing that answers the query, an error if something that must not be
// used.
Result<std::optional<Found>> probe(const ConfigProvider& provider, const KeyPath& path, const ConfigQuery& query,
                                   const std::stop_token& stop) {
  LODE_ASSIGN(std::optional<json::Value> value, provider.ask(path, query.secret, stop));
  if (!value || value->is_null()) return std::optional<Found>();
  const std::string place = provider.place_of(path, query.secret);
  if (query.secret && !provider.holds_secrets()) {
    if (value->is_object()) return std::optional<Found>();  // a section of settings, not the secret itself
    return secret_in_config(path, place);
  }
  if (is_placeholder(*value)) return placeholder_left(path, place);
  return std::optional<Found>(Found{std::move(*value), path, std::string(provider.name()), place});
}

Step step_for(const ConfigProvider& provider, const KeyPath& path, const ConfigQuery& query,
              const std::stop_token& stop) {
  Step step;
  step.path = path;
  step.provider = provider.name();
  step.spelling = provider.spelling_of(path);
  Result<std::optional<Found>> found = probe(provider, path, query, stop);
  if (!found.ok()) {
    step.state = Step::State::kRefused;
    step.why = found.status().message();
  } else if (*found) {
    step.state = Step::State::kWins;
    step.place = (*found)->place;
    step.value = std::move((*found)->value);
  }
  return step;
}

}  // namespace

Result<std::optional<Found>> Config::look(const std::vector<KeyPath>& paths, const ConfigQuery& query) const {
  for (const auto& provider : providers()) {
    for (const KeyPath& path : paths) {
      LODE_ASSIGN(std::optional<Found> found, probe(*provider, path, query, stop_));
      if (!found) continue;
      found->was_encrypted = is_encrypted_value(found->value);
      if (stop_.stop_requested() && has_encrypted(found->value)) return Status::error(Code::kCancelled, "cancelled");
      Status opened = cipher_->open_all(found->path, found->value);
      if (!opened.ok()) return std::move(opened).with("in", found->place);
      if (query.secret) LODE_TRY(follow_reference(*env_, *variables_, vaults_.get(), stop_, *found));
      return found;
    }
  }
  return std::optional<Found>();
}

Result<std::optional<Found>> Config::locate(const ConfigQuery& query) const {
  for (const std::vector<KeyPath>& paths : lookup_passes(query)) {
    LODE_ASSIGN(std::optional<Found> found, look(paths, query));
    if (!found) continue;
    note(query, true);
    LODE_TRY(account(query, found));
    return found;
  }
  note(query, false);
  LODE_TRY(account(query, std::nullopt));
  return std::optional<Found>();
}

std::vector<Step> Config::explain(const ConfigQuery& query) const {
  std::vector<Step> steps;
  bool decided = false;
  for (const std::vector<KeyPath>& paths : lookup_passes(query)) {
    for (const auto& provider : providers()) {
      for (const KeyPath& path : paths) {
        Step step = step_for(*provider, path, query, stop_);
        if (step.state != Step::State::kAbsent && decided) step.state = Step::State::kBehind;
        decided = decided || step.state != Step::State::kAbsent;
        // Nothing to be found where it must not be: no place to write a secret at either.
        if (step.state == Step::State::kAbsent && query.secret && !provider->holds_secrets()) continue;
        steps.push_back(std::move(step));
      }
    }
  }
  return steps;
}

void Config::note(const ConfigQuery& query, bool found) const {
  const std::string name = query.pipeline_name + '\n' + lookup_paths(query).front().dotted();
  const std::lock_guard lock(own_->mutex);
  Lookup& lookup = own_->lookups[name];
  lookup.query = query;
  lookup.found = lookup.found || found;
}

Status Config::account(const ConfigQuery& query, const std::optional<Found>& found) const {
  if (audit_ == nullptr || !query.secret) return {};
  SecretAccess access;
  access.script = own_->subject;
  access.pipeline = query.pipeline_name;
  access.key = found ? found->path.dotted() : lookup_paths(query).front().dotted();
  if (found) {
    access.provider = found->provider;
    access.place = found->place;
    access.present = true;
    access.length = found->value.is_text() ? found->value.as_text().size() : json::write(found->value).size();
  }
  return audit_->record(access);
}

}  // namespace lode
