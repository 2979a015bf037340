// Google Secret Manager as a vault, with dlt's names.
#include "config/vaults/google_vault.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "config/clouds/google_token.h"
#include "config/credentials.h"
#include "config/secret.h"
#include "config/vaults/vaults.h"
#include "http/form.h"
#include "json/parse.h"

namespace lode {
namespace {

// dlt's rule for the parts of a name: all but '-' and '_' of ASCII's punctuation goes, and so does white space.
std::string without_punctuation(std::string_view part) {
  std::string out;
  for (const char c : part) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || byte >= 0x80;
    const bool is_control = byte < 0x20 && !(byte >= 0x09 && byte <= 0x0D) && !(byte >= 0x1C && byte <= 0x1F);
    if (is_word || is_control || c == '-' || c == '_') out += c;
  }
  return out;
}

// Old ones begin with a domain: "example.com:shop".
bool is_project(const std::string& id) { return is_vault_name(id, "-:.", 100) && id.find("..") == std::string::npos; }

// CRC-32C (Castagnoli), which Google sends along.
std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFFu;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1u) != 0 ? 0x82F63B78u : 0u);
  }
  return ~crc;
}

}  // namespace

GoogleVault::GoogleVault(Env& env, HttpTransport& http, GoogleVaultOptions options,
                         CloudVaultHttp::FetchToken fetch_token)
    : options_(std::move(options)),
      http_(env, http, "Google Secret Manager", options_.patience, std::move(fetch_token)) {}

std::string GoogleVault::name_of(const KeyPath& key) const {
  std::vector<std::string> parts;
  if (!options_.prefix.empty()) parts.push_back(options_.prefix);
  for (const std::string& part : key.parts) parts.push_back(without_punctuation(part));
  return join(parts, "-");
}

// nullopt: it cannot be a name there. A project that is not named is left empty.
std::optional<GoogleVault::Resource> GoogleVault::read_name(const std::string& name) const {
  Resource resource;
  resource.location = options_.location;
  std::vector<std::string> parts;
  for (const std::string_view part : split(name, '/')) parts.emplace_back(part);
  if (parts.size() == 1 || (parts.size() == 3 && parts[1] == "versions")) {
    parts.insert(parts.begin(), "secrets");
  } else {
    if (parts.size() < 4 || parts[0] != "projects") return std::nullopt;
    resource.project = parts[1];
    resource.location.clear();
    if (!is_project(resource.project)) return std::nullopt;
    const bool has_location = parts[2] == "locations";
    if (has_location) resource.location = parts[3];
    if (has_location && !is_vault_name(resource.location, "-", 100)) return std::nullopt;
    parts.erase(parts.begin(), parts.begin() + (has_location ? 4 : 2));
  }
  if ((parts.size() != 2 && parts.size() != 4) || parts[0] != "secrets" || !is_vault_name(parts[1], "-_", 255)) {
    return std::nullopt;
  }
  resource.secret = parts[1];
  if (parts.size() == 4) {
    if (parts[2] != "versions" || !is_vault_name(parts[3], "-_", 63)) return std::nullopt;
    resource.version = parts[3];
  }
  return resource;
}

Result<std::string> GoogleVault::project(const std::string& what, const std::stop_token& stop) {
  if (!options_.project_id.empty()) return options_.project_id;
  LODE_ASSIGN(const AccessToken token, http_.token(what, stop));
  if (is_project(token.project_id)) return token.project_id;
  return Status::error(Code::kConfigUnreadable,
                       fmt::format("{} cannot be asked for {}: nothing says which project", title(), what))
      .hint(
          "export GOOGLE_CLOUD_PROJECT=…  or  add  project_id = \"…\"  under [providers.google_secrets] of "
          "config.toml");
}

std::string GoogleVault::url_of(const Resource& resource) const {
  std::string url = options_.endpoint_url;
  if (url.empty()) {
    url = resource.location.empty() ? "https://secretmanager.googleapis.com"
                                    : fmt::format("https://secretmanager.{}.rep.googleapis.com", resource.location);
  }
  url += "/v1/projects/" + resource.project;
  if (!resource.location.empty()) url += "/locations/" + resource.location;
  return url + "/secrets";
}

Status GoogleVault::read_payload(const VaultAnswer& answer, const std::string& what, VaultEntry& entry) const {
  const json::Value* data = answer.body.is_object() ? answer.body.find_path({"payload", "data"}) : nullptr;
  const json::Value* sum = answer.body.is_object() ? answer.body.find_path({"payload", "dataCrc32c"}) : nullptr;
  std::string text;
  if (data == nullptr || !data->is_text() || !base64_decode(data->as_text(), text)) {
    return http_.unexpected(answer, what);
  }
  if (sum != nullptr && sum->is_text() && sum->as_text() != std::to_string(crc32c(text))) {
    wipe(text);
    return Status::error(Code::kConfigUnreadable, fmt::format("{}: {} arrived damaged", title(), what));
  }
  if (!is_utf8(text)) {
    wipe(text);
    entry.why = "it is binary, not text";
    return {};
  }
  entry.text = std::move(text);
  entry.state = VaultEntry::State::kFound;
  return {};
}

