--- Cookies: what servers asked a client to send back, as RFC 6265 has it.
-- Depends on: lode.native
local native = require "lode.native"

local cookies = {}

local methods = {}
local mt = { __name = "lode.cookies", __index = methods }

--- An empty jar. One belongs to each client.
function cookies.new() return setmetatable({ list = {} }, mt) end

-- "a=b; Path=/; Secure" -> "a", "b", { path = "/", secure = "" }
local function parse(text)
  local pair, rest = text:match "^([^;]*);?(.*)$"
  local name, value = pair:match "^%s*([^=]-)%s*=%s*(.-)%s*$"
  if not name or name == "" then return nil end
  local attributes = {}
  for part in rest:gmatch "[^;]+" do
    local key, content = part:match "^%s*([^=]-)%s*=%s*(.-)%s*$"
    if not key then key, content = part:match "^%s*(.-)%s*$", "" end
    attributes[key:lower()] = content
  end
  return name, value, attributes
end

local function is_address(host) return host:find "^[%d%.]+$" ~= nil or host:find(":", 1, true) ~= nil end

-- Whether a cookie of `domain` goes to `host`.
local function domain_matches(host, domain)
  if host == domain then return true end
  return not is_address(host) and host:sub(-#domain - 1) == "." .. domain
end

local function path_matches(path, cookie_path)
  if path == cookie_path then return true end
  if path:sub(1, #cookie_path) ~= cookie_path then return false end
  return cookie_path:sub(-1) == "/" or path:sub(#cookie_path + 1, #cookie_path + 1) == "/"
end

-- nil: until the client goes. What is over already takes a cookie away.
local function expiry_of(attributes)
  local max_age = tonumber(attributes["max-age"])
  if max_age then return native.now_s() + max_age end
  return attributes.expires and native.http_date(attributes.expires)
end

local function remove(list, cookie)
  for i = #list, 1, -1 do
    local other = list[i]
    if other.name == cookie.name and other.domain == cookie.domain and other.path == cookie.path then
      table.remove(list, i)
    end
  end
end

--- Takes the cookies of an answer.
function methods:take(response)
  local texts = response:header_list "set-cookie"
  if #texts == 0 then return end
  local url = native.url_parts(response.url)
  for _, text in ipairs(texts) do
    local name, value, attributes = parse(text)
    if name then
      local domain = (attributes.domain or ""):lower():gsub("^%.", "")
      local is_foreign = domain ~= "" and (not domain_matches(url.host, domain)
        or (domain ~= url.host and not domain:find(".", 1, true)))
      local path = attributes.path
      if not path or path:sub(1, 1) ~= "/" then path = url.path:match "^(/.*)/[^/]*$" or "/" end
      local cookie = {
        name = name, value = value, path = path, domain = domain ~= "" and domain or url.host,
        host_only = domain == "", secure = attributes.secure ~= nil, expires_s = expiry_of(attributes),
      }
      if not is_foreign then
        remove(self.list, cookie)
        if not cookie.expires_s or cookie.expires_s > native.now_s() then self.list[#self.list + 1] = cookie end
      end
    end
  end
end

--- The Cookie header for a URL; nil if there is nothing to send.
function methods:header(url)
  if #self.list == 0 then return nil end
  local target, now_s, pairs_to_send = native.url_parts(url), native.now_s(), {}
  for _, cookie in ipairs(self.list) do
    local fits_host = cookie.host_only and target.host == cookie.domain
      or (not cookie.host_only and domain_matches(target.host, cookie.domain))
    local is_alive = not cookie.expires_s or cookie.expires_s > now_s
    local is_safe = not cookie.secure or target.scheme == "https"
    if fits_host and is_alive and is_safe and path_matches(target.path, cookie.path) then
      pairs_to_send[#pairs_to_send + 1] = cookie.name .. "=" .. cookie.value
    end
  end
  if #pairs_to_send > 0 then return table.concat(pairs_to_send, "; ") end
end

--- Sets a cookie by hand, for the host of `url` and all paths: jar:set("https://api.example.com", "session", "…").
function methods:set(url, name, value)
  local cookie = { name = name, value = value, path = "/", domain = native.url_parts(url).host, host_only = true }
  remove(self.list, cookie)
  self.list[#self.list + 1] = cookie
end

--- The value of a cookie, whatever host it is of; nil if there is none.
function methods:get(name)
  for _, cookie in ipairs(self.list) do
    if cookie.name == name then return cookie.value end
  end
end

return cookies
