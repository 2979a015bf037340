--- Paging guessed from names: of the parameters that an endpoint takes, and of the fields of its answers.
-- Depends on: lode.tasks.init.names, lode.tasks.init.script
local names = require "lode.tasks.init.names"
local script = require "lode.tasks.init.script"

local paging = {}

local rows_max = 1000 -- more in a page is not asked for, whatever a server allows

local function set_of(list)
  local set = {}
  for _, name in ipairs(list) do set[name] = true end
  return set
end

local page_names = set_of { "page", "page_number", "page_no", "page_num", "p" }
local size_names = set_of { "per_page", "page_size", "limit", "size", "count", "max_results", "top", "rows",
  "results_per_page", "pagesize", "perpage", "pagelen" }
local offset_names = set_of { "offset", "skip", "start", "start_at", "from_index", "start_index" }
local cursor_names = set_of { "cursor", "next", "next_token", "page_token", "next_page_token", "next_cursor",
  "continuation_token", "starting_after", "after", "marker", "page_cursor", "start_cursor", "next_page", "page_info" }
local next_names = set_of { "next", "next_url", "next_link", "next_page_url", "next_page_uri", "next_uri" }
local next_cursor_names = set_of { "next_cursor", "next_page_token", "next_token", "continuation_token", "cursor",
  "next_page", "next_marker", "after", "next", "end_cursor", "next_page_cursor" }
local total_rows_names = set_of { "total", "total_count", "total_results", "total_items", "total_rows",
  "total_elements", "total_records" }
local total_pages_names = set_of { "total_pages", "pages", "page_count", "num_pages", "last_page" }

local function find_param(params, wanted)
  for _, param in ipairs(params) do
    local name = names.identifier(param.name, ""):gsub("^_", "")
    if wanted[name] then return param end
  end
end

-- The first field of the answer with one of the names, and of the kind.
local function find_field(answer, wanted, kind)
  for _, field in ipairs(answer) do
    if wanted[names.identifier(field.key, "")] and (not kind or field.kind == kind) then return field end
  end
end

local function page_size(param)
  if not param then return nil end
  local size = tonumber(param.value) or tonumber(param.maximum) or tonumber(param.default)
  if not size or size < 1 then return nil end
  return math.min(size, rows_max)
end

local function total(path, what)
  if path then return path.path end
  return script.code "lode.null", ("No total number of %s was found: an empty page ends it."):format(what)
end

local function by_link(answer)
  local link = find_field(answer, next_names, "text")
  if not link or not link.is_address then return nil end
  return {
    fields = script.fields { { "type", "json_link" }, { "next_url_path", link.path } }, uses = {},
    note = ("Guessed: '%s' of an answer is the address of the next page."):format(link.path),
  }
end

local function by_cursor(params, answer)
  local param, field = find_param(params, cursor_names), find_field(answer, next_cursor_names)
  if not param or not field or field.is_address then return nil end
  return {
    fields = script.fields {
      { "type", "cursor" }, { "cursor_path", field.path }, { "cursor_param", param.name },
    },
    uses = { [param.name] = true },
    note = ("Guessed from the names: '%s' of an answer is what '%s' takes for the next page.")
      :format(field.path, param.name),
  }
end

local function by_offset(params, answer)
  local offset, limit = find_param(params, offset_names), find_param(params, size_names)
  if not offset or not limit then return nil end
  local total_path, total_note = total(find_field(answer, total_rows_names, "number"), "rows")
  local first = tonumber(offset.value) or tonumber(offset.minimum) or 0
  return {
    fields = script.fields {
      { "type", "offset" }, { "limit", page_size(limit) or 100 }, { "offset", first > 0 and first or nil },
      { "offset_param", offset.name }, { "limit_param", limit.name }, { "total_path", total_path },
    },
    uses = { [offset.name] = true, [limit.name] = true },
    note = { ("Guessed from the names of the parameters %s and %s."):format(offset.name, limit.name), total_note },
  }
end

local function by_page(params, answer)
  local page = find_param(params, page_names)
  if not page then return nil end
  local base = tonumber(page.value) or tonumber(page.default) or tonumber(page.minimum)
  local total_path, total_note = total(find_field(answer, total_pages_names, "number"), "pages")
  local size = find_param(params, size_names)
  return {
    fields = script.fields {
      { "type", "page_number" }, { "base_page", base or 1 }, { "page_param", page.name },
      { "total_path", total_path },
    },
    uses = { [page.name] = true },
    size = size and page_size(size) and { name = size.name, value = page_size(size) } or nil,
    note = { ("Guessed from the name of the parameter %s%s."):format(page.name,
      base and "" or "; that the first page is number 1, too"), total_note },
  }
end

--- The paging of an endpoint with these parameters ({ name, value, default, minimum, maximum }, in order) and these
-- fields in its answers ({ key, path, kind, is_address }): { fields of the paginator, note, uses = names of the
-- parameters that it sets, size = { name, value } of a parameter that is worth setting }. nil: names tell nothing.
function paging.guess(params, answer)
  return by_link(answer) or by_cursor(params, answer) or by_offset(params, answer) or by_page(params, answer)
end

--- The name of the parameter that takes a cursor; nil if none has such a name.
function paging.cursor_param(params)
  local param = find_param(params, cursor_names)
  return param and param.name
end

return paging
