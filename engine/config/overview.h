// All settings of a project that stand somewhere, with where they stand: for "lode config show".
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace lode {

struct Setting {
  KeyPath key;
  std::string shown;     ///< the value as people may see it: see mask.h
  std::string provider;  ///< of the value that counts
  std::string place;
  std::vector<std::string> hides;  ///< other places that have a value for the key, in their order
  std::string problem;             ///< why the value cannot be used; "" if it can
};

/// Sorted by section and key. `variables`: names of environment variables; of those only the ones that look like
/// configuration count: SOURCES__…, and names of keys that stand in a file.
std::vector<Setting> overview(const Config& config, const std::vector<std::string>& variables);

}  // namespace lode
