// Azure Key Vault's secrets as a vault.
#include "config/vaults/azure_vault.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "config/clouds/azure_token.h"
#include "config/secret.h"
#include "config/vaults/vaults.h"
#include "http/url.h"

namespace lode {
namespace {

constexpr const char* kVersionOfApi = "api-version=7.4";

// Azure's clouds. A token is shown to hosts of these names only, and to the one that the configuration names.
constexpr std::array<const char*, 3> kSuffixes = {".vault.azure.net", ".vault.azure.cn", ".vault.usgovcloudapi.net"};

const char* suffix_of(std::string_view host) {
  for (const char* suffix : kSuffixes) {
    if (host.ends_with(suffix)) return suffix;
  }
  return nullptr;
}

std::string host_of(const std::string& url) {
  const Result<Url> parsed = parse_url(url);
  return parsed.ok() ? parsed->host : "";
}

// The code below the code: {"error": {"code": "Forbidden", "innererror": {"code": "SecretDisabled"}}}.
std::string inner_code(const VaultAnswer& answer) {
  const json::Value* code = answer.body.is_object() ? answer.body.find_path({"error", "innererror", "code"}) : nullptr;
  return code != nullptr && code->is_text() ? code->as_text() : "";
}

std::string last_part(const std::string& url) { return url.substr(url.rfind('/') + 1); }

}  // namespace

std::optional<std::string> azure_vault_url(const std::string& vault, const std::string& like) {
  if (vault.starts_with("https://") || vault.starts_with("http://")) {
    const Result<Url> url = parse_url(vault);
    if (!url.ok() || !url->userinfo.empty()) return std::nullopt;
    return fmt::format("{}://{}", url->scheme, url->host_header());
  }
  const std::string host = to_lower(vault);
  if (is_vault_name(host, "-", 127)) {
    const char* suffix = suffix_of(host_of(like));
    return "https://" + host + (suffix != nullptr ? suffix : kSuffixes[0]);
  }
  return is_vault_name(host, "-.", 253) ? std::optional("https://" + host) : std::nullopt;
}

std::string azure_vault_scope(const std::string& url) {
  const char* suffix = suffix_of(host_of(url));
  return fmt::format("https://{}/.default", (suffix != nullptr ? suffix : kSuffixes[0]) + 1);
}

AzureVault::AzureVault(Env& env, HttpTransport& http, AzureVaultOptions options, CloudVaultHttp::FetchToken fetch_token)
    : options_(std::move(options)), http_(env, http, "Azure Key Vault", options_.patience, std::move(fetch_token)) {}

// Azure takes letters, digits and '-'.
std::string AzureVault::name_of(const KeyPath& key) const {
  std::string name = join(key.parts, "-");
  if (!options_.prefix.empty()) name = options_.prefix + "-" + name;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !is_vault_name(std::string_view(&c, 1), "-", 1); }, '-');
  return name;
}

std::optional<AzureVault::Place> AzureVault::read_name(const std::string& name, std::string& why) const {
  Place place{options_.url, name, ""};
  std::vector<std::string> parts;
  for (const std::string_view part : split(name, '/')) parts.emplace_back(part);
  why = "cannot be a name there: letters, digits and '-'";
  if (parts.size() > 3) return std::nullopt;
  if (parts.size() > 1) {
    const std::optional<std::string> url = azure_vault_url(parts[0], options_.url);
    if (!url) return std::nullopt;
    if (suffix_of(host_of(*url)) == nullptr && host_of(*url) != host_of(options_.url)) {
      why = fmt::format("'{}' is no host of Azure's vaults, so it gets no token", parts[0]);
      return std::nullopt;
    }
    place.url = host_of(*url) == host_of(options_.url) ? options_.url : *url;
    place.secret = parts[1];
    if (parts.size() == 3) place.version = parts[2];
  }
  const bool has_names =
      is_vault_name(place.secret, "-", 127) && (parts.size() < 3 || is_vault_name(place.version, "", 64));
  if (has_names && place.url.empty()) {
    why = "no vault is named: azure-kv://VAULT/NAME, or vault_url under [providers.azure_keyvault]";
  }
  return has_names && !place.url.empty() ? std::optional(place) : std::nullopt;
}

Status AzureVault::refused(const VaultAnswer& answer, const std::string& what, VaultEntry& entry) const {
  const std::string code = inner_code(answer);
  if (code == "ForbiddenByConnection") {
    return http_.unexpected(answer, what).hint("the vault's firewall does not let this machine in");
  }
  entry.state = VaultEntry::State::kDenied;
  if (code == "SecretDisabled") {
    entry.why = "it is disabled, or not within its time";
  } else {
    entry.why = "access denied: the role 'Key Vault Secrets User', or the access policy 'get' for secrets, is needed";
  }
  return {};
}

