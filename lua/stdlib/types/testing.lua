---@meta lode.testing
-- require "lode.testing": tests of pipelines; for editors.

local testing = {}

---What the script was called with.
---@type table<string, string>
testing.args = {}

---Runs a test at once. A failure is printed, and the next test runs all the same.
---@param name string
---@param fn fun()
function testing.test(name, fn) end

---Ends the file: prints the counts and raises if a test failed.
function testing.done() end

---A pipeline of its own, into a new SQLite file.
---@param fields? lode.PipelineFields|table
---@return lode.Pipeline
function testing.pipeline(fields) end

---@param data lode.Source|lode.Resource|lode.Resource[]
---@param target? lode.Pipeline
---@return lode.Report
function testing.run(data, target) end

---The rows that a resource gives, after its steps and its incremental.
---@param item lode.Resource
---@param target? lode.Pipeline
---@return lode.Row[], lode.Report
function testing.rows(item, target) end

---The pages that a resource gives, each as the text of a JSON list, byte for byte.
---@param item lode.Resource
---@return string[]
function testing.pages_as_json(item) end

testing.expect = {}
---@param actual any
---@param expected any
---@param what? string
function testing.expect.equal(actual, expected, what) end
---@param value any
---@param what? string
function testing.expect.truthy(value, what) end
---@param text any
---@param part string
function testing.expect.contains(text, part) end
---Calls `fn`, which must raise an error with this code, and all further texts in its text. Returns the error.
---@param code string
---@param fn fun()
---@param ... string
---@return lode.Error
function testing.expect.raises(code, fn, ...) end

return testing
