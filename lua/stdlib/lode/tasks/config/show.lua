--- The task behind `lode config show`: all settings that stand somewhere, secrets masked, and where each comes from.
-- Depends on: lode.native, lode.tasks.pipeline.text
local native = require "lode.native"
local text = require "lode.tasks.pipeline.text"

local function file_name(place) return place:match "[^/]+$" or place end

local function where(setting)
  local place = setting.provider == "environment" and setting.place or file_name(setting.place or setting.provider)
  local words = setting.provider == "environment" and "environment " .. place or place
  if #setting.hides > 0 then
    local hidden = {}
    for i, other in ipairs(setting.hides) do hidden[i] = file_name(other) end
    words = words .. ", hides " .. table.concat(hidden, ", ")
  end
  return text.styled("dim", words)
end

local function print_section(section, settings)
  print(section == "" and text.styled("bold", "(top)") or text.styled("bold", "[" .. section .. "]"))
  local rows = {}
  for i, setting in ipairs(settings) do
    local value = setting.problem and text.styled("red", setting.problem) or setting.value
    rows[i] = { setting.name, value, where(setting) }
  end
  text.rows(rows, 2)
  print()
end

local function print_files(overview)
  if overview.profile ~= "" then text.say("profile " .. overview.profile) end
  for _, file in ipairs(overview.files) do
    if file.exists then text.say(text.styled("dim", "read  " .. file.path)) end
  end
end

return function()
  local overview = native.config_overview()
  if text.as_json(overview) then return end
  local sections, order = {}, {}
  for _, setting in ipairs(overview.settings) do
    if not sections[setting.section] then
      sections[setting.section] = {}
      order[#order + 1] = setting.section
    end
    table.insert(sections[setting.section], setting)
  end
  for _, section in ipairs(order) do print_section(section, sections[section]) end
  if #order == 0 then
    print "nothing is configured"
    local looked = {}
    for i, file in ipairs(overview.files) do looked[i] = { text.styled("dim", "no  " .. file.path) } end
    text.rows(looked, 2)
  end
  print_files(overview)
end
