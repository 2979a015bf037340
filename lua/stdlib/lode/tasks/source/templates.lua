--- The types of sources that `lode source add` knows, each the script of a pipeline.
-- Depends on: lode.native
local native = require "lode.native"

local templates = {}

templates.rest = {
  name = "rest",
  title = "rows of any REST API: a script is written from one of its answers",
  fields = {
    { name = "url", type = "string", required = true, doc = "an address that answers with rows, with https://" },
    { name = "token", type = "secret", doc = "a bearer token; leave it empty if there is none" },
  },
}

-- "A repository on GitHub into tables: issues, …" of the first comment of a script.
local function title_of(text)
  return (text:match "^%-%-+ ([^\n]*)" or ""):gsub("%.$", "")
end

--- All that come with the program: { name, title }.
function templates.list()
  local list = { templates.rest }
  for _, entry in ipairs(native.source_types()) do
    list[#list + 1] = { name = entry.name, title = title_of(entry.text), text = entry.text }
  end
  return list
end

local function usage(message, hint)
  error(native.error { code = "cli.usage", message = "lode source add: " .. message, hint = hint }, 0)
end

-- The script as that of another source, in a file of its own.
local function renamed(text, args)
  local line = ('\nlocal name = "%s"\n'):format(args.name)
  local out, count = text:gsub('\nlocal name = "[%w_]+"\n', function() return line end, 1)
  if count == 0 then
    usage(("'%s' cannot be the script of another source: it has no line  local name = \"…\""):format(args.type),
      "give its source that name, and the section of its settings too: section = \"sources.\" .. name")
  end
  out = out:gsub("%[sources%.[%w_]+%]", "[sources." .. args.name .. "]")
  return (out:gsub("(\n%-%- Run:  lode run )[^\n]*", function(start) return start .. args.path end))
end

--- The type that was asked for: { name, title, script } with the source's name in it; rest has `fields` and no script.
-- `args`: type, name, path, where it will
-- stand, and source, the text if the type is a file.
function templates.find(args)
  if args.source then
    return { name = args.type, title = title_of(args.source), script = renamed(args.source, args) }
  end
  local names = {}
  for _, entry in ipairs(templates.list()) do
    if entry.name == args.type then
      local script = entry.text and renamed(entry.text, args)
      return { name = entry.name, title = entry.title, script = script, fields = entry.fields }
    end
    names[#names + 1] = entry.name
  end
  local guess = native.closest(args.type, names)
  usage(("there is no type of source '%s'"):format(args.type), guess and ("did you mean '%s'?"):format(guess)
    or ("the types are %s; or the path of a script that declares its settings"):format(table.concat(names, ", ")))
end

return templates
