---@meta lode.http
-- require "lode.http": clients and requests; for editors.

local http = {}

---@alias lode.Text string|lode.Secret
---A table by name (sent sorted by name), or a list of { name, value } whose order is kept. A list as value repeats the
---name; lode.null leaves it out.
---@alias lode.Params table<string, any>|[string, any][]

---@class lode.Auth
---@field type string
---@field apply fun(self: lode.Auth, request: lode.Request)

---@alias lode.AuthType
---| "api_key"
---| "aws_v4"
---| "bearer"
---| "http_basic"
---| "oauth2_client_credentials"
---| "oauth2_refresh_token"
---| "oauth_jwt"

---@class lode.AuthFields
---@field type? lode.AuthType bearer

---@class lode.OAuth2Fields
---@field access_token_url? string where tokens are asked for
---@field token_url? string the same as access_token_url
---@field access_token? lode.Text one that is there already: used until it ends or is refused
---@field access_token_request_data? lode.Params further fields of the form
---@field scope? string|string[]
---@field scopes? string|string[] the same as scope
---@field default_token_expiration? number seconds, when the answer does not say; 3600
---@field client_auth? "body"|"header" where the client's id and secret go; body
---@field on_token? fun(answer: table) sees every answer with a token

---@class lode.OAuth2ClientCredentialsFields: lode.OAuth2Fields
---@field client_id lode.Text
---@field client_secret lode.Text

---@class lode.OAuth2RefreshTokenFields: lode.OAuth2Fields
---@field refresh_token lode.Text
---@field client_id lode.Text
---@field client_secret? lode.Text
---@field token_expiry? lode.Value|number when access_token ends: a time, or seconds since 1970
---@field on_rotation? fun(old: lode.Text, new: lode.Secret) the server has replaced the refresh token
---@field on_refused? fun(refresh_token: lode.Text): lode.Text? one that is newer, if somebody else has renewed it
---@field source? string whose sign-in it is, for messages

---@class lode.OAuthJwtFields
---@field client_id lode.Text issuer and subject of the JWT
---@field private_key lode.Text PEM text of an RSA key
---@field private_key_passphrase? lode.Text
---@field auth_endpoint? string where the JWT is exchanged for a token; its audience, too
---@field access_token_url? string the same as auth_endpoint
---@field token_url? string the same as auth_endpoint
---@field scopes? string|string[]
---@field scope? string|string[] the same as scopes
---@field headers? table<string, lode.Text> of the token request
---@field key_id? string kid in the header of the JWT
---@field subject? string instead of client_id
---@field audience? string instead of auth_endpoint
---@field default_token_expiration? number seconds; 3600
---@field on_token? fun(answer: table)

---@class lode.AwsV4Fields
---@field access_key_id? lode.Text
---@field secret_access_key? lode.Text
---@field region string eu-central-1
---@field service string execute-api, s3, …
---@field session_token? lode.Text of keys that do not last
---@field credentials? lode.CredentialsObject of the kind aws, in place of keys: those that end are renewed

---@class lode.Retry
---@field attempts? integer in all, the first one included; 5
---@field backoff_s? number before the second attempt, doubling with each one; 1
---@field backoff_s_limit? number longest wait, also when the server asks for a longer one; 300
---@field statuses? integer[] tried again after these, instead of 429 and 500 to 599
---@field when? fun(response: lode.Response?, err: any): boolean? true asks for another attempt as well
---@field respect_retry_after? boolean the server's Retry-After instead of the back-off; true

---Sees every answer, of each attempt. It may change it (set_status, set_json, set_body), return another one, "ignore"
---(the answer, and the pages end) or "retry" (counts as an attempt), or raise.
---@alias lode.ResponseHook fun(response: lode.Response): lode.Response|"ignore"|"retry"|nil

---@class lode.Hooks
---@field response? lode.ResponseHook|lode.ResponseHook[]

---What servers asked a client to send back.
---@class lode.Cookies
local Cookies = {}
---@param url string for the host of it, and all its paths
---@param name string
---@param value string
function Cookies:set(url, name, value) end
---@param name string
---@return string?
function Cookies:get(name) end

---@alias lode.AnyAuth lode.Auth|lode.AuthFields|lode.AuthType|fun(request: lode.Request)

