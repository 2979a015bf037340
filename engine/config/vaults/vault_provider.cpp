// VaultProvider: settings and secrets that stand in a vault, found as dlt finds them.
#include "config/vaults/vault_provider.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "config/files/toml.h"
#include "config/secret.h"
#include "json/parse.h"

namespace lode {
namespace {

constexpr const char* kEverything = "dlt_secrets_toml";

bool is_known_section(const std::string& part) { return part == "sources" || part == "destination"; }

KeyPath first_parts(const KeyPath& key, std::size_t count) {
  return {{key.parts.begin(), key.parts.begin() + static_cast<std::ptrdiff_t>(count)}};
}

// The message of the library that reads it might quote the text: it is left out.
Status malformed(const VaultStore& store, const std::string& name, std::string_view what) {
  return Status::error(Code::kConfigUnreadable, fmt::format("{} in {} {}", store.address_of(name), store.title(), what))
      .hint("TOML or a JSON object with the keys of the section is expected there");
}

// `content` where it belongs: it may repeat the sections of its name, or be meant below them.
json::Value at_root(json::Value content, const KeyPath& path) {
  if (path.key() == kEverything && path.parts.size() == 1) return content;
  std::vector<std::string> parts = path.parts;
  if (path.key() == kEverything) parts.pop_back();
  if (const json::Value* own = find_at(content, parts); own != nullptr && own->is_object()) return content;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    json::Value outer = json::Value::object();
    outer.set(*part, std::move(content));
    content = std::move(outer);
  }
  return content;
}

// dlt's rule, but that a key's own text is never taken for TOML: "a=b" may well be a password.
Result<json::Value> read_text(const VaultStore& store, const std::string& name, const KeyPath& path, bool is_key,
                              const std::string& text) {
  if (trim(text).starts_with('{')) {
    Result<json::Value> content = json::parse_value(text);
    if (!content.ok()) return malformed(store, name, "begins like a JSON object and is none");
    return at_root(std::move(*content), path);
  }
  if (!is_key) {
    Result<json::Value> content = parse_toml(text, name);
    if (content.ok()) return at_root(std::move(*content), path);
    if (path.key() == kEverything) {
      Status error = malformed(store, name, "is not TOML");
      return error.note(content.status().first_line());  // where; it never quotes
    }
  }
  return at_root(json::Value(text), path);
}

}  // namespace

VaultProvider::VaultProvider(std::shared_ptr<VaultCache> cache, VaultOptions options)
    : cache_(std::move(cache)), options_(options) {}

VaultProvider::~VaultProvider() {
  for (auto& [name, fragment] : fragments_) wipe(fragment.content);
}

std::vector<VaultProvider::Place> VaultProvider::places_of(const KeyPath& key, bool secret) const {
  std::vector<Place> places = {{{{kEverything}}, false}};
  if (options_.only_secrets && !secret) return places;
  const auto& parts = key.parts;
  const bool has_pipeline = parts.size() > 1 && !is_known_section(parts[0]) && is_known_section(parts[1]);
  const std::size_t begin = has_pipeline ? 1 : 0;
  if (has_pipeline) places.push_back({{{parts[0], kEverything}}, false});
  const auto add = [&](std::size_t count) {
    const bool is_there = std::any_of(places.begin(), places.end(),
                                      [&](const Place& other) { return other.path == first_parts(key, count); });
    if (count > 0 && count < parts.size() && !is_there) places.push_back({first_parts(key, count), false});
  };
  if (is_known_section(parts[begin])) {
    add(begin + 1);
    add(begin + 2);
  }
  add(parts.size() - 1);
  if (!options_.only_toml_fragments) places.push_back({key, true});
  return places;
}

Status VaultProvider::load(const Place& place, const std::stop_token& stop) const {
  const std::string name = cache_->store().name_of(place.path);
  LODE_ASSIGN(const std::shared_ptr<const VaultEntry> entry, cache_->fetch(name, stop));
  const std::lock_guard lock(mutex_);
  const auto known = fragments_.find(name);
  if (known != fragments_.end() && known->second.entry == entry) return {};
  const std::size_t depth = place.path.parts.size() - (place.path.key() == kEverything ? 1 : 0);
  Fragment fragment{entry, {}, depth};
  if (entry->state == VaultEntry::State::kFound) {
    // Where one text is wanted and the vault keeps fields, it is the one called "value".
    const bool is_text = place.is_key || place.path.key() == kEverything;
    std::optional<std::string> only = entry->is_table && is_text ? only_value(entry->text) : std::nullopt;
    LODE_ASSIGN(fragment.content,
                read_text(cache_->store(), name, place.path, place.is_key, only ? *only : entry->text));
    if (only) wipe(*only);
  }
  if (known != fragments_.end()) wipe(known->second.content);
  fragments_[name] = std::move(fragment);
  return {};
}

// The most specific one: the one with the most sections.
const VaultProvider::Fragment* VaultProvider::fragment_with(const KeyPath& key) const {
  const Fragment* best = nullptr;
  for (const auto& [name, fragment] : fragments_) {
    const json::Value* value = find_at(fragment.content, key.parts);
    if (value == nullptr || value->is_null() || (best != nullptr && fragment.depth < best->depth)) continue;
    best = &fragment;
  }
  return best;
}

Result<std::optional<json::Value>> VaultProvider::ask(const KeyPath& key, bool secret,
                                                      const std::stop_token& stop) const {
  for (const Place& place : places_of(key, secret)) LODE_TRY(load(place, stop));
  const std::lock_guard lock(mutex_);
  const Fragment* fragment = fragment_with(key);
  if (fragment == nullptr) return std::optional<json::Value>();
  return std::optional<json::Value>(*find_at(fragment->content, key.parts));
}

std::string VaultProvider::place_of(const KeyPath& key, bool) const {
  const std::lock_guard lock(mutex_);
  const Fragment* found = fragment_with(key);
  for (const auto& [name, fragment] : fragments_) {
    if (&fragment == found) return cache_->store().address_of(name);
  }
  return std::string(cache_->store().title());
}

std::vector<LookedAt> VaultProvider::explain(const std::vector<KeyPath>& keys, bool secret) const {
  std::vector<LookedAt> lines;
  std::vector<std::string> names;
  for (const KeyPath& key : keys) {
    for (const Place& place : places_of(key, secret)) {
      const std::string name = cache_->store().name_of(place.path);
      if (std::find(names.begin(), names.end(), name) != names.end()) continue;
      names.push_back(name);
      const std::shared_ptr<const VaultEntry> entry = cache_->known(name);
      std::string found = "not asked";
      if (entry) found = entry->state == VaultEntry::State::kFound ? "has no such key" : entry->why;
      lines.push_back({std::string(this->name()), cache_->store().address_of(name), found});
    }
  }
  return lines;
}

}  // namespace lode