Status AzureVault::fetch(const std::string& name, VaultEntry& entry, const std::stop_token& stop) {
  const std::optional<Place> place = read_name(name, entry.why);
  if (!place) return {};
  const std::string what = fmt::format("'{}'", name);
  std::string url = fmt::format("{}/secrets/{}", place->url, place->secret);
  if (!place->version.empty()) url += "/" + place->version;
  LODE_ASSIGN(const VaultAnswer answer, http_.get(fmt::format("{}?{}", url, kVersionOfApi), what, stop));
  if (answer.status == 404) {
    entry.why = place->version.empty() ? "no such secret" : "no such secret, or no such version of it";
    return {};
  }
  if (answer.status == 403) return refused(answer, what, entry);
  const json::Value* value = answer.body.is_object() ? answer.body.find("value") : nullptr;
  if (answer.status != 200 || value == nullptr || !value->is_text()) return http_.unexpected(answer, what);
  entry.text = value->as_text();
  entry.state = VaultEntry::State::kFound;
  return {};
}

Result<std::vector<std::string>> AzureVault::list(const std::stop_token& stop) {
  const std::string what = "the list of secrets";
  std::vector<std::string> names;
  std::string url = fmt::format("{}/secrets?maxresults=25&{}", options_.url, kVersionOfApi);
  while (!url.empty()) {
    LODE_ASSIGN(const VaultAnswer answer, http_.get(url, what, stop));
    if (answer.status != 200 || !answer.body.is_object()) {
      Status error = http_.unexpected(answer, what);
      if (answer.status == 403)
        error.hint("list_secrets needs the access policy 'list' for secrets, or a role with it");
      return error;
    }
    const json::Value* page = answer.body.find("value");
    if (page != nullptr && page->is_list()) {
      for (const json::Value& item : page->items()) {
        if (item.is_object()) names.push_back(last_part(item.text_or("id", "")));
      }
    }
    const std::string next = answer.body.text_or("nextLink", "");
    // The token is for this vault alone; and the same page again would never end.
    if (!next.empty() && (host_of(next) != host_of(options_.url) || next == url)) return http_.unexpected(answer, what);
    url = next;
  }
  return names;
}

namespace {

// The three fields of a service principal, or null if none is there.
Result<json::Value> find_principal(const VaultSettings& settings) {
  json::Value fields = json::Value::object();
  for (const char* name : {"azure_tenant_id", "azure_client_id", "azure_client_secret"}) {
    ConfigQuery query{.key = name, .sections = {"providers", settings.section()}, .trailing = "credentials"};
    query.secret = std::string_view(name) == "azure_client_secret";
    LODE_ASSIGN(std::optional<std::string> text, settings.config().text(query));
    if (text && !text->empty()) {
      fields.set(name, std::move(*text));
      continue;
    }
    if (query.secret && fields.size() > 0) return settings.config().missing(query);
  }
  if (fields.find("azure_client_secret") == nullptr) return json::Value();
  for (const char* name : {"azure_tenant_id", "azure_client_id"}) {
    ConfigQuery query{.key = name, .sections = {"providers", settings.section()}, .trailing = "credentials"};
    if (fields.find(name) == nullptr) return settings.config().missing(query);
  }
  return fields;
}

}  // namespace

Result<std::unique_ptr<VaultStore>> make_azure_vault(const VaultSettings& settings) {
  AzureVaultOptions options;
  LODE_ASSIGN(const std::string vault, settings.text("vault_url"));
  if (!vault.empty()) {
    const std::optional<std::string> url = azure_vault_url(vault, "");
    if (!url) {
      return Status::error(Code::kConfigInvalid, fmt::format("'providers.{}.vault_url' is no vault: {}",
                                                             settings.section(), sanitise_url(vault)))
          .hint("its name, or its address: https://NAME.vault.azure.net");
    }
    options.url = *url;
  }
  LODE_ASSIGN(options.prefix, settings.prefix(options.prefix));
  LODE_ASSIGN(options.patience, settings.patience());
  const std::string scope = azure_vault_scope(options.url);
  const auto fetch_token = [settings, scope](const std::stop_token& stop) -> Result<AccessToken> {
    LODE_ASSIGN(json::Value fields, find_principal(settings));
    Result<AccessToken> token = fetch_azure_token({settings.http(), settings.env(), stop}, fields, scope);
    wipe(fields);
    return token;
  };
  return std::unique_ptr<VaultStore>(
      std::make_unique<AzureVault>(settings.env(), settings.http(), std::move(options), fetch_token));
}

}  // namespace lode
