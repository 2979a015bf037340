--- The last step of `lode source add`: the answers go into secrets.toml and config.toml of the project.
-- Depends on: lode.native, lode.tasks.pipeline.text, lode.tasks.source.values
local native = require "lode.native"
local text = require "lode.tasks.pipeline.text"
local values = require "lode.tasks.source.values"

return function()
  local args = native.args()
  local written = {}
  for i, entry in ipairs(values(args.answers)) do
    local file
    if entry.secret then
      local value = native.is_secret(entry.value) and entry.value:reveal() or tostring(entry.value)
      file = text.must(native.secret_write(entry.key, value, false)).file
    else
      file = text.must(native.setting_write(entry.key, entry.value))
    end
    written[i] = { key = entry.key, file = file }
  end
  print(native.json_encode { written = native.list(written) })
end
