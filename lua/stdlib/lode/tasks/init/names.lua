--- Names that `lode init` makes and takes: of sources, resources and arguments; and where an address is split.
-- Depends on: lode.native
local native = require "lode.native"

local names = {}

function names.is_identifier(text) return text:find "^[%a_][%w_]*$" ~= nil end

--- Raises for what cannot name a source. `option`: how `command` is given a name, "--name ".
function names.check(text, command, option)
  if names.is_identifier(text) then return end
  error(native.error {
    code = "cli.usage",
    message = ("%s: '%s' is no name of a source"):format(command, text),
    hint = "letters, digits and _, and no digit first: " .. option .. names.identifier(text, "shop"),
  }, 0)
end

--- "Order Lines", "orderLines", "order-lines" -> "order_lines"; `default` if nothing is left.
function names.identifier(text, default)
  text = text:gsub("(%l)(%u)", "%1_%2"):gsub("(%u)(%u%l)", "%1_%2"):gsub("[^%w]+", "_"):lower()
  text = text:gsub("__+", "_"):gsub("^_+", ""):gsub("_+$", "")
  if text == "" then return default end
  return text:find "^%d" and "_" .. text or text
end

--- "users" -> "user".
function names.singular(word)
  if word:find "ies$" and #word > 4 then return (word:gsub("ies$", "y")) end
  if word:find "[sxz]es$" or word:find "[cs]hes$" then return (word:gsub("es$", "")) end
  if word:find "ss$" then return word end
  return (word:gsub("s$", ""))
end

-- What comes before the name of a company, and what comes behind it.
local before = { www = true, api = true, rest = true, data = true, app = true }
local behind = { co = true, com = true, org = true, net = true, ac = true, gov = true }

--- "https://api.github.com/users" -> "github". "api" if the address has no name to take.
function names.of_server(url)
  local host = native.url_parts(url).host:lower()
  if host:find ":" or not host:find "%a" then return "api" end
  local labels = {}
  for label in host:gmatch "[^%.]+" do labels[#labels + 1] = label end
  if #labels > 1 then labels[#labels] = nil end
  while #labels > 1 and behind[labels[#labels]] do labels[#labels] = nil end
  while #labels > 1 and before[labels[1]] do table.remove(labels, 1) end
  return names.identifier(labels[#labels], "api")
end

local function is_version(segment) return segment:find "^v%d[%w%.]*$" ~= nil or segment:find "^%d+%.%d+$" ~= nil end
local stems = { api = true, rest = true }

-- "v1", "api": segments that belong to the server and not to what is asked for.
function names.is_stem(segment) return is_version(segment:lower()) or stems[segment:lower()] == true end

--- "https://x.com/api/v1/shops/3/orders" -> "https://x.com/api/v1/", "shops/3/orders".
function names.split_url(url)
  local origin, path = url:match "^(%a[%w+.-]*://[^/?#]*)([^?#]*)"
  local segments, cut = {}, 0
  for segment in path:gmatch "[^/]+" do
    segments[#segments + 1] = segment
    if names.is_stem(segment) then cut = #segments end
  end
  if cut == #segments then cut = math.max(0, #segments - 1) end
  local base = table.concat(segments, "/", 1, cut)
  local rest = table.concat(segments, "/", cut + 1)
  if path:find "[^/]/+$" then rest = rest .. "/" end
  return origin .. "/" .. base .. (base ~= "" and "/" or ""), rest
end

--- Where the script goes: args.output, a file or a folder with a slash at its end.
function names.of_file(args, name)
  local output = args.output or ""
  return output:find "[^/]$" and output or output .. name .. ".lua"
end

--- The name of the rows at a path: its last segment that is no number and no placeholder.
function names.of_path(path)
  local name
  for segment in path:gmatch "[^/]+" do
    local plain = segment:gsub("%.%a+$", "")
    if plain:find "%a" and not plain:find "[{}]" then name = names.identifier(plain, name) end
  end
  return name or "rows"
end

-- "a%20b+c" -> "a b c".
local function decoded(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

--- Parameters of a query in their order: { name, values }. A name that comes twice has two values.
function names.query(text)
  local list, by_name = {}, {}
  for part in text:gmatch "[^&]+" do
    local name, value = part:match "^([^=]*)=?(.*)$"
    name = decoded(name)
    if not by_name[name] then
      by_name[name] = { name = name, values = {} }
      list[#list + 1] = by_name[name]
    end
    table.insert(by_name[name].values, decoded(value))
  end
  return list
end

return names
