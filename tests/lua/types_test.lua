-- The types that editors read (lua/stdlib/types) say what the library checks: the same fields under the same names.
local fields = require "lode.fields"
local testing = require "lode.testing"
require "lode"
require "lode.files"
require "lode.rest"
local test, expect = testing.test, testing.expect

-- Class in the types -> what the library calls it.
local declared_as = {
  ["lode.ResourceFields"] = "lode.resource",
  ["lode.TransformerFields"] = "lode.transformer",
  ["lode.SourceFields"] = "lode.source",
  ["lode.PipelineFields"] = "lode.pipeline",
  ["lode.RunFields"] = "pipeline:run",
  ["lode.DatasetFields"] = "lode.dataset",
  ["lode.PipelineDatasetFields"] = "pipeline:dataset",
  ["lode.TablesFields"] = "dataset:tables",
  ["lode.RowCountsFields"] = "dataset:row_counts",
  ["lode.JoinFields"] = "relation:join",
  ["lode.MergeDisposition"] = "write_disposition",
  ["lode.Column"] = "column",
  ["lode.Reference"] = "reference",
  ["lode.NestedHints"] = "nested_hints",
  ["lode.ModelOptions"] = "lode.model options",
  ["lode.SchemaText"] = "schema text",
  ["lode.SchemaDiagram"] = "schema diagram",
  ["lode.IncrementalFields"] = "lode.incremental",
  ["lode.Limit"] = "add_limit",
  ["lode.ArgFields"] = "lode.args",
  ["lode.CredentialsFindFields"] = "credentials.find",
  ["lode.CredentialsAuthFields"] = "credentials auth",
  ["lode.ConfigProviderFields"] = "lode.config.register_provider",
  ["lode.ConfigReadFields"] = "lode.config.read",
  ["lode.ConfigField"] = "lode.config.read field",
  ["lode.HttpClientFields"] = "http.client",
  ["lode.Hooks"] = "hooks",
  ["lode.OAuth2ClientCredentialsFields"] = "oauth2_client_credentials auth",
  ["lode.OAuth2RefreshTokenFields"] = "oauth2_refresh_token auth",
  ["lode.OAuthJwtFields"] = "oauth_jwt auth",
  ["lode.AwsV4Fields"] = "aws_v4 auth",
  ["lode.Retry"] = "retry",
  ["lode.RequestFields"] = "request",
  ["lode.RestClientFields"] = "rest.client",
  ["lode.PaginateFields"] = "paginate",
  ["lode.ResponseAction"] = "response action",
  ["lode.HeaderLinkFields"] = "header_link paginator",
  ["lode.JsonLinkFields"] = "json_link paginator",
  ["lode.CursorFields"] = "cursor paginator",
  ["lode.HeaderCursorFields"] = "header_cursor paginator",
  ["lode.OffsetFields"] = "offset paginator",
  ["lode.PageNumberFields"] = "page_number paginator",
  ["lode.RestSourceFields"] = "rest.source",
  ["lode.EndpointResourceFields"] = "rest.source resource",
  ["lode.EndpointFields"] = "rest.source endpoint",
}

-- Fields that an editor does not need to know: accepted for dlt's users, or told by the class itself.
local left_out = {
  ["lode.RestSourceFields"] = { root_key = true, parallelized = true },
}

local function class_fields()
  local classes, parents = {}, {}
  for _, name in ipairs { "values", "lode", "config", "http", "rest", "files", "testing" } do
    local class
    for line in assert(io.open("lua/stdlib/types/" .. name .. ".lua")):lines() do
      local found, parent = line:match "^%-%-%-@class ([%w%._]+):? ?([%w%._]*)"
      if found then
        class = {}
        classes[found], parents[found] = class, parent ~= "" and parent or nil
      elseif not line:find "^%-%-%-" then
        class = nil
      end
      local field = line:match "^%-%-%-@field ([%w_]+)"
      if class and field then class[field] = true end
    end
  end
  local function all(name)
    local result = {}
    for field in pairs(parents[name] and all(parents[name]) or {}) do result[field] = true end
    for field in pairs(classes[name] or {}) do result[field] = true end
    return result
  end
  return classes, all
end

local function spec_of(what)
  for _, spec in ipairs(fields.defined) do
    if spec.what == what then return spec end
  end
end

local classes, all = class_fields()

for class, what in pairs(declared_as) do
  test(class .. " has the fields of " .. what, function()
    expect.truthy(classes[class], class)
    local spec = spec_of(what)
    expect.truthy(spec, what)
    local typed = all(class)
    for _, name in ipairs(spec.names) do
      local needless = name == "type" or (left_out[class] or {})[name]
      if not needless then expect.truthy(typed[name], class .. "." .. name) end
    end
    for name in pairs(typed) do
      expect.truthy(spec.by_name[name], ("%s has no field %s"):format(what, name))
    end
  end)
end

testing.done()
