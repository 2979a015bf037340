// KeyPath: where a setting stands, and ConfigQuery: what is asked for.
#include "config/key_path.h"

#include <algorithm>

#include "base/assert.h"
#include "base/text.h"

namespace lode {

KeyPath KeyPath::from_dotted(std::string_view text) {
  KeyPath path;
  for (const std::string_view part : split(text, '.')) {
    if (!part.empty()) path.parts.emplace_back(part);
  }
  return path;
}

std::string KeyPath::dotted() const { return join(parts, "."); }

std::string KeyPath::environment_name() const { return to_upper(join(parts, "__")); }

std::string KeyPath::section() const { return join(std::vector<std::string>(parts.begin(), parts.end() - 1), "."); }

KeyPath with_prefix(const std::string& pipeline_name, const KeyPath& path) {
  KeyPath prefixed{{pipeline_name}};
  prefixed.parts.insert(prefixed.parts.end(), path.parts.begin(), path.parts.end());
  return prefixed;
}

std::vector<KeyPath> lookup_paths(const ConfigQuery& query) {
  const KeyPath key = KeyPath::from_dotted(query.key);
  LODE_ASSERT(!key.parts.empty());
  // The innermost nested name takes the place of the trailing section; names with '_' are invisible.
  std::vector<std::string> embedded = query.embedded;
  std::string trailing = query.trailing;
  if (!embedded.empty()) {
    if (!embedded.back().starts_with('_')) trailing = embedded.back();
    embedded.pop_back();
  }
  std::erase_if(embedded, [](const std::string& name) { return name.starts_with('_'); });

  const auto path_for = [&](std::vector<std::string> sections) {
    if (!trailing.empty()) sections.push_back(trailing);
    sections.insert(sections.end(), key.parts.begin(), key.parts.end());
    std::erase(sections, "");
    return KeyPath{std::move(sections)};
  };
  std::vector<std::string> sections = query.sections;
  sections.insert(sections.end(), embedded.begin(), embedded.end());
  std::vector<KeyPath> paths = {path_for(sections)};
  while (!sections.empty()) {
    sections.pop_back();
    paths.push_back(path_for(sections));
  }
  const std::vector<std::string>& e = query.sections;
  if (e.size() >= 3 && e[0] == "sources" && e[1] != e[2]) {
    std::vector<std::string> compact = {e[0], e[2]};
    compact.insert(compact.end(), embedded.begin(), embedded.end());
    const KeyPath path = path_for(std::move(compact));
    if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.insert(paths.begin() + 2, path);
  }
  return paths;
}

std::vector<std::vector<KeyPath>> lookup_passes(const ConfigQuery& query) {
  std::vector<KeyPath> paths = lookup_paths(query);
  std::vector<std::vector<KeyPath>> passes;
  if (!query.pipeline_name.empty()) {
    std::vector<KeyPath> prefixed;
    for (const KeyPath& path : paths) prefixed.push_back(with_prefix(query.pipeline_name, path));
    passes.push_back(std::move(prefixed));
  }
  // The last path has no sections any more: just the key, with what can never be left out.
  const KeyPath least = paths.back();
  const bool is_whole_path = query.sections.empty() && least.parts.size() > 1;
  passes.push_back(std::move(paths));
  if (!is_whole_path) passes.push_back({with_prefix("shared", least)});
  return passes;
}

}  // namespace lode
