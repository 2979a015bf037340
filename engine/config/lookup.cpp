// How a value is looked for: Config::locate() and Config::explain().
#include <fmt/format.h>

#include <algorithm>

#include "config/config.h"
#include "config/vaults/vaults.h"
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

// References to variables and vaults may stand for every value; one to a file for secrets only: elsewhere
// "file:///data" is where data is.
bool is_reference(const json::Value& value, bool secret) {
  if (!value.is_text() || value.as_text().find("://") == std::string::npos) return false;
  const std::string& text = value.as_text();
  return text.starts_with("env://") || (secret && text.starts_with("file:///")) || Vaults::is_reference(text);
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
    // Where a secret is may be known to all.
    if (!is_reference(*value, true)) return secret_in_config(path, place);
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

// What one reference stands for; `place` gets where that is.
Result<std::string> Config::follow_one(const std::string& reference, const std::string& subject,
                                       std::string& place) const {
  const auto dead = [&](Code code, std::string_view why) {
    return Status::error(code, fmt::format("{} refers to {}, which {}", subject, reference, why));
  };
  if (reference.starts_with("env://")) {
    const std::string name = reference.substr(6);
    std::optional<std::string> text = variables_->find(name);
    if (!text) return dead(Code::kConfigInvalid, "is not set");
    place = variables_->place_of(name);
    return std::move(*text);
  }
  if (reference.starts_with("file:///")) {
    place = reference.substr(7);
    Result<std::string> text = env_->read_file(place);
    if (!text.ok()) return dead(Code::kConfigInvalid, "cannot be read").caused_by(std::move(text).status());
    while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
    return text;
  }
  if (vaults_ == nullptr) return dead(Code::kConfigInvalid, "cannot stand in what vaults are reached with");
  place = reference;
  Result<std::string> text = vaults_->follow(reference, stop_);
  if (text.ok() || text.status().code() == Code::kCancelled) return text;
  Status error = dead(text.status().code(), "cannot be had");
  if (std::string hint = text.status().hint_text(); !hint.empty()) error.hint(std::move(hint));
  return error.caused_by(std::move(text).status());
}

Result<json::Value> Config::follow(json::Value value, bool secret, const std::string& subject) const {
  std::string place;
  if (is_reference(value, secret)) {
    LODE_ASSIGN(std::string text, follow_one(value.as_text(), subject, place));
    return json::Value(std::move(text));
  }
  if (value.is_object()) {
    for (auto& [name, inner] : value.members()) {
      if (!inner.is_object() && !inner.is_list() && !is_reference(inner, secret)) continue;
      LODE_ASSIGN(inner, follow(std::move(inner), secret, subject));
    }
  } else if (value.is_list()) {
    for (json::Value& inner : value.items()) {
      LODE_ASSIGN(inner, follow(std::move(inner), secret, subject));
    }
  }
  return value;
}

Status Config::follow(Found& found, bool secret) const {
  const std::string subject = fmt::format("'{}'", found.path.dotted());
  if (!is_reference(found.value, secret)) {
    Result<json::Value> value = follow(std::move(found.value), secret, subject);
    if (!value.ok()) return std::move(value).status().with("in", found.place);
    found.value = std::move(*value);
    return {};
  }
  std::string place;
  Result<std::string> text = follow_one(found.value.as_text(), subject, place);
  if (!text.ok()) return std::move(text).status().with("in", found.place);
  found.value = std::move(*text);
  found.place += " -> " + place;
  found.was_reference = true;
  return {};
}

Result<std::optional<Found>> Config::look(const std::vector<KeyPath>& paths, const ConfigQuery& query) const {
  for (const auto& provider : providers()) {
    for (const KeyPath& path : paths) {
      LODE_ASSIGN(std::optional<Found> found, probe(*provider, path, query, stop_));
      if (!found) continue;
      found->was_encrypted = is_encrypted_value(found->value);
      if (stop_.stop_requested() && has_encrypted(found->value)) return Status::error(Code::kCancelled, "cancelled");
      Status opened = cipher_->open_all(found->path, found->value);
      if (!opened.ok()) return std::move(opened).with("in", found->place);
      LODE_TRY(follow(*found, query.secret));
      if (query.secret && found->value.is_text()) {
        if (const auto fresh = renewals_->find(found->path, found->value.as_text())) found->value = fresh->reveal();
      }
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
