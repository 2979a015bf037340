--- The task behind `lode config check [SCRIPT]`: what is dangerous, what nobody reads, what a script misses.
-- Depends on: lode.lookup, lode.native, lode.tasks.config.script, lode.tasks.pipeline.text
local lookup = require "lode.lookup"
local native = require "lode.native"
local read_script = require "lode.tasks.config.script"
local text = require "lode.tasks.pipeline.text"

local styles = { error = "red", warning = "yellow", note = "dim" }

-- What a script needs and nobody has.
local function add_missing(findings, collected, script)
  local seen = {}
  for _, asked in ipairs(collected) do
    local sections = asked.query.sections or {}
    local path = table.concat(sections, ".") .. (#sections > 0 and "." or "") .. asked.query.key
    if asked.required and not seen[path] and lookup(asked.query, "any") == nil then
      findings[#findings + 1] = {
        weight = "error", what = ("no value for %s'%s'"):format(asked.type == "secret" and "secret " or "", path),
        where = script, hint = asked.type == "secret" and "lode secrets set " .. path or "lode config explain " .. path,
      }
    end
    seen[path] = true
  end
end

-- Generators do not run here: a key that the script's text has in it may well be asked for later.
local function without_named(findings, source)
  local kept = {}
  for _, finding in ipairs(findings) do
    local name = finding.what:match "^nobody reads '.-([^%.']+)'$"
    if not (name and source:find(name, 1, true)) then kept[#kept + 1] = finding end
  end
  return kept
end

local function find(args)
  if not args.script then return native.config_check() end
  local collected, why = read_script(args)
  local queries = {}
  for i, asked in ipairs(collected) do queries[i] = asked.query end
  local findings = without_named(native.config_check(queries), args.source)
  add_missing(findings, collected, args.script)
  if why then
    findings[#findings + 1] = { weight = "error", what = "the script stops: " .. tostring(why):match "[^\n]*",
      where = args.script, hint = "lode check " .. args.script }
  end
  return findings
end

local function print_finding(finding)
  text.say(("%s  %s"):format(text.styled(styles[finding.weight], ("%-7s"):format(finding.weight)), finding.what))
  text.say("         " .. text.styled("dim", finding.where))
  if finding.hint then text.say("         hint: " .. finding.hint) end
end

return function()
  local args = native.args()
  local findings = find(args)
  local counts = { error = 0, warning = 0, note = 0 }
  for _, finding in ipairs(findings) do counts[finding.weight] = counts[finding.weight] + 1 end
  local is_ok = counts.error == 0
  if not text.as_json { ok = is_ok, findings = native.list(findings) } then
    for _, finding in ipairs(findings) do print_finding(finding) end
    if #findings == 0 then print "nothing to complain about" end
  end
  if not is_ok then
    error(native.error { code = "config.invalid_value",
      message = text.count(counts.error, "error") .. " in the configuration" }, 0)
  end
end
