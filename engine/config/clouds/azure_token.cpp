// Access tokens of Azure: each way to one, and their order.
#include "config/clouds/azure_token.h"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "base/text.h"
#include "config/clouds/program.h"
#include "http/url.h"
#include "json/parse.h"

namespace lode {
namespace {

constexpr const char* kAuthority = "https://login.microsoftonline.com";
constexpr const char* kMetadata = "http://169.254.169.254";
constexpr double kLifeS = 3600;

struct Search {
  const CloudAccess& access;
  const std::string& scope;
  std::vector<std::string> looked = {};

  std::string variable(const char* name) const { return access.env.variable(name).value_or(""); }
  // Managed identities know whole resources only.
  std::string resource() const {
    constexpr std::string_view kAll = "/.default";
    return scope.ends_with(kAll) ? scope.substr(0, scope.size() - kAll.size()) : scope;
  }
  std::optional<AccessToken> nothing(std::string why) {
    looked.push_back(std::move(why));
    return std::nullopt;
  }
};

using Attempt = Result<std::optional<AccessToken>>;

Result<AccessToken> token_of(const Search& search, json::Value answer, const CloudCall& call, std::string source) {
  std::string text = answer.text_or("access_token", "");
  const double expires_on = seconds_of(answer, "expires_on", 0);
  const double expires_in = seconds_of(answer, "expires_in", kLifeS);
  wipe(answer);
  if (text.empty()) {
    return Status::error(Code::kHttpAuth, fmt::format("{} answered without an access_token", call.who));
  }
  AccessToken token;
  token.text = Secret(std::move(text));
  token.ends_us = expires_on > 0 ? static_cast<std::int64_t>(expires_on * 1e6)
                                 : search.access.env.now_us() + static_cast<std::int64_t>(expires_in * 1e6);
  token.source = std::move(source);
  return token;
}

Result<std::string> token_endpoint(const Search& search, const std::string& tenant) {
  std::string authority = search.variable("AZURE_AUTHORITY_HOST");
  if (authority.empty()) authority = kAuthority;
  if (authority.find("://") == std::string::npos) authority = "https://" + authority;
  while (authority.ends_with('/')) authority.pop_back();
  const Result<Url> url = parse_url(authority);
  // The client's secret goes there.
  const bool is_safe = url.ok() && (url->is_https() || url->host == "127.0.0.1" || url->host == "localhost");
  if (!is_safe) {
    return Status::error(Code::kConfigInvalid, "AZURE_AUTHORITY_HOST must begin with https://")
        .with("it is", sanitise_url(authority));
  }
  if (can_be_host(tenant)) return authority + "/" + tenant + "/oauth2/v2.0/token";
  return Status::error(Code::kConfigInvalid, "the tenant of Azure is no id or name of a directory")
      .hint("it looks like 72f988bf-86f1-41af-91ab-2d7cd011db47, or contoso.onmicrosoft.com");
}

// Proof is the client's secret, or somebody else's token for it.
Result<AccessToken> for_client(const Search& search, const std::string& tenant, const std::string& client,
                               FormPairs proof, std::string source) {
  LODE_ASSIGN(const std::string url, token_endpoint(search, tenant));
  CloudCall call("Azure's token endpoint", "POST", url);
  FormPairs form = {{"grant_type", "client_credentials"}, {"client_id", client}, {"scope", search.scope}};
  for (auto& pair : proof) {
    call.secrets.push_back(pair.second);
    form.push_back(std::move(pair));
  }
  call.send_form(form);
  for (auto& pair : form) wipe(pair.second);
  Result<json::Value> answer = ask_for_json(search.access, call);
  if (!answer.ok()) return std::move(answer).status().with("credentials", source);
  return token_of(search, std::move(*answer), call, std::move(source));
}

Attempt some(Result<AccessToken> token) {
  if (!token.ok()) return std::move(token).status();
  return std::optional<AccessToken>(std::move(*token));
}

Attempt from_variables(Search& search) {
  const std::string tenant = search.variable("AZURE_TENANT_ID");
  const std::string client = search.variable("AZURE_CLIENT_ID");
  const std::string secret = search.variable("AZURE_CLIENT_SECRET");
  if (tenant.empty() || client.empty() || secret.empty()) {
    return search.nothing(fmt::format("AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET: {}",
                                      (tenant + client + secret).empty() ? "not set" : "not all of them are set"));
  }
  return some(for_client(search, tenant, client, {{"client_secret", secret}}, "AZURE_CLIENT_SECRET"));
}

Attempt from_workload(Search& search) {
  const std::string tenant = search.variable("AZURE_TENANT_ID");
  const std::string client = search.variable("AZURE_CLIENT_ID");
  const std::string file = search.variable("AZURE_FEDERATED_TOKEN_FILE");
  if (tenant.empty() || client.empty() || file.empty()) {
    return search.nothing(fmt::format("workload identity: {}", file.empty()
                                                                   ? "AZURE_FEDERATED_TOKEN_FILE is not set"
                                                                   : "AZURE_TENANT_ID or AZURE_CLIENT_ID is not set"));
  }
  Result<std::string> text = search.access.env.read_file(file);
  if (!text.ok()) {
    return Status::error(Code::kConfigUnreadable, "AZURE_FEDERATED_TOKEN_FILE names a file that cannot be read")
        .caused_by(std::move(text).status());
  }
  FormPairs proof = {{"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
                     {"client_assertion", std::string(trim(*text))}};
  wipe(*text);
  return some(for_client(search, tenant, client, std::move(proof), "workload identity (AZURE_FEDERATED_TOKEN_FILE)"));
}

// Where a managed identity is asked for: App Service and its like say it in variables.
struct Endpoint {
  std::string name;
  std::string url;
  FormPairs question;
  HttpHeaders headers;
  std::string secret = "";
  bool is_metadata = false;  // it may not be there
};

std::optional<Endpoint> endpoint_of(Search& search) {
  const std::string resource = search.resource();
  const std::string client = search.variable("AZURE_CLIENT_ID");
  const auto with_client = [&](FormPairs question, const char* name) {
    if (!client.empty()) question.emplace_back(name, client);
    return question;
  };
  const std::string identity = search.variable("IDENTITY_ENDPOINT");
  const std::string header = search.variable("IDENTITY_HEADER");
  const std::string msi = search.variable("MSI_ENDPOINT");
  const std::string msi_secret = search.variable("MSI_SECRET");
  if (!identity.empty() && (header.empty() || !search.variable("IDENTITY_SERVER_THUMBPRINT").empty())) {
    search.looked.emplace_back(
        "managed identity: IDENTITY_ENDPOINT is set as Service Fabric and Azure Arc do; only "
        "that of App Service, with IDENTITY_HEADER, is understood");
    return std::nullopt;
  }
  if (!identity.empty()) {
    return Endpoint{"App Service's identity endpoint",
                    identity,
                    with_client({{"api-version", "2019-08-01"}, {"resource", resource}}, "client_id"),
                    {{"X-IDENTITY-HEADER", header}},
                    header};
  }
  if (!msi.empty() && !msi_secret.empty()) {
    return Endpoint{"Azure Machine Learning's identity endpoint",
                    msi,
                    with_client({{"api-version", "2017-09-01"}, {"resource", resource}}, "clientid"),
                    {{"secret", msi_secret}},
                    msi_secret};
  }
  if (!msi.empty()) {
    search.looked.emplace_back("managed identity: MSI_ENDPOINT is set and MSI_SECRET is not");
    return std::nullopt;
  }
  std::string host = search.variable("AZURE_POD_IDENTITY_AUTHORITY_HOST");
  while (host.ends_with('/')) host.pop_back();
  return Endpoint{"Azure's metadata server",
                  (host.empty() ? kMetadata : host) + "/metadata/identity/oauth2/token",
                  with_client({{"api-version", "2018-02-01"}, {"resource", resource}}, "client_id"),
                  {{"Metadata", "true"}},
                  "",
                  true};
}

Attempt from_managed_identity(Search& search) {
  const std::optional<Endpoint> endpoint = endpoint_of(search);
  if (!endpoint) return std::optional<AccessToken>();
  CloudCall call(endpoint->name, "GET", append_query(endpoint->url, form_encode(endpoint->question)));
  call.request.headers = endpoint->headers;
  if (!endpoint->secret.empty()) call.secrets.push_back(endpoint->secret);
  call.is_local = true;
  const std::string source = fmt::format("managed identity ({})", endpoint->url);
  Result<HttpResponse> response = ask(search.access, call);
  if (!response.ok()) {
    if (response.status().code() == Code::kCancelled || !endpoint->is_metadata) return std::move(response).status();
    return search.nothing(fmt::format("managed identity: nothing answers at {}", endpoint->url));
  }
  Result<json::Value> answer = json_of(call, std::move(*response));
  // 400 is how it says that this machine has no identity; other servers may live at that address.
  const bool is_absent = !answer.ok() && endpoint->is_metadata && answer.status().code() == Code::kHttpAuth;
  if (is_absent) return search.nothing(fmt::format("managed identity: {}", answer.status().message()));
  if (!answer.ok()) return std::move(answer).status();
  return some(token_of(search, std::move(*answer), call, source));
}

// Where "az" is; empty if it is nowhere in PATH.
Path find_az(const Search& search) {
  const std::string folders = search.variable("PATH");
  for (const std::string_view folder : split(folders, ':')) {
    if (folder.starts_with('/') && search.access.env.exists(Path(folder) / "az")) return Path(folder) / "az";
  }
  return {};
}

// Whoever has signed in with Azure's command line, on a developer's machine.
Attempt from_command_line(Search& search) {
  constexpr double kTimeoutS = 30;
  const Path program = find_az(search);
  if (program.empty()) return search.nothing("az, Azure's command line, is not in PATH");
  if (search.access.is_quiet) return Status::error(Code::kCancelled, "az is not run now");
  Result<std::string> text = run_program(
      {program.string(), "account", "get-access-token", "--output", "json", "--resource", search.resource()}, kTimeoutS,
      search.access.stop);
  if (!text.ok() && text.status().code() == Code::kCancelled) return std::move(text).status();
  if (!text.ok()) return search.nothing(fmt::format("{} (has anybody run `az login`?)", text.status().message()));
  Result<json::Value> printed = json::parse_value(*text);
  wipe(*text);
  if (!printed.ok() || !printed->is_object()) return search.nothing("az printed no JSON");
  AccessToken token;
  token.text = Secret(printed->text_or("accessToken", ""));
  token.ends_us = static_cast<std::int64_t>(seconds_of(*printed, "expires_on", 0) * 1e6);
  token.source = program.string();
  wipe(*printed);
  if (token.text.empty()) return search.nothing("az gave no token");
  // Older versions say the end in the time zone of the machine only.
  constexpr std::int64_t kShortLifeUs = 300'000'000;
  if (token.ends_us == 0) token.ends_us = search.access.env.now_us() + kShortLifeUs;
  return std::optional<AccessToken>(std::move(token));
}

Result<AccessToken> for_principal(const Search& search, const json::Value& fields) {
  for (const char* name : {"azure_tenant_id", "azure_client_id", "azure_client_secret"}) {
    if (!fields.text_or(name, "").empty()) continue;
    return Status::error(Code::kConfigMissing, fmt::format("credentials of Azure: the field '{}' is missing", name));
  }
  return for_client(search, fields.text_or("azure_tenant_id", ""), fields.text_or("azure_client_id", ""),
                    {{"client_secret", fields.text_or("azure_client_secret", "")}}, "azure_client_secret");
}

}  // namespace

Result<AccessToken> fetch_azure_token(const CloudAccess& access, const json::Value& credentials,
                                      const std::string& scope) {
  Search search{access, scope};
  if (!credentials.is_null()) return for_principal(search, credentials);
  for (const auto attempt : {from_variables, from_workload, from_managed_identity, from_command_line}) {
    LODE_ASSIGN(std::optional<AccessToken> token, attempt(search));
    if (token) return std::move(*token);
  }
  Status error = Status::error(Code::kConfigMissing, "this machine has no credentials of Azure");
  for (std::string& line : search.looked) error.note(std::move(line));
  return error.hint(
      "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, give the machine an identity, or run `az "
      "login`");
}

}  // namespace lode
