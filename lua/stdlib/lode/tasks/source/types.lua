--- The task behind `lode source types`: what `lode source add` can add.
-- Depends on: lode.native, lode.tasks.pipeline.text, lode.tasks.source.templates
local native = require "lode.native"
local templates = require "lode.tasks.source.templates"
local text = require "lode.tasks.pipeline.text"

return function()
  local list, rows = {}, {}
  for i, entry in ipairs(templates.list()) do
    list[i] = { name = entry.name, title = entry.title }
    rows[i] = { entry.name, text.styled("dim", entry.title) }
  end
  if text.as_json { types = native.list(list) } then return end
  text.rows(rows, 0)
end
