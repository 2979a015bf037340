--- A project of a test's own: files, variables, and commands that are run in its folder as a person runs them.
-- The program is the `lode` of the PATH, or what the variable LODE_PROGRAM names.
-- Depends on: lode.native
local native = require "lode.native"

local project = {}

local methods = {}
local mt = { __name = "lode.testing.project", __index = methods }

local made = 0

-- Of the machine's variables only these are there: no secrets, no settings, no home.
local kept_variables = { "PATH", "TMPDIR", "LODE_STDLIB", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS" }

-- Raised as the engine's errors are, so that it gets out of a data function with its text.
local function fail(text) error(native.error { code = "lua.error", message = text }, 0) end

local function quoted(text) return "'" .. tostring(text):gsub("'", [['\'']]) .. "'" end

local function read_file(path)
  local file, why = io.open(path, "rb")
  if not file then return nil, why end
  local text = file:read "*a"
  file:close()
  return text
end

local function write_file(path, text)
  os.execute("mkdir -p " .. quoted(path:match "^(.*)/"))
  local file, why = io.open(path, "wb")
  if not file then fail("cannot write " .. path .. ": " .. why) end
  file:write(text)
  file:close()
  if path:find "secrets%.toml$" then os.execute("chmod 600 " .. quoted(path)) end
end

--- A folder below `parent` with `files`: { [".dlt/secrets.toml"] = "…", ["~/.dlt/config.toml"] = "…",
-- env = { NAME = "value" } }. `~/` is the home that the project's commands see; it is empty otherwise.
function project.new(parent, files)
  made = made + 1
  local self = setmetatable({ folder = ("%s/project_%d"):format(parent, made), env = {} }, mt)
  self.home = self.folder .. "_home"
  os.execute(("mkdir -p %s %s"):format(quoted(self.folder), quoted(self.home)))
  for name, content in pairs(files or {}) do
    if name == "env" then
      for variable, value in pairs(content) do self.env[variable] = value end
    else
      self:write(name, content)
    end
  end
  return self
end

local function path_of(self, name)
  if name:sub(1, 2) == "~/" then return self.home .. name:sub(2) end
  return self.folder .. "/" .. name
end

--- Writes a file; its folders come by themselves. A secrets.toml is made for its owner alone.
function methods:write(name, text) write_file(path_of(self, name), text) end

--- The text of a file; nil if it is not there.
function methods:read(name) return (read_file(path_of(self, name))) end

-- What a machine in a cloud would be asked for its own credentials: nobody is there.
local nobody = {
  NO_GCE_CHECK = "true", AWS_EC2_METADATA_DISABLED = "true", AZURE_POD_IDENTITY_AUTHORITY_HOST = "http://127.0.0.1:1",
}

local function variables_of(self, more)
  local env = { HOME = self.home, LODE_HOME = self.home .. "/.lode_work" }
  for name, value in pairs(nobody) do env[name] = value end
  for _, name in ipairs(kept_variables) do env[name] = os.getenv(name) end
  local program = os.getenv "LODE_PROGRAM"
  if program then env.PATH = program:match "^(.*)/" .. ":" .. (env.PATH or "/usr/bin:/bin") end
  for name, value in pairs(self.env) do env[name] = value end
  for name, value in pairs(more or {}) do env[name] = value end
  local words = {}
  for name, value in pairs(env) do words[#words + 1] = quoted(name .. "=" .. value) end
  return table.concat(words, " ")
end

local answer_mt = {
  __name = "lode.testing.answer",
  __tostring = function(self)
    return ("exit code %d\n--- standard output\n%s--- standard error\n%s"):format(self.code, self.out, self.err)
  end,
}

--- Runs a command line of the shell in the folder: "lode config show". Returns { code, out, err }. `env`: further
-- variables.
function methods:sh(command, env)
  local log = self.folder .. "_output"
  write_file(log .. ".sh", command .. "\n")
  local line = ("cd %s && exec env -i %s sh %s < /dev/null > %s 2> %s"):format(quoted(self.folder),
    variables_of(self, env), quoted(log .. ".sh"), quoted(log .. ".out"), quoted(log .. ".err"))
  local pipe = io.popen(("(%s); echo $?"):format(line))
  local code = tonumber(pipe:read "*a")
  pipe:close()
  return setmetatable({ code = code, out = read_file(log .. ".out"), err = read_file(log .. ".err") }, answer_mt)
end

--- Runs the text of a script with `lode run`. Returns { code, out, err }.
function methods:run(script, env)
  self:write("script.lua", script)
  return self:sh("lode run script.lua", env)
end

--- Runs the text of a script, which must end well. Returns what it printed.
function methods:output(script, env)
  local answer = self:run(script, env)
  if answer.code ~= 0 then fail("the script failed: " .. tostring(answer)) end
  return answer.out
end

--- Runs the text of a script, which must fail with an error that has this code and all further texts in it. Returns
-- { code, out, err }.
function methods:failure(script, code, ...)
  local answer = self:run(script)
  if answer.code == 0 then fail("the script should have failed: " .. tostring(answer)) end
  for _, part in ipairs { "[" .. code .. "]", ... } do
    if not answer.err:find(part, 1, true) then fail(("expected %q in: %s"):format(part, tostring(answer))) end
  end
  return answer
end

return project
