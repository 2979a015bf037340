// Renewals: secrets that a service has replaced while we ran, on their way into what the files said when we began.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "config/key_path.h"
#include "config/secret.h"

namespace lode {

/// Any thread may ask.
class Renewals {
 public:
  void add(const KeyPath& path, const Secret& old, const Secret& fresh);
  /// What counts in the place of the value `found` at `path`; nullopt: that one does.
  std::optional<Secret> find(const KeyPath& path, const std::string& found) const;

 private:
  struct Renewal {
    Secret first;  // as the file, or a variable, had it
    Secret last;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Renewal> by_path_;
};

}  // namespace lode
