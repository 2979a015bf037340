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

---How a command ended.
---@class lode.testing.Answer
---@field code integer
---@field out string standard output
---@field err string standard error

---A project folder with files and variables of its own.
---@class lode.testing.Project
---@field folder string
---@field home string what its commands see as ~
local Project = {}
---@param name string
---@param text string
function Project:write(name, text) end
---@param name string
---@return string? text nil if there is no such file
function Project:read(name) end
---Runs a command line of the shell in the folder.
---@param command string
---@param env? table<string, string> further variables
---@return lode.testing.Answer
function Project:sh(command, env) end
---Runs the text of a script with `lode run`.
---@param script string
---@param env? table<string, string>
---@return lode.testing.Answer
function Project:run(script, env) end
---The same; it must end well. Returns what it printed.
---@param script string
---@param env? table<string, string>
---@return string
function Project:output(script, env) end
---The same; it must fail with an error that has this code, and all further texts in it.
---@param script string
---@param code string
---@param ... string
---@return lode.testing.Answer
function Project:failure(script, code, ...) end

---Files by name (`~/` is the home that commands see), and `env`, variables by name.
---@param files? table<string, string|table<string, string>>
---@return lode.testing.Project
function testing.project(files) end

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
