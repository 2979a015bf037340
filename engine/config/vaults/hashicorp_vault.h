// HashiCorp Vault and OpenBao, the key/value store of either version, as a vault.
// Source: their API references, "KV secrets engine", "token", "AppRole", "Kubernetes", "JWT", "Userpass" auth methods.
#pragma once

#include <functional>
#include <memory>

#include "config/vaults/vault_http.h"
#include "config/vaults/vault_store.h"

namespace lode {

class VaultSettings;

/// How a token is come by: one that is there, or a question that is answered with one.
struct HashicorpLogin {
  HashicorpLogin() = default;
  ~HashicorpLogin();
  HashicorpLogin(HashicorpLogin&&) = default;
  HashicorpLogin& operator=(HashicorpLogin&&) = default;

  std::string token;
  std::string path;         ///< "auth/approle/login"; "" if the token is there
  json::Value question;     ///< what is sent there
  std::string from;         ///< for messages: "VAULT_TOKEN", "the AppRole login"
  bool needs_token = true;  ///< false: an agent on the way adds it
};

struct HashicorpOptions {
  std::string address;            ///< "https://vault.example:8200"
  std::string name_space;         ///< "" for none
  std::string mount = "secret";   ///< where the key/value store is
  std::string prefix = "dlt";     ///< the first part of all names in it; may be empty
  std::optional<int> kv_version;  ///< of all mounts; nullopt: the vault is asked
  bool verify_tls = true;
  ClientCertificate certificate;
  VaultPatience patience;
};

/// Names are "mount/path", with "?version=2" behind for one that is not the newest.
class HashicorpVault final : public VaultStore {
 public:
  using FindLogin = std::function<Result<HashicorpLogin>()>;
  /// `find_login` is called when a token is needed, and again when it is not taken any more. `env` must outlive it.
  HashicorpVault(Env& env, std::shared_ptr<HttpTransport> http, HashicorpOptions options, FindLogin find_login);
  ~HashicorpVault() override;
  std::string_view title() const override { return http_.title(); }
  std::string name_of(const KeyPath& key) const override;
  std::string address_of(const std::string& name) const override { return "vault://" + name; }
  Status fetch(const std::string& name, VaultEntry& entry, const std::stop_token& stop) override;
  Result<std::vector<std::string>> list(const std::stop_token& stop) override;

 private:
  struct Call {
    std::string method = "GET";
    std::string path;  // behind "/v1/", encoded
    std::string body;
    std::string what;
  };
  struct Mount {
    std::string path;
    int version = 2;
    bool is_guess = false;
    std::string other_type;  // "": a key/value store
  };
  Result<VaultAnswer> send(const Call& call, const std::stop_token& stop);
  Result<VaultAnswer> ask(const Call& call, const std::stop_token& stop);
  Status have_token(const std::string& what, const std::stop_token& stop);
  Status log_in(HashicorpLogin login, const std::string& what, const std::stop_token& stop);
  Status renew(const std::string& what, const std::stop_token& stop);
  void keep_token(const json::Value& life);
  Result<bool> is_token_dead(const VaultAnswer& refused, const std::string& what, const std::stop_token& stop);
  Status token_refused(const std::string& what) const;
  Status unexpected(const VaultAnswer& answer, const std::string& what) const;
  Result<Mount> mount_of(const std::string& path, const std::stop_token& stop);
  Status list_folder(const Mount& mount, const std::string& folder, std::vector<std::string>& names,
                     std::vector<std::string>& folders, const std::stop_token& stop);

  Env& env_;
  const std::shared_ptr<HttpTransport> transport_;
  const HashicorpOptions options_;
  VaultHttp http_;
  const FindLogin find_login_;
  std::vector<Mount> mounts_;  // that the vault told of
  std::string token_;
  std::string token_from_;
  bool needs_token_ = true;
  bool can_log_in_ = false;
  bool is_renewable_ = false;
  double life_s_ = 0;  // 0: for ever, or not known
  std::int64_t begun_us_ = 0;
};

Result<std::unique_ptr<VaultStore>> make_hashicorp_vault(const VaultSettings& settings);

}  // namespace lode
