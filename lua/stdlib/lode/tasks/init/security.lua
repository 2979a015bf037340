--- Auth of an OpenAPI document as the field `auth` of a client.
-- Depends on: lode.native, lode.tasks.init.names, lode.tasks.init.schemas, lode.tasks.init.script
local names = require "lode.tasks.init.names"
local native = require "lode.native"
local schemas = require "lode.tasks.init.schemas"
local script = require "lode.tasks.init.script"

local function is_table(value) return type(value) == "table" end

-- A secret of the source, noted.
local function secret(model, word)
  local key = ("sources.%s.%s"):format(model.name, word)
  model.secrets[#model.secrets + 1] = key
  return script.secret(key)
end

local function bearer(model)
  return script.fields { { "type", "bearer" }, { "token", secret(model, "token") } }
end

local function basic(model)
  return script.fields {
    { "type", "http_basic" }, { "username", secret(model, "username") }, { "password", secret(model, "password") },
  }
end

local locations = { header = true, query = true, cookie = true }

local function api_key(model, scheme)
  if not locations[scheme["in"]] or type(scheme.name) ~= "string" then return nil end
  model.auth_param = scheme.name
  return script.fields {
    { "type", "api_key" }, { "name", scheme.name }, { "location", scheme["in"] },
    { "api_key", secret(model, "api_key") },
  }
end

-- Client credentials if the API has them; else a token that somebody got in another way.
local function oauth2(model, scheme)
  local flow = is_table(scheme.flows) and scheme.flows.clientCredentials or scheme.flow == "application" and scheme
  local url = is_table(flow) and flow.tokenUrl
  if type(url) ~= "string" then
    return bearer(model), "The API knows OAuth 2, but no client credentials: a token that was got in another way."
  end
  if not url:find "^https?://" and type(model.base_url) == "string" then
    url = native.url_resolve(model.base_url, url)
  end
  return script.fields {
    { "type", "oauth2_client_credentials" }, { "access_token_url", url },
    { "client_id", secret(model, "client_id") }, { "client_secret", secret(model, "client_secret") },
  }
end

-- The field of one scheme, and a note; nil if it is none that is known.
local function auth_of(model, scheme)
  local kind = scheme.type
  local http_scheme = kind == "http" and type(scheme.scheme) == "string" and scheme.scheme:lower()
  if http_scheme == "bearer" then return bearer(model) end
  if http_scheme == "basic" or kind == "basic" then return basic(model) end
  if kind == "apiKey" then return api_key(model, scheme) end
  if kind == "oauth2" then return oauth2(model, scheme) end
  if kind == "openIdConnect" then return bearer(model), "The API knows OpenID Connect: a token that it gave." end
end

-- Names of schemes in the order in which they are asked for: those for the whole API, then those of operations.
local function asked_for(document, operations)
  local list, seen = {}, {}
  local function add(requirements)
    for _, requirement in ipairs(is_table(requirements) and requirements or {}) do
      for _, name in ipairs(schemas.sorted_names(requirement)) do
        if not seen[name] then list[#list + 1] = name end
        seen[name] = true
      end
    end
  end
  add(document.security)
  for _, operation in ipairs(operations) do add(operation.security) end
  return list
end

--- The field `auth` of the model's client, { "auth", value, note }: of the first scheme that is known. Secrets that it
-- needs are added to model.secrets; a parameter that it sets is model.auth_param.
return function(reader, model, operations)
  local document = reader.document
  local components = reader:node(document.components) or {}
  local defined = reader:node(components.securitySchemes) or reader:node(document.securityDefinitions) or {}
  local unknown = {}
  for _, name in ipairs(asked_for(document, operations)) do
    local scheme = reader:node(defined[name])
    local auth, note
    if scheme then auth, note = auth_of(model, scheme) end
    if auth then return { "auth", auth, note } end
    unknown[#unknown + 1] = names.identifier(name, "?")
  end
  if #unknown == 0 then return { "auth", nil, "The document names no auth." } end
  return { "auth", nil, ("The document asks for auth that could not be read: %s."):format(table.concat(unknown, ", ")) }
end
