--- What the tasks of `lode pipeline` share: how numbers, times and tables look on a terminal.
-- Depends on: lode.native
local native = require "lode.native"

local text = {}

local styles = { bold = "1", dim = "2", red = "31", green = "32", yellow = "33", cyan = "36" }
local args = native.args()

--- `words` in a style; as they are when the terminal shows no colours.
function text.styled(style, words)
  if not args.colours or words == "" then return words end
  return ("\27[%sm%s\27[0m"):format(styles[style], words)
end

--- nil for null and for nothing.
function text.value(value)
  if value == native.null then return nil end
  return value
end

function text.count(number, noun)
  local digits = tostring(number):reverse():gsub("(%d%d%d)", "%1 "):reverse():gsub("^ ", "")
  return number == 1 and "1 " .. noun or digits .. " " .. noun .. "s"
end

function text.number(number) return (text.count(number, ""):gsub(" ?s?$", "")) end

function text.bytes(number)
  if number < 1000 then return ("%d B"):format(number) end
  for _, unit in ipairs { "KB", "MB", "GB" } do
    number = number / 1000
    if number < 1000 then return ("%.1f %s"):format(number, unit) end
  end
  return ("%.1f TB"):format(number / 1000)
end

function text.seconds(seconds)
  if seconds < 0.0995 then return ("%.0f ms"):format(seconds * 1000) end
  if seconds < 120 then return ("%.1f s"):format(seconds) end
  return ("%d min %02d s"):format(math.floor(seconds / 60), math.floor(seconds % 60))
end

--- "2024-03-01 10:00:00Z" of "2024-03-01T10:00:00.123Z".
function text.time(stamp)
  return (stamp:gsub("T", " "):gsub("%.%d+", ""):gsub("%+00:00$", "Z"))
end

--- A cursor's value, a path: whatever people wrote or would write.
function text.any(value)
  if value == nil or value == native.null then return "(none yet)" end
  return type(value) == "table" and native.json_encode(value) or tostring(value)
end

local function width(words)
  local plain = words:gsub("\27%[%d*m", "")
  local _, continued = plain:gsub("[\128-\191]", "")
  return #plain - continued
end

-- A line that fits the terminal; elsewhere nothing is cut.
local function fitted(line)
  local room = args.columns
  if not room or width(line) <= room then return line end
  local out, used, at = {}, 0, 1
  while at <= #line and used < room - 1 do
    local code = line:match("^\27%[%d*m", at)
    local piece = code or line:match("^[%z\1-\127\192-\255][\128-\191]*", at) or line:sub(at, at)
    if not code then used = used + 1 end
    out[#out + 1], at = piece, at + #piece
  end
  return table.concat(out) .. "…" .. (args.colours and "\27[0m" or "")
end

--- Prints a line, cut where the terminal ends.
function text.say(line) print(fitted(line)) end

--- Prints rows of cells under each other, `indent` blanks from the left. `right`: a set of columns that align to the
-- right. Columns that are empty in all rows are left out.
function text.rows(rows, indent, right)
  local widths = {}
  for _, row in ipairs(rows) do
    for i = 1, table.maxn(row) do widths[i] = math.max(widths[i] or 0, width(row[i] or "")) end
  end
  for _, row in ipairs(rows) do
    local line = { (" "):rep(indent) }
    for i = 1, #widths do
      local cell = row[i] or ""
      local blanks = (" "):rep(widths[i] - width(cell))
      if widths[i] > 0 then line[#line + 1] = (right and right[i] and blanks .. cell or cell .. blanks) .. "  " end
    end
    text.say((table.concat(line):gsub(" +$", "")))
  end
end

--- A heading of a section, two blanks from the left.
function text.section(words) print("  " .. text.styled("dim", words)) end

--- Prints lines of a longer text, `indent` blanks from the left.
function text.block(words, indent)
  for line in (words .. "\n"):gmatch "(.-)\n" do print((" "):rep(indent) .. line) end
end

--- The first line of an error out of a trace or a failure, with its code.
function text.error_line(err)
  err = text.value(err)
  if not err then return "" end
  return ("%s [%s]"):format(err.message or "?", err.code or "?")
end

--- "sqlite:///shop.db, dataset main"; "" when it is not known.
function text.place(destination, dataset)
  if not destination or destination == "" then return "" end
  return ("%s, dataset %s"):format(destination, dataset)
end

--- Prints an answer as JSON if that was asked for; true if so.
function text.as_json(answer)
  if not args.json then return false end
  print(native.json_encode(answer))
  return true
end

--- Ends the task with an error of the engine's.
function text.must(value, err)
  if value == nil then error(err, 0) end
  return value
end

return text
