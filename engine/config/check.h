// Looking a project's configuration over: what is dangerous, what nobody reads, what is misspelt.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace lode {

/// One thing that was found.
struct Finding {
  enum class Weight { kError, kWarning, kNote };
  Weight weight = Weight::kWarning;
  std::string what;   ///< one line
  std::string where;  ///< a file, or a file and a key
  std::string hint;   ///< "" if there is nothing to do
};

/// "error", "warning", "note".
std::string_view weight_name(Finding::Weight weight);

/// What the engine itself reads from a section, and what it knows from dlt and does not use.
struct KnownSection {
  std::string_view name;                      ///< "load"
  std::vector<std::string_view> keys;         ///< each with a sentence in docs/configuration.md
  std::vector<std::string_view> keys_of_dlt;  ///< accepted, without effect here
};
const std::vector<KnownSection>& known_sections();

/// What a destination takes: its names in configuration and its options.
struct DestinationKeys {
  std::string name;
  std::vector<std::string> options;
};

/// Files that others may read, that git keeps, or that nothing keeps out of git; secrets in config.toml; keys and
/// sections that nobody reads, with "did you mean". Keys of sources are judged by what was asked: `asked` are the
/// questions of scripts, nullopt if no script was read. Never shows a value.
std::vector<Finding> check_config(Env& env, const Config& config, const std::vector<DestinationKeys>& destinations,
                                  const std::optional<std::vector<ConfigQuery>>& asked);

}  // namespace lode
