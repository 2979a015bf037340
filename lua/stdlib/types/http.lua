---@meta lode.http
-- require "lode.http": clients and requests; for editors.

local http = {}

---@alias lode.Text string|lode.Secret
---A table by name (sent sorted by name), or a list of { name, value } whose order is kept. A list as value repeats the
---name; lode.null leaves it out.
---@alias lode.Params table<string, any>|[string, any][]

---@class lode.Auth
---@field type string
---@field apply fun(self: lode.Auth, request: table)

---@class lode.Retry
---@field attempts? integer in all, the first one included; 5
---@field backoff_s? number before the second attempt, doubling with each one; 1
---@field backoff_s_limit? number longest wait, also when the server asks for a longer one; 300

---@class lode.HttpClientFields
---@field base_url? string what paths are joined to; a path with http:// stands alone
---@field headers? table<string, lode.Text> sent with every request; those of a call win
---@field auth? lode.Auth|table|fun(request: table)
---@field timeout_s? number for connecting, and again for every wait for more of an answer; 60
---@field retry? lode.Retry
---@field follow_redirects? boolean
---@field verify_tls? boolean

---@class lode.RequestFields
---@field params? lode.Params query
---@field query? lode.Params the same as params
---@field json? any body, sent as JSON
---@field form? lode.Params body, sent as a form
---@field data? string|lode.Params body as it is; a table is the same as form
---@field headers? table<string, lode.Text>
---@field auth? lode.Auth|table|fun(request: table)|false instead of the client's; false: none
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
