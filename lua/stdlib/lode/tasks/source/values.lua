--- What was answered for the fields of a source, as values of their types.
-- Depends on: lode.lookup, lode.native
local lookup = require "lode.lookup"
local native = require "lode.native"

-- The value of a secret is not repeated.
local function fail(answer)
  error(native.error {
    code = "cli.usage",
    message = ("lode source add: '%s' cannot be %s; its type is %s"):format(answer.key,
      answer.secret and "that" or ("'%s'"):format(answer.text), answer.type),
  }, 0)
end

--- Sets the answers, { key, text, type, secret }, for this run, so that whatever asks for them has them; the list of
-- { key, value, secret }. Raises for a text that is no value of its type.
return function(answers)
  local out = {}
  for i, answer in ipairs(answers) do
    native.config_set(answer.key, answer.text)
    local ok, value = pcall(lookup, { key = answer.key, secret = answer.secret }, answer.type)
    if not ok then fail(answer) end
    native.config_set(answer.key, value)
    out[i] = { key = answer.key, value = value, secret = answer.secret }
  end
  return out
end
