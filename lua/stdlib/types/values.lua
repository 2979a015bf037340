---@meta
-- Values that are neither tables nor plain Lua: what the engine hands to scripts, for editors.

---What a script gets for JSON null. `lode.null` is the only one.
---@class lode.Null

---Text that prints as ***. Joined with text it is a secret again.
---@class lode.Secret
---@operator concat(string): lode.Secret
---@operator len: integer
local Secret = {}
---The text itself: the one way out.
---@return string
function Secret:reveal() end
---For checks of a key's form.
---@param text string "sk_"
---@return boolean
function Secret:starts_with(text) end

---A decimal, a large integer, a timestamp, a date, a time or bytes: exact, prints itself, compares with its like.
---@class lode.Value
local Value = {}
---Rounded to a Lua number; seconds for times; nil for bytes.
---@return number?
function Value:number() end

---An error of the engine. `tostring(err)` is for people, `err.code` for programs.
---@class lode.Error
---@field code string    stable: "http.unavailable"
---@field message string one line
---@field hint string?   what to do
---@field where string?  "pipelines/shop/init.lua:14"
---@field retryable boolean whether the same call can succeed later

---Rows that have not been turned into Lua tables. `#page`, `page[i]`; yield it as it is.
---@class lode.Page
---@field [integer] table
local Page = {}
---for row in page:each() do
---@return fun(): table?
function Page:each() end
---All rows, as a list.
---@return table[]
function Page:table() end

---An answer. Paths are like "data.items", "$.groups[*].rows", "items[-1].id".
---@class lode.Response
---@field status integer
---@field url string after redirects
---@field body string
---@field headers table<string, string> names in lower case
---@field attempts integer how often it was tried
---@field seconds number from start to end, waits included
local Response = {}
---The body as Lua values. Raises if it is not JSON.
---@return any
function Response:json() end
---The first match; nil if there is none.
---@param path string
---@return any
function Response:select(path) end
---for row in response:rows "events" do
---@param path? string default: the whole body
---@return fun(): table?
function Response:rows(path) end
---The rows at the path, native: to be yielded.
---@param path? string default: the whole body
---@return lode.Page
function Response:page(path) end
---@param name string in any case
---@return string?
function Response:header(name) end
---The address in the Link header with this relation, made absolute.
---@param rel string
---@return string?
function Response:link(rel) end
---All values of a header that came several times.
---@param name string in any case
---@return string[]
function Response:header_list(name) end
---What follows counts with this status; the server said another.
---@param status integer
---@return lode.Response itself
function Response:set_status(status) end
---@param text string
---@return lode.Response itself
function Response:set_body(text) end
---The body becomes this value.
---@param value any
---@return lode.Response itself
function Response:set_json(value) end
---Raises for a status of 400 and more.
---@return lode.Response itself
function Response:raise_for_status() end
---The error that an unwanted status is raised as.
---@return lode.Error
function Response:status_error() end
