// How HashiCorp Vault is reached: its settings, the variables and files of its own programs, and ways to log in.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "config/secret.h"
#include "config/vaults/hashicorp_vault.h"
#include "config/vaults/vaults.h"
#include "http/form.h"

namespace lode {
namespace {

constexpr const char* kServiceAccountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token";

std::string without_slashes(std::string text) {
  while (text.ends_with('/')) text.pop_back();
  return text.substr(std::min(text.find_first_not_of('/'), text.size()));
}

// A setting, or else a variable of Vault's own programs.
Result<std::string> text_or_variable(const VaultSettings& settings, std::string_view name, const char* variable) {
  LODE_ASSIGN(std::string text, settings.text(name));
  if (text.empty()) text = settings.config().variables().find(variable).value_or("");
  return text;
}

Status no_value(const VaultSettings& settings, std::string_view name, std::string_view why) {
  ConfigQuery query = settings.query(name, true);
  Status error = settings.config().missing(query);
  return error.about(fmt::format("HashiCorp Vault: {}", why));
}

// What a login needs besides its path.
Result<std::string> required(const VaultSettings& settings, std::string_view name, bool secret, std::string_view why) {
  LODE_ASSIGN(std::string text, settings.text(name, secret));
  if (text.empty()) return no_value(settings, name, why);
  return text;
}

Result<std::string> read_token_file(const VaultSettings& settings, const Path& path) {
  LODE_ASSIGN(std::string text, settings.env().read_file(path));
  std::string token(trim(text));
  wipe(text);
  return token;
}

Result<HashicorpLogin> find_token(const VaultSettings& settings, std::string token) {
  HashicorpLogin login;
  login.from = fmt::format("'providers.{}.token'", settings.section());
  login.token = std::move(token);
  if (!login.token.empty()) return login;
  login.from = "VAULT_TOKEN";
  login.token = trim(settings.config().variables().find("VAULT_TOKEN").value_or(""));
  if (!login.token.empty()) return login;
  const std::optional<Path> home = settings.env().home();
  if (home && settings.env().exists(*home / ".vault-token")) {
    login.from = (*home / ".vault-token").string();
    LODE_ASSIGN(login.token, read_token_file(settings, *home / ".vault-token"));
    if (!login.token.empty()) return login;
  }
  return no_value(settings, "token", "no token, and nothing to log in with")
      .note("nor is there VAULT_TOKEN, or ~/.vault-token of 'vault login'");
}

Result<HashicorpLogin> find_app_role(const VaultSettings& settings, HashicorpLogin login) {
  login.from = "the AppRole login";
  LODE_ASSIGN(const std::string role, required(settings, "role_id", true, "the AppRole login needs it"));
  login.question.set("role_id", role);
  LODE_ASSIGN(std::string secret, settings.text("secret_id", true));  // a role may do without
  if (!secret.empty()) login.question.set("secret_id", std::move(secret));
  return login;
}

Result<HashicorpLogin> find_jwt(const VaultSettings& settings, HashicorpLogin login, bool is_kubernetes) {
  login.from = is_kubernetes ? "the Kubernetes login" : "the JWT login";
  LODE_ASSIGN(const std::string role, settings.text("role"));
  if (!role.empty()) login.question.set("role", role);
  LODE_ASSIGN(std::string jwt, settings.text("jwt", true));
  if (jwt.empty()) {
    LODE_ASSIGN(std::string file, settings.text("jwt_file"));
    if (file.empty() && is_kubernetes) file = kServiceAccountToken;
    if (file.empty()) return no_value(settings, "jwt", "the JWT login needs it, or jwt_file");
    Result<std::string> text = read_token_file(settings, file);  // every time: the file is renewed
    if (!text.ok()) {
      return Status::error(Code::kConfigUnreadable, fmt::format("{} needs the token in {}", login.from, file))
          .caused_by(std::move(text).status());
    }
    jwt = std::move(*text);
  }
  login.question.set("jwt", std::move(jwt));
  return login;
}

Result<HashicorpLogin> find_user(const VaultSettings& settings, HashicorpLogin login, std::string_view method) {
  login.from = fmt::format("the {} login", method);
  LODE_ASSIGN(const std::string user, required(settings, "username", false, "this login needs it"));
  LODE_ASSIGN(std::string password, required(settings, "password", true, "this login needs it"));
  login.path += "/" + replace_all(form_encode(user), "+", "%20");
  login.question.set("password", std::move(password));
  return login;
}

// The one that is asked for; else the one whose first setting is there.
Result<std::string> find_method(const VaultSettings& settings, bool has_token) {
  LODE_ASSIGN(std::string method, settings.text("auth"));
  if (!method.empty()) {
    for (const char* known : {"token", "approle", "kubernetes", "jwt", "userpass", "ldap", "cert", "agent"}) {
      if (method == known) return method;
    }
    return Status::error(Code::kConfigInvalid, fmt::format("'providers.{}.auth' is '{}'", settings.section(), method))
        .hint("one of: token, approle, kubernetes, jwt, userpass, ldap, cert, agent");
  }
  if (has_token) return std::string("token");
  LODE_ASSIGN(const std::string role_id, settings.text("role_id", true));
  if (!role_id.empty()) return std::string("approle");
  LODE_ASSIGN(const std::string username, settings.text("username"));
  if (!username.empty()) return std::string("userpass");
  LODE_ASSIGN(const std::string role, settings.text("role"));
  return std::string(role.empty() ? "token" : "kubernetes");
}

Result<HashicorpLogin> find_login(const VaultSettings& settings) {
  LODE_ASSIGN(std::string token, settings.text("token", true));
  LODE_ASSIGN(const std::string method, find_method(settings, !token.empty()));
  if (method == "token") return find_token(settings, std::move(token));
  HashicorpLogin login;
  if (method == "agent") {
    login.needs_token = false;
    login.from = "the agent";
    return login;
  }
  LODE_ASSIGN(const std::string mount, settings.text("auth_mount"));
  login.path = fmt::format("auth/{}/login", mount.empty() ? method : mount);
  login.question = json::Value::object();
  if (method == "approle") return find_app_role(settings, std::move(login));
  if (method == "kubernetes" || method == "jwt") return find_jwt(settings, std::move(login), method == "kubernetes");
  if (method == "userpass" || method == "ldap") return find_user(settings, std::move(login), method);
  login.from = "the certificate login";
  LODE_ASSIGN(const std::string role, settings.text("role"));
  if (!role.empty()) login.question.set("name", role);
  return login;
}

Result<std::shared_ptr<HttpTransport>> find_transport(const VaultSettings& settings) {
  LODE_ASSIGN(std::string ca, text_or_variable(settings, "ca_file", "VAULT_CACERT"));
  if (ca.empty()) ca = settings.config().variables().find("VAULT_CAPATH").value_or("");
  // That of all vaults: not owned.
  if (ca.empty()) return std::shared_ptr<HttpTransport>(std::shared_ptr<void>(), &settings.http());
  HttpClientOptions options;
  options.ca_path = ca;
  return std::shared_ptr<HttpTransport>(std::make_shared<HttpClient>(settings.env(), std::move(options)));
}

}  // namespace

Result<std::unique_ptr<VaultStore>> make_hashicorp_vault(const VaultSettings& settings) {
  HashicorpOptions options;
  LODE_ASSIGN(options.address, text_or_variable(settings, "address", "VAULT_ADDR"));
  while (options.address.ends_with('/')) options.address.pop_back();
  if (options.address.empty()) {
    return Status::error(Code::kConfigMissing, "nothing says where HashiCorp Vault is")
        .hint(fmt::format("export VAULT_ADDR=https://…  or  add  address = \"https://…\"  under [providers.{}] of "
                          "config.toml",
                          settings.section()));
  }
  LODE_ASSIGN(options.name_space, text_or_variable(settings, "namespace", "VAULT_NAMESPACE"));
  LODE_ASSIGN(const std::string mount, settings.text("mount"));
  if (!mount.empty()) options.mount = without_slashes(mount);
  LODE_ASSIGN(options.prefix, settings.prefix(options.prefix));
  LODE_ASSIGN(const std::optional<std::int64_t> version, settings.config().integer(settings.query("kv_version")));
  if (version && *version != 1 && *version != 2) {
    return Status::error(Code::kConfigInvalid,
                         fmt::format("'providers.{}.kv_version' is {}: 1 or 2", settings.section(), *version));
  }
  if (version) options.kv_version = static_cast<int>(*version);
  const std::string skips = settings.config().variables().find("VAULT_SKIP_VERIFY").value_or("");
  LODE_ASSIGN(options.verify_tls, settings.boolean("verify_tls", skips != "1" && to_lower(skips) != "true"));
  LODE_ASSIGN(options.certificate.file, text_or_variable(settings, "client_cert", "VAULT_CLIENT_CERT"));
  LODE_ASSIGN(options.certificate.key_file, text_or_variable(settings, "client_key", "VAULT_CLIENT_KEY"));
  LODE_ASSIGN(options.patience, settings.patience());
  LODE_ASSIGN(std::shared_ptr<HttpTransport> http, find_transport(settings));
  return std::unique_ptr<VaultStore>(std::make_unique<HashicorpVault>(
      settings.env(), std::move(http), std::move(options), [settings] { return find_login(settings); }));
}

}  // namespace lode
