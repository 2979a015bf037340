--- The task behind `lode secrets template SCRIPT`: a secrets.toml to fill in.
-- Depends on: lode.native, lode.tasks.config.script, lode.tasks.pipeline.text
local native = require "lode.native"
local read_script = require "lode.tasks.config.script"
local text = require "lode.tasks.pipeline.text"

local function split(key)
  local section, name = key:match "^(.*)%.([^%.]+)$"
  return section or "", name or key
end

-- By section, in the order asked; each key once.
local function by_section(collected, wants_secrets)
  local sections, order, seen = {}, {}, {}
  for _, asked in ipairs(collected) do
    local path = table.concat(asked.query.sections or {}, ".")
    local section, name = split((path ~= "" and path .. "." or "") .. asked.query.key)
    local is_shown = asked.type ~= "credentials" and (asked.type == "secret") == wants_secrets
    if is_shown and not seen[section .. "." .. name] then
      seen[section .. "." .. name] = true
      if not sections[section] then
        sections[section] = {}
        order[#order + 1] = section
      end
      table.insert(sections[section], { name = name, asked = asked })
    end
  end
  -- Keys without a section must stand at the top.
  table.sort(order, function(a, b) return a == "" and b ~= "" end)
  return sections, order
end

local function lines_of(collected, wants_secrets, start)
  local lines = {}
  local sections, order = by_section(collected, wants_secrets)
  for _, section in ipairs(order) do
    lines[#lines + 1] = start
    if section ~= "" then lines[#lines + 1] = start .. "[" .. section .. "]" end
    for _, entry in ipairs(sections[section]) do
      local asked = entry.asked
      local note = asked.doc or ""
      if not asked.required and asked.default == nil then note = note .. (note ~= "" and "; " or "") .. "optional" end
      local value = asked.default ~= nil and native.json_encode(asked.default) or '"<configure me>"'
      local off = not asked.required and wants_secrets and "# " or ""
      lines[#lines + 1] = ("%s%s%s = %s%s"):format(start, off, entry.name, value, note ~= "" and "  # " .. note or "")
    end
  end
  return lines
end

return function()
  local args = native.args()
  local collected, why = read_script(args)
  if why then error(why, 0) end
  local lines = { ("# The secrets of %s. Fill in, save as .lode/secrets.toml, chmod 600, and keep it out of git.")
    :format(args.script) }
  for _, line in ipairs(lines_of(collected, true, "")) do lines[#lines + 1] = line end
  local settings = lines_of(collected, false, "# ")
  if #settings > 0 then
    lines[#lines + 1] = ""
    lines[#lines + 1] = "# Its settings, for config.toml:"
    for _, line in ipairs(settings) do lines[#lines + 1] = (line:gsub(" +$", "")) end
  end
  local whole = table.concat(lines, "\n")
  if text.as_json { template = whole .. "\n" } then return end
  print(whole)
end
