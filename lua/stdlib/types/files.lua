---@meta lode.files
-- require "lode.files": JSON lines, JSON and CSV as resources; for editors.

local files = {}

---@class lode.FilesFields: lode.Hints
---@field name string
---@field paths string|string[] file names; '-' is standard input
---@field format? "auto"|"jsonl"|"json"|"csv"
---@field select? string JSON path of the rows

---@param args lode.FilesFields
---@return lode.Resource
function files.resource(args) end

return files
