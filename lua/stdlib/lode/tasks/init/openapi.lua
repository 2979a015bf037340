--- `lode init --openapi`: makes the model of a script from an OpenAPI 3 or Swagger 2 document.
-- Depends on: lode.http, lode.native, lode.tasks.init.endpoints, lode.tasks.init.names, lode.tasks.init.schemas,
-- lode.tasks.init.script, lode.tasks.init.security
local endpoints = require "lode.tasks.init.endpoints"
local http = require "lode.http"
local names = require "lode.tasks.init.names"
local native = require "lode.native"
local schemas = require "lode.tasks.init.schemas"
local script = require "lode.tasks.init.script"
local security = require "lode.tasks.init.security"

local function is_table(value) return type(value) == "table" end

local function fail(place, what, notes, hint)
  error(native.error {
    code = "lua.bad_field", message = ("lode init: '%s' %s"):format(place, what), notes = notes, hint = hint,
  }, 0)
end

-- JSON, or YAML.
local function decoded(place, text)
  local is_json = text:find "^[%s\239\187\191]*[{%[]"
  local ok, value = pcall(is_json and native.json_decode or native.yaml_decode, text)
  if ok then return value end
  fail(place, is_json and "is not JSON" or "is not YAML",
    { tostring(native.is_error(value) and value.message or value):match "[^\n]*" })
end

local function check_document(place, document)
  local version = is_table(document) and (document.openapi or document.swagger)
  if type(version) == "number" then version = tostring(version) end
  if type(version) ~= "string" or not version:find "^[23]" then
    fail(place, "is no OpenAPI document", { "it has neither 'openapi: 3…' nor 'swagger: 2…' at its top" },
      "for one answer of an API:  lode init URL")
  end
  if not is_table(document.paths) then fail(place, "describes no paths") end
end

-- The address of the server as the document has it; nil if it does not.
local function server_url(reader, document)
  if type(document.host) == "string" then
    local scheme = "https"
    for _, word in ipairs(is_table(document.schemes) and document.schemes or {}) do
      if word == "https" or word == "http" then scheme = word break end
    end
    local base_path = type(document.basePath) == "string" and document.basePath or ""
    return ("%s://%s%s"):format(scheme, document.host, base_path)
  end
  if type(document.basePath) == "string" then return document.basePath end
  local server = is_table(document.servers) and reader:node(document.servers[1])
  if not server or type(server.url) ~= "string" then return nil end
  local variables = is_table(server.variables) and server.variables or {}
  return (server.url:gsub("{([^{}]+)}", function(name)
    local variable = variables[name]
    return is_table(variable) and variable.default ~= nil and tostring(variable.default) or nil
  end))
end

-- What paths are joined to: text, or an argument where the document does not say it.
local function base_url(reader, document, source, add_arg)
  local url = server_url(reader, document) or ""
  local is_relative = not url:find "^https?://"
  if is_relative and source:find "^https?://" then url = native.url_resolve(source, url == "" and "/" or url) end
  if url:find "^https?://" and not url:find "[{}]" then return url end
  add_arg("base_url", url)
  return script.code "args.base_url"
end

-- One paginator for all that have the same: it stands in the client then.
local function share_paginator(model)
  local first
  for _, resource in ipairs(model.resources) do
    local field = resource.endpoint[#resource.endpoint]
    if field[2] == nil then return end
    local text = script.text(field[2])
    if first and script.text(first[2]) ~= text then return end
    first = first or field
  end
  if #model.resources < 2 then return end
  for _, resource in ipairs(model.resources) do resource.endpoint[#resource.endpoint] = nil end
  model.client[#model.client + 1] = first
end

local function name_of(args, document)
  if args.name then return args.name end
  local title = is_table(document.info) and type(document.info.title) == "string" and document.info.title or ""
  return names.identifier(title, "api")
end

local function read_text(args)
  if args.document then return args.document end
  return http.client { base_url = args.openapi, retry = { attempts = 2, backoff_s = 0.2 } }:get(args.openapi).body
end

local function add_resources(model, found)
  endpoints.name(found)
  local by_path = {}
  for _, endpoint in ipairs(found) do by_path[endpoint.path:gsub("/+$", "")] = endpoint end
  for i, endpoint in ipairs(found) do model.resources[i] = endpoints.resource(model, endpoint, by_path) end
end

local function header_of(model, args)
  local place = native.url_sanitise(args.openapi)
  local notes = {
    ("Tables of the API that %s describes."):format(place),
    "Run:  lode run " .. names.of_file(args, model.name),
    "Written by `lode init`: resources that are not wanted can go, with those that name them in {resources.…}.",
  }
  for _, arg in ipairs(model.args) do
    for _, field in ipairs(arg[2]) do
      if field[1] == "required" and field[2] then
        notes[2] = ("%s%s %s=…"):format(notes[2], notes[2]:find " -- " and "" or " --", arg[1])
      end
    end
  end
  return notes
end

--- The model of a script for args.openapi, a URL or the name of a file whose text is args.document.
return function(args)
  local document = decoded(args.openapi, read_text(args))
  check_document(args.openapi, document)
  local reader = schemas.of(document)
  local found, left_out = endpoints.read(reader)
  if #found == 0 then
    local notes = {}
    for i = 1, math.min(5, #left_out) do notes[i] = ("GET %s: %s"):format(left_out[i].path, left_out[i].reason) end
    fail(args.openapi, "describes no list of rows that GET answers with", notes)
  end
  local model = {
    name = name_of(args, document), args = {}, arg_names = {}, resources = {}, secrets = {}, client = {},
    left_out = left_out,
  }
  model.base_url = base_url(reader, document, args.openapi, function(name, url)
    model.arg_names[name] = true
    local help = "where the API is" .. (url ~= "" and "; the document says " .. url or "")
    model.args[1] = { name, script.fields { { "required", true }, { "help", help } } }
  end)
  model.client[1] = security(reader, model, found)
  add_resources(model, found)
  share_paginator(model)
  model.header = header_of(model, args)
  model.lines = {
    #model.resources == 1 and "1 resource" or ("%d resources"):format(#model.resources),
    #left_out > 0 and ("GET operations left out, with the reason in a comment: %d"):format(#left_out) or nil,
  }
  return model
end
