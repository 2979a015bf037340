--- Where well-known services sign people in: what their public documentation says.
-- Depends on: lode.native
local native = require "lode.native"

local providers = {}

-- name, title; authorization_url, token_url, device_authorization_url, revocation_url; params: what the service wants
-- on top; register: where a client id comes from; manage: where people see and end sign-ins. redirect_host: what it
-- allows as this machine's name. fixed_port: the whole redirect address must be registered, so it is always the same
-- one. scope_param, scope_separator, token_field: where the service does not follow RFC 6749.
local rows = {
  {
    name = "google", title = "Google", kind = "gcp_oauth",
    authorization_url = "https://accounts.google.com/o/oauth2/v2/auth",
    token_url = "https://oauth2.googleapis.com/token",
    device_authorization_url = "https://oauth2.googleapis.com/device/code",
    revocation_url = "https://oauth2.googleapis.com/revoke",
    params = { access_type = "offline", prompt = "consent" }, -- else no refresh token comes
    register = "https://console.cloud.google.com/apis/credentials (type: desktop app)",
    manage = "https://myaccount.google.com/connections",
    words = { "google", "gmail", "youtube", "bigquery", "gsheets" },
    scopes = {
      google_sheets = "https://www.googleapis.com/auth/spreadsheets.readonly",
      gsheets = "https://www.googleapis.com/auth/spreadsheets.readonly",
      google_drive = "https://www.googleapis.com/auth/drive.readonly",
      google_analytics = "https://www.googleapis.com/auth/analytics.readonly",
      google_ads = "https://www.googleapis.com/auth/adwords",
      google_search_console = "https://www.googleapis.com/auth/webmasters.readonly",
      google_calendar = "https://www.googleapis.com/auth/calendar.readonly",
      gmail = "https://www.googleapis.com/auth/gmail.readonly",
      youtube = "https://www.googleapis.com/auth/youtube.readonly",
      bigquery = "https://www.googleapis.com/auth/bigquery",
    },
  },
  {
    name = "github", title = "GitHub",
    authorization_url = "https://github.com/login/oauth/authorize",
    token_url = "https://github.com/login/oauth/access_token",
    device_authorization_url = "https://github.com/login/device/code",
    register = "https://github.com/settings/developers", manage = "https://github.com/settings/applications",
  },
  {
    name = "gitlab", title = "GitLab",
    authorization_url = "https://gitlab.com/oauth/authorize",
    token_url = "https://gitlab.com/oauth/token",
    device_authorization_url = "https://gitlab.com/oauth/authorize_device",
    revocation_url = "https://gitlab.com/oauth/revoke",
    register = "https://gitlab.com/-/user_settings/applications",
    manage = "https://gitlab.com/-/user_settings/applications",
    fixed_port = true, default_scopes = "read_api",
  },
  {
    name = "microsoft", title = "Microsoft",
    authorization_url = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
    token_url = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
    device_authorization_url = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/devicecode",
    register = "https://entra.microsoft.com (platform: mobile and desktop applications)",
    manage = "https://myapplications.microsoft.com",
    redirect_host = "localhost", needed_scope = "offline_access",
    words = { "microsoft", "azure", "outlook", "sharepoint", "onedrive", "teams", "office365", "dynamics" },
  },
  {
    name = "facebook", title = "Facebook",
    authorization_url = "https://www.facebook.com/dialog/oauth",
    token_url = "https://graph.facebook.com/oauth/access_token",
    register = "https://developers.facebook.com/apps", manage = "https://www.facebook.com/settings/?tab=business_tools",
    redirect_host = "localhost", fixed_port = true, scope_separator = ",",
    words = { "facebook", "instagram", "meta" },
    scopes = { facebook_ads = "ads_read", meta_ads = "ads_read" },
  },
  {
    name = "slack", title = "Slack",
    authorization_url = "https://slack.com/oauth/v2/authorize",
    token_url = "https://slack.com/api/oauth.v2.access",
    revocation_url = "https://slack.com/api/auth.revoke",
    register = "https://api.slack.com/apps (with PKCE switched on)", manage = "https://slack.com/apps/manage",
    redirect_host = "localhost", fixed_port = true,
    scope_param = "user_scope", scope_separator = ",", token_field = "authed_user",
  },
  {
    name = "hubspot", title = "HubSpot",
    authorization_url = "https://app.hubspot.com/oauth/authorize",
    token_url = "https://api.hubapi.com/oauth/v1/token",
    register = "https://developers.hubspot.com", manage = "https://app.hubspot.com/connected-apps",
    redirect_host = "localhost", fixed_port = true, default_scopes = "oauth",
  },
  {
    name = "salesforce", title = "Salesforce",
    authorization_url = "https://login.salesforce.com/services/oauth2/authorize",
    token_url = "https://login.salesforce.com/services/oauth2/token",
    revocation_url = "https://login.salesforce.com/services/oauth2/revoke",
    register = "Setup, App Manager, new connected app", manage = "Setup, Connected Apps OAuth Usage",
    redirect_host = "localhost", fixed_port = true, default_scopes = "api refresh_token",
  },
  {
    name = "linkedin", title = "LinkedIn",
    authorization_url = "https://www.linkedin.com/oauth/v2/authorization",
    token_url = "https://www.linkedin.com/oauth/v2/accessToken",
    register = "https://www.linkedin.com/developers/apps",
    manage = "https://www.linkedin.com/mypreferences/d/data-sharing-for-permitted-services",
    redirect_host = "localhost", fixed_port = true,
  },
}

local by_name = {}
for _, row in ipairs(rows) do by_name[row.name] = row end

function providers.names()
  local names = {}
  for i, row in ipairs(rows) do names[i] = row.name end
  return names
end

--- The provider of that name; raises for others.
function providers.named(name)
  if by_name[name] then return by_name[name] end
  local guess = native.closest(name, providers.names())
  error(native.error {
    code = "cli.usage", message = ("lode auth: there is no provider '%s'"):format(name),
    hint = guess and ("did you mean '%s'?"):format(guess) or "the providers are " ..
      table.concat(providers.names(), ", "),
  }, 0)
end

--- The provider that the name of a source speaks of: "google_sheets"; nil if it speaks of none.
function providers.of_source(source)
  for _, row in ipairs(rows) do
    for _, word in ipairs(row.words or { row.name }) do
      if source == word or source:sub(1, #word + 1) == word .. "_" then return row end
    end
  end
end

return providers
