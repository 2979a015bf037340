--- `lode init URL`: asks an address once, and makes the model of a script from what it answers.
-- Depends on: lode.lookup, lode.native, lode.rest.client, lode.rest.detect, lode.tasks.init.names,
-- lode.tasks.init.paging, lode.tasks.init.rows, lode.tasks.init.script
local client = require "lode.rest.client"
local detect = require "lode.rest.detect"
local lookup = require "lode.lookup"
local names = require "lode.tasks.init.names"
local native = require "lode.native"
local paging = require "lode.tasks.init.paging"
local rows_guess = require "lode.tasks.init.rows"
local script = require "lode.tasks.init.script"

local function fail(code, message, notes, hint)
  error(native.error { code = code, message = message, notes = notes, hint = hint }, 0)
end

local function token_key(name) return ("sources.%s.token"):format(name) end

local function find_token(name) return lookup({ key = token_key(name), secret = true }, "secret") end

local function check_url(url)
  if url:find "^%a[%w+.-]*://[^/?#]*@" then
    fail("cli.usage", "lode init: the URL has a user name or a password in it", nil,
      "leave it out, and write auth = { type = \"http_basic\", … } into the script")
  end
  native.url_parts(url)
end

-- A refusal, and what would help.
local function check_allowed(response, name, token)
  if response.status ~= 401 and response.status ~= 403 then return end
  local key = token_key(name)
  local excerpt = #response.body > 0 and { "body: " .. response:excerpt(200) } or {}
  local message = ("%s: the server refuses"):format(tostring(response))
  if token then
    fail("http.auth", message .. (" the token '%s'"):format(key), excerpt, "lode secrets set " .. key)
  end
  fail("http.auth", message .. " to answer without credentials", excerpt,
    ("for a bearer token:  lode secrets set %s  and the same command again; an API key may stand in the URL")
      :format(key))
end

-- The rows of an answer, and their path; raises if there are none.
local function find_rows(response)
  local body = response:json()
  local path = response:detect_rows_path()
  local page = path == "$" and body or response:select(path)
  if type(page) == "table" and type(page[1]) == "table" and #page[1] == 0 then return page, path end
  local found = "it is a single value"
  if type(body) == "table" and #body == 0 then found = "it has no list in it, or an empty one" end
  if type(page) == "table" and page[1] ~= nil then found = ("the list at '%s' has no objects in it"):format(path) end
  fail("lua.bad_field", ("%s: no rows were found in the answer: %s"):format(tostring(response), found),
    { "body: " .. response:excerpt(200) },
    "give the address of a list that has rows now; a script for something else starts from docs/rest.md")
end

local function as_value(text)
  if text:find "^[1-9]%d*$" and #text < 16 or text == "0" then return tonumber(text) end
  return (text:gsub("[{}]", "%0%0"))
end

local function given_params(query)
  local list = {}
  for i, param in ipairs(query) do list[i] = { name = param.name, value = param.values[1] } end
  return list
end