Status GoogleVault::fetch(const std::string& name, VaultEntry& entry, const std::stop_token& stop) {
  std::optional<Resource> resource = read_name(name);
  if (!resource) {
    entry.why = "cannot be a name there";
    return {};
  }
  const std::string what = fmt::format("'{}'", name);
  if (resource->project.empty()) {
    LODE_ASSIGN(resource->project, project(what, stop));
  }
  const std::string url =
      fmt::format("{}/{}/versions/{}:access", url_of(*resource), resource->secret, resource->version);
  LODE_ASSIGN(const VaultAnswer answer, http_.get(url, what, stop));
  if (answer.status == 200) return read_payload(answer, what, entry);
  const std::string message = error_message_of(answer);
  if (answer.status == 404) {
    entry.why = "no such secret, or no version of it";
    return {};
  }
  // "has not been used in project … before or it is disabled" is about all names.
  if (answer.status == 403 && message.find("API has not been used") == std::string::npos) {
    entry.state = VaultEntry::State::kDenied;
    entry.why = fmt::format("access denied, or it is not there: roles/secretmanager.secretAccessor is needed in '{}'",
                            resource->project);
    return {};
  }
  if (answer.status == 400 && !message.empty()) {  // a version that is disabled or destroyed
    entry.why = message;
    return {};
  }
  return http_.unexpected(answer, what);
}

Result<std::vector<std::string>> GoogleVault::list(const std::stop_token& stop) {
  const std::string what = "the list of secrets";
  Resource all;
  all.location = options_.location;
  LODE_ASSIGN(all.project, project(what, stop));
  std::vector<std::string> names;
  std::string token;
  do {
    std::string url = url_of(all) + "?pageSize=1000";
    if (!token.empty()) url += "&pageToken=" + form_encode(token);
    LODE_ASSIGN(const VaultAnswer answer, http_.get(url, what, stop));
    if (answer.status != 200) {
      Status error = http_.unexpected(answer, what);
      if (answer.status == 403) {
        error.hint(fmt::format("list_secrets needs roles/secretmanager.viewer in the project '{}'", all.project));
      }
      return error;
    }
    const json::Value* page = answer.body.is_object() ? answer.body.find("secrets") : nullptr;
    if (page != nullptr && page->is_list()) {
      for (const json::Value& item : page->items()) {
        const std::string name = item.is_object() ? item.text_or("name", "") : "";
        names.push_back(name.substr(name.rfind('/') + 1));  // npos + 1 is 0
      }
    }
    const std::string next = answer.body.is_object() ? answer.body.text_or("nextPageToken", "") : "";
    token = next == token ? "" : next;  // the same page again would never end
  } while (!token.empty());
  return names;
}

namespace {

ConfigQuery credentials_query(const VaultSettings& settings) {
  return {.key = "credentials", .sections = {"providers", settings.section()}};
}

// One field of the credentials; "" if it is nowhere.
Result<std::string> credentials_field(const VaultSettings& settings, std::string_view name, bool secret) {
  ConfigQuery query = credentials_query(settings);
  query.trailing = query.key;
  query.key = name;
  query.secret = secret;
  LODE_ASSIGN(std::optional<std::string> text, settings.config().text(query));
  return std::move(text).value_or("");
}

// Whatever the configuration has of credentials; null: nothing, so that the machine's own count.
Result<json::Value> find_fields(const VaultSettings& settings) {
  ConfigQuery where = credentials_query(settings);
  where.secret = true;
  LODE_ASSIGN(std::optional<Found> whole, settings.config().locate(where));
  // A file of Google's of another type than the kinds know: workload identity, impersonation.
  if (whole && whole->value.is_text() && trim(whole->value.as_text()).starts_with('{')) {
    Result<json::Value> parsed = json::parse_value(whole->value.as_text());
    const std::string type = parsed.ok() && parsed->is_object() ? parsed->text_or("type", "") : "";
    if (!type.empty() && type != "service_account") {
      wipe(whole->value);
      return parsed;
    }
    if (parsed.ok()) wipe(*parsed);
  }
  CredentialFacts facts;
  Result<FoundCredentials> found = find_any_credentials(settings.config(), {"gcp_service_account", "gcp_oauth"},
                                                        credentials_query(settings), Machine(settings.env()), &facts);
  const Code code = found.ok() ? Code::kOk : found.status().code();
  if (found.ok() && !found->facts.is_default) return std::move(found->fields);
  if (!found.ok() && (whole || (code != Code::kSecretMissing && code != Code::kConfigMissing))) return found.status();
  for (const char* name : {"private_key", "refresh_token"}) {
    LODE_ASSIGN(std::string text, credentials_field(settings, name, true));
    const bool is_there = !text.empty();
    wipe(text);
    if (is_there && !found.ok()) return found.status();
  }
  return json::Value();
}

}  // namespace

Result<std::unique_ptr<VaultStore>> make_google_vault(const VaultSettings& settings) {
  GoogleVaultOptions options;
  LODE_ASSIGN(options.project_id, settings.text("project_id"));
  LODE_ASSIGN(options.location, settings.text("location"));
  LODE_ASSIGN(options.endpoint_url, settings.text("endpoint_url"));
  while (options.endpoint_url.ends_with('/')) options.endpoint_url.pop_back();
  LODE_ASSIGN(options.prefix, settings.prefix(""));
  LODE_ASSIGN(options.patience, settings.patience());
  const auto fetch_token = [settings](const std::stop_token& stop) -> Result<AccessToken> {
    LODE_ASSIGN(json::Value fields, find_fields(settings));
    const bool is_machine = fields.is_null();
    Result<AccessToken> token = fetch_google_token({settings.http(), settings.env(), stop}, fields,
                                                   {"https://www.googleapis.com/auth/cloud-platform"});
    const std::string project = is_machine ? "" : fields.text_or("project_id", "");
    wipe(fields);
    if (token.ok() && !project.empty()) token->project_id = project;
    if (token.ok() && is_machine) {
      LODE_ASSIGN(const std::string named, credentials_field(settings, "project_id", false));
      if (!named.empty()) token->project_id = named;
    }
    return token;
  };
  return std::unique_ptr<VaultStore>(
      std::make_unique<GoogleVault>(settings.env(), settings.http(), std::move(options), fetch_token));
}

}  // namespace lode
