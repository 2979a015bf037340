// VaultStore: one vault of secrets, by name, and VaultCache: each name is asked for once in a while only.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/key_path.h"
#include "env/env.h"

namespace lode {

/// What a vault says about a name. The text is wiped when the last one who has it lets go.
struct VaultEntry {
  enum class State {
    kFound,
    kAbsent,
    kDenied,  ///< it may be there, but not for us
  };
  VaultEntry() = default;
  ~VaultEntry();
  VaultEntry(const VaultEntry&) = delete;
  VaultEntry& operator=(const VaultEntry&) = delete;

  State state = State::kAbsent;
  std::string text;
  bool is_table = false;  ///< the vault keeps named fields, not texts: `text` is their JSON object
  std::string why;        ///< of what is not found, if there is more to say: no secrets
  std::int64_t asked_us = 0;
};

/// The text of a table whose only field is "value"; nullopt for all others.
std::optional<std::string> only_value(const std::string& table);

/// What a newcomer implements for one more vault. Calls block; VaultCache makes one at a time.
class VaultStore {
 public:
  virtual ~VaultStore() = default;
  virtual std::string_view title() const = 0;                         ///< "AWS Secrets Manager"
  virtual std::string name_of(const KeyPath& key) const = 0;          ///< "dlt/sources/github"
  virtual std::string address_of(const std::string& name) const = 0;  ///< "aws-sm://dlt/sources/github"
  /// Puts state, text and why into `entry`. Errors: kConfigUnreadable when the vault does not answer, or not to us at
  /// all; they name what was asked for and hold no secrets. kCancelled. The time it takes is bounded.
  virtual Status fetch(const std::string& name, VaultEntry& entry, const std::stop_token& stop) = 0;
  /// All names that there are. Errors: as fetch(); also for a missing permission.
  virtual Result<std::vector<std::string>> list(const std::stop_token& stop) = 0;
};

enum class Listing {
  kHeeded,
  kIgnored,  ///< for a name that a person wrote: it may be in another project, mount or vault
};

/// Asks for a name at most once in a while, found or not; a vault that does not answer is left alone for a while, too.
/// Thread-safe.
class VaultCache {
 public:
  static constexpr std::int64_t kFailureHoldsUs = 30'000'000;

  /// `ttl_s`: for how long answers hold; 0: always. `env` must outlive it.
  VaultCache(Env& env, std::unique_ptr<VaultStore> store, double ttl_s, bool list_first);
  const VaultStore& store() const { return *store_; }
  /// Never null. With `list_first` names that the vault does not list are not asked for. Errors: as VaultStore's;
  /// kCancelled within moments of a stop, also of one who waits for another's question.
  Result<std::shared_ptr<const VaultEntry>> fetch(const std::string& name, const std::stop_token& stop = {},
                                                  Listing listing = Listing::kHeeded);
  /// What the last fetch() of this name gave; null if there was none.
  std::shared_ptr<const VaultEntry> known(const std::string& name) const;
  /// For good: what is being asked ends with kCancelled, and nothing more is asked.
  void close() { closed_.request_stop(); }

 private:
  bool is_fresh(std::int64_t asked_us) const;
  std::shared_ptr<const VaultEntry> fresh(const std::string& name) const;
  Status ask(const std::string& name, VaultEntry& entry, const std::stop_token& stop, Listing listing);
  Result<std::shared_ptr<const VaultEntry>> keep(const std::string& name, std::shared_ptr<VaultEntry> entry,
                                                 Status status);

  Env& env_;
  const std::unique_ptr<VaultStore> store_;
  const double ttl_s_;
  const bool list_first_;
  std::stop_source closed_;
  std::optional<std::vector<std::string>> names_;  // of who is asking
  std::int64_t listed_us_ = 0;                     // the same
  mutable std::mutex mutex_;
  std::condition_variable_any is_free_;
  bool is_asked_ = false;  // one question at a time
  std::map<std::string, std::shared_ptr<const VaultEntry>> entries_;
  Status failure_;
  std::int64_t failed_us_ = 0;
};

}  // namespace lode