-- The fields of an answer that may steer paging.
local function answer_fields(response)
  local list = {}
  for _, entry in ipairs(response:outline()) do
    local is_address = entry.kind == "text" and (entry.value:find "^https?://" or entry.value:find "^/") ~= nil
    list[#list + 1] = { key = entry.key, path = entry.path, kind = entry.kind, is_address = is_address }
  end
  return list
end

-- How pages follow each other. What the answer says counts before what names of parameters suggest.
local function find_paging(response, params)
  local found = detect.paginator(response)
  local kind, options = found.kind.name, found.options
  if kind == "header_link" then
    return { fields = "header_link", uses = {}, note = "The answer has a Link header that names the next page." }
  elseif kind == "json_link" then
    return {
      fields = script.fields { { "type", "json_link" }, { "next_url_path", options.next_url_path } }, uses = {},
      note = ("'%s' of the answer is the address of the next page."):format(options.next_url_path),
    }
  elseif kind == "cursor" then
    local param = paging.cursor_param(params)
    return {
      fields = script.fields {
        { "type", "cursor" }, { "cursor_path", options.cursor_path }, { "cursor_param", param or "cursor" },
      },
      uses = { [param or "cursor"] = true },
      note = ("'%s' of the answer seems to be a cursor. That the parameter '%s' takes it is %s."):format(
        options.cursor_path, param or "cursor", param and "guessed from its name" or "but a guess"),
    }
  elseif kind == "page_number" then
    return {
      fields = script.fields {
        { "type", "page_number" }, { "base_page", options.base_page }, { "page_param", "page" },
        { "total_path", options.total_path },
      },
      uses = { page = true },
      note = ("'%s' of the answer counts the pages. That the first one is number %d and that 'page' asks for one is "
        .. "guessed."):format(options.total_path, options.base_page),
    }
  end
  return paging.guess(params, answer_fields(response)) or {
    uses = {},
    note = "Nothing in the answer leads to a next page. If there is one all the same, write paginator = …",
  }
end

-- The parameters of the URL as fields, without those that paging sets. Secrets become questions to the configuration.
local function params_of(query, uses, name, secrets)
  local list = {}
  for _, param in ipairs(query) do
    local values = {}
    for i, text in ipairs(param.values) do values[i] = as_value(text) end
    if native.is_secret_name(param.name) then
      local key = ("sources.%s.%s"):format(name, names.identifier(param.name, "secret"))
      secrets[#secrets + 1] = key
      list[#list + 1] = { param.name, script.secret(key) }
    elseif not uses[param.name] then
      list[#list + 1] = { param.name, #values == 1 and values[1] or script.list(values) }
    end
  end
  return #list > 0 and script.fields(list) or nil
end

-- The cursor as a field of the endpoint; as a comment where it would lose rows.
local function cursor_field(page)
  local cursor = rows_guess.cursor(page)
  if not cursor then
    return { "incremental", nil, "No cursor was found (updated_at, …): each run reads everything." }, "no cursor found"
  end
  local fields = script.fields {
    { "cursor_path", cursor.column }, { "on_cursor_value_missing", "include" },
  }
  local param = "If the API takes a time from which on it answers, name the parameter: start_param = \"…\". Until "
    .. "then each run reads all pages and keeps what is new."
  if cursor.is_creation then
    return { "incremental", nil, {
      ("A possible cursor: '%s', %s. With it, rows that change after they were made are not loaded again:")
        :format(cursor.column, cursor.why),
      "incremental = { cursor_path = " .. script.quoted(cursor.column) .. " },",
    } }, ("possible cursor: %s, in a comment"):format(cursor.column)
  end
  return { "incremental", fields, {
    ("Guessed from its name, and %s: '%s' says when a row changed. Rows that do not have it are always loaded.")
      :format(cursor.why, cursor.column), param,
  } }, "cursor: " .. cursor.column
end

local function client_fields(name, token, secrets)
  if not token then
    return { { "auth", nil, {
      "The server answered without a token. With one:",
      ("auth = { type = \"bearer\", token = lode.secret \"%s\" },"):format(token_key(name)),
    } } }
  end
  secrets[#secrets + 1] = token_key(name)
  return { { "auth", script.fields { { "type", "bearer" }, { "token", script.secret(token_key(name)) } } } }
end

local function paging_line(found)
  if not found.fields then return "paging: none found" end
  return "paging: " .. (type(found.fields) == "string" and found.fields or found.fields[1][2])
end

local function ask(url, token)
  local api = client.new {
    base_url = url, auth = token and { type = "bearer", token = token } or nil,
    retry = { attempts = 2, backoff_s = 0.2 },
  }
  return api:send(api:prepare(url, {}))
end

--- The model of a script for args.url, under args.name or a name made from the server's.
return function(args)
  local url = args.url:gsub("#.*$", "")
  check_url(url)
  local name = args.name or names.of_server(url)
  local token = find_token(name)
  local response = ask(url, token)
  check_allowed(response, name, token)
  if response.status >= 400 then error(response:status_error(), 0) end
  local page, rows_path = find_rows(response)
  local base_url, path = names.split_url(url)
  local query, secrets = names.query(url:match "%?(.*)$" or ""), {}
  local found = find_paging(response, given_params(query))
  local resource = { name = names.of_path(path) }
  local key, key_why = rows_guess.key(page, resource.name)
  resource.primary_key = key
  resource.key_note = key_why
  local client_list = client_fields(name, token, secrets)
  local incremental, cursor_line = cursor_field(page)
  resource.endpoint = {
    { "path", (path:gsub("[{}]", "%0%0")) },
    { "params", params_of(query, found.uses, name, secrets) },
    { "data_selector", rows_path, rows_path ~= "$" and ("The rows were found at '%s'."):format(rows_path) or nil },
    { "paginator", found.fields, found.note },
    incremental,
  }
  return {
    name = name, base_url = base_url, client = client_list, resources = { resource }, secrets = secrets,
    header = {
      ("Rows of %s into the table %s."):format(native.url_sanitise(url):gsub("%?.*$", ""), resource.name),
      "Run:  lode run " .. names.of_file(args, name),
      "Written by `lode init` from one answer of the server: what is guessed says so.",
    },
    lines = {
      ("%d row%s at '%s' of the first answer, into the table %s")
        :format(#page, #page == 1 and "" or "s", rows_path, resource.name),
      paging_line(found),
      key and "key: " .. key or "no key found: rows are added",
      cursor_line,
    },
  }
end
