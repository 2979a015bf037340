-- Prints docs/reference.md, made of the declarations that check the fields: tools/dev/reference runs it.
local fields = require "lode.fields"
local native = require "lode.native"
for _, module in ipairs { "lode", "lode.rest", "lode.http", "lode.files", "lode.model", "lode.schema" } do
  require(module)
end

local chapters = {
  { "Pipelines", "lode.pipeline", "pipeline:run", "lode.source", "lode.resource", "lode.transformer",
    "lode.files.resource", "apply_hints", "add_limit", "lode.incremental", "write_disposition", "column",
    "reference", "nested_hints", "lode.model options", "lode.args" },
  { "REST", "rest.source", "rest.source resource", "rest.source resource_defaults", "rest.source endpoint",
    "processing step", "response action", "rest.client", "paginate", "header_link paginator", "json_link paginator",
    "cursor paginator", "header_cursor paginator", "offset paginator", "page_number paginator",
    "single_page paginator" },
  { "HTTP", "http.client", "request", "retry", "rate_limit", "certificate", "hooks", "bearer auth", "basic auth",
    "api_key auth", "oauth2_client_credentials auth", "oauth2_refresh_token auth", "oauth_jwt auth", "aws_v4 auth" },
  { "Configuration", "lode.config.read", "lode.config.read field", "lode.config.register_provider", "credentials.find",
    "credentials auth" },
  { "Datasets and schemas", "lode.dataset", "pipeline:dataset", "dataset:tables", "dataset:row_counts", "relation:join",
    "schema text", "schema diagram" },
}

local function fail(...) error(("docs/reference.md: " .. select(1, ...)):format(select(2, ...)), 0) end

local specs, hints = {}, {}
for _, spec in ipairs(fields.defined) do specs[spec.what] = spec end
for _, field in ipairs(specs["lode.resource"].list) do hints[field[1]] = field.doc end

local function cell(text) return (text:gsub("|", "\\|"):gsub("\n", " ")) end

-- What a field without a sentence of its own shares with lode.resource.
local function doc_of(what, field)
  if field.doc then return field.doc end
  if field[1] == "type" then return "names the kind, where one of several is meant" end
  if hints[field[1]] then return "as of lode.resource" end
  fail("the field '%s' of %s has no doc", field[1], what)
end

local function value_text(value) return value == nil and "" or "`" .. native.json_encode(value) .. "`" end

local out = {}
local function add(line, ...) out[#out + 1] = select("#", ...) > 0 and line:format(...) or line end

local function add_table(rows)
  add "| field | value | default | what |"
  add "|---|---|---|---|"
  for _, row in ipairs(rows) do
    add("| `%s`%s | %s | %s | %s |", row.name, row.required and " (required)" or "", cell(row.value),
      cell(row.default), cell(row.doc))
  end
end

local function add_spec(what)
  local spec = specs[what] or fail("nothing is declared as %s", what)
  specs[what] = nil
  local rows = {}
  for i, field in ipairs(spec.list) do
    rows[i] = { name = field[1], required = field.required, value = fields.accepts(field[2]),
                default = value_text(field.default), doc = doc_of(what, field) }
  end
  add ""
  add("### %s", what)
  add_table(rows)
end

local function add_native(kinds, heading)
  for _, kind in ipairs(kinds) do
    local rows = {}
    for i, field in ipairs(kind.fields) do
      local value = field.choices and "one of " .. table.concat(field.choices, ", ") or field.type:gsub("^an? ", "")
      if field.least and field.most then
        value = ("%s, %.0f to %.0f"):format(value, field.least, field.most)
      elseif field.least then
        value = ("%s, %.0f or more"):format(value, field.least)
      end
      if field.doc == "" then fail("the field '%s' of %s has no doc", field.name, kind.name) end
      rows[i] = { name = field.name, required = field.required, value = value, default = value_text(field.default),
                  doc = field.doc }
    end
    if #rows > 0 then
      add ""
      add("### %s %s", heading, kind.name)
      if kind.doc then
        add("%s", kind.doc)
        add ""
      end
      add_table(rows)
    end
  end
end

add "# Reference"
add "All fields that may be given, as they are checked; made from the code's declarations by `tools/dev/reference`."
add "The pages on [REST](rest.md), [destinations](destinations.md), [configuration](configuration.md) and"
add "[schemas](schema.md) explain them."
for _, chapter in ipairs(chapters) do
  add ""
  add("## %s", chapter[1])
  for i = 2, #chapter do add_spec(chapter[i]) end
end
add ""
add "## Destinations"
local destinations = {}
for _, kind in ipairs(native.destination_kinds()) do
  if kind.name ~= "postgresql" then destinations[#destinations + 1] = kind end -- another name of postgres
end
add_native(destinations, "destination")
add ""
add "## Credentials"
add_native(native.credentials_kinds(), "credentials")

for what in pairs(specs) do fail("%s is declared and stands in no chapter", what) end
print(table.concat(out, "\n"))
