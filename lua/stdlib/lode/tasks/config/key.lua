--- What `lode config get` and `explain` share: the key on the command line as a question.
-- Depends on: lode.key_parts
local key_parts = require "lode.key_parts"

local key = {}

-- Sections in which the engine itself looks: a key of theirs is looked for in them as the engine does.
local engine_sections = {
  load = 1, schema = 1, runtime = 1, normalize = 1, extract = 1, data_writer = 1, destination = 2, pipelines = 2,
}

local secret_endings = { "key", "token", "secret", "password", "credentials", "passphrase", "pwd" }

local function looks_secret(name)
  for _, word in ipairs(secret_endings) do
    if name == word or name:sub(-#word - 1) == "_" .. word then return true end
  end
  return false
end

--- { key, sections, pipeline, secret }, and how to say it in words.
function key.query(args)
  local parts = key_parts(args.key)
  local query = { key = args.key, pipeline = args.pipeline }
  query.secret = args.secret or looks_secret(parts[#parts] or "")
  if args.section then
    query.sections = key_parts(args.section)
    return query, ("as a source asks that has the section %s"):format(args.section)
  end
  local depth = engine_sections[parts[1]]
  if depth and #parts > depth then
    query.sections = { unpack(parts, 1, depth) }
    query.key = table.concat(parts, ".", depth + 1)
    return query, "as the engine asks"
  end
  return query, #parts > 1 and "as a script asks that names the whole key" or "as a script asks"
end

return key