---@class lode.HttpClientFields
---@field base_url? string what paths are joined to; a path with http:// stands alone
---@field headers? table<string, lode.Text> sent with every request; those of a call win
---@field auth? lode.AnyAuth
---@field hooks? lode.Hooks|lode.ResponseHook
---@field cookies? boolean sends back what servers set; true
---@field timeout_s? number for connecting, and again for every wait for more of an answer; 60
---@field retry? lode.Retry
---@field follow_redirects? boolean
---@field verify_tls? boolean
---@field concurrency? integer requests under way at once to a server
---@field rate_limit? { requests?: number, per_s?: number, burst?: number, wait_s_limit?: number } no faster than that
---@field connect_timeout_s? number for connecting; timeout_s unless told
---@field total_timeout_s? number for an answer as a whole
---@field certificate? string|{ file: string, key_file?: string, password?: lode.Text } for servers that ask

---@class lode.RequestFields
---@field params? lode.Params query
---@field query? lode.Params the same as params
---@field json? any body, sent as JSON
---@field form? lode.Params body, sent as a form
---@field data? string|lode.Params body as it is; a table is the same as form
---@field headers? table<string, lode.Text>
---@field auth? lode.AnyAuth|false instead of the client's; false: none
---@field hooks? lode.Hooks|lode.ResponseHook after the client's own
---@field follow_redirects? boolean
---@field allow_redirects? boolean the same as follow_redirects
---@field accept? integer|integer[] statuses from 400 on that the script handles itself; others raise
---@field timeout_s? number
---@field method? string client:request only; GET

---@class lode.HttpClient
local HttpClient = {}
---@param path string
---@param options? lode.RequestFields
---@return lode.Response
function HttpClient:request(path, options) end
---@param path string
---@param options? lode.RequestFields
---@return lode.Response
function HttpClient:get(path, options) end

---The body goes into `file` as it comes; the file is there whole or not at all. The response has no body.
---@param path string
---@param file string
---@param options? lode.RequestFields
---@return lode.Response
function HttpClient:download(path, file, options) end
---@param path string
---@param options? lode.RequestFields
---@return lode.Response
function HttpClient:post(path, options) end
---@param path string
---@param options? lode.RequestFields
---@return lode.Response
function HttpClient:put(path, options) end
---@param path string
---@param options? lode.RequestFields
---@return lode.Response
function HttpClient:patch(path, options) end
---@param path string
---@param options? lode.RequestFields
---@return lode.Response
function HttpClient:delete(path, options) end

---@param args lode.HttpClientFields
---@return lode.HttpClient
function http.client(args) end

---Authorization: Bearer TOKEN
---@param token lode.Text|{ token: lode.Text }
---@return lode.Auth
function http.bearer(token) end

---@param args lode.Text|{ api_key: lode.Text, name?: string, location?: "header"|"query"|"cookie" }
---@return lode.Auth
function http.api_key(args) end

---@param username lode.Text|{ username: lode.Text, password: lode.Text }
---@param password? lode.Text
---@return lode.Auth
function http.basic(username, password) end

---Grant client_credentials.
---@param args lode.OAuth2ClientCredentialsFields
---@return lode.Auth
function http.oauth2_client_credentials(args) end

---Grant refresh_token. A refresh token in an answer takes the place of the one before.
---@param args lode.OAuth2RefreshTokenFields
---@return lode.Auth
function http.oauth2_refresh_token(args) end

---A JWT signed with RS256, exchanged for a token.
---@param args lode.OAuthJwtFields
---@return lode.Auth
function http.oauth_jwt(args) end

---AWS signature version 4.
---@param args lode.AwsV4Fields
---@return lode.Auth
function http.aws_v4(args) end

---A type of auth of the script's own, for auth = { type = "my_auth", … }.
---@param name string
---@param make fun(args: table): lode.Auth
function http.register_auth(name, make) end

---@param text lode.Text
---@param form? "hex"|"base64"|"bytes" hex
---@return string
function http.sha256(text, form) end
---@param key lode.Text
---@param text lode.Text
---@param form? "hex"|"base64"|"bytes" hex
---@return string
function http.hmac_sha256(key, text, form) end
---@param text lode.Text
---@return lode.Text
function http.base64(text) end

---@param url string
---@param options? lode.RequestFields
---@return lode.Response
function http.request(url, options) end
---@param url string
---@param options? lode.RequestFields
---@return lode.Response
function http.get(url, options) end
---@param url string
---@param options? lode.RequestFields
---@return lode.Response
function http.post(url, options) end
---@param url string
---@param options? lode.RequestFields
---@return lode.Response
function http.put(url, options) end
---@param url string
---@param options? lode.RequestFields
---@return lode.Response
function http.patch(url, options) end
---@param url string
---@param options? lode.RequestFields
---@return lode.Response
function http.delete(url, options) end

return http
