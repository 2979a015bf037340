--- Retries: which answers are worth another attempt, and how long to wait for it.
-- Depends on: lode.fields, lode.lookup, lode.native
local fields = require "lode.fields"
local lookup = require "lode.lookup"
local native = require "lode.native"

local retry = {}

local positive = fields.positive

local not_negative = fields.named("a number, 0 or more", function(value)
  if type(value) == "number" and value >= 0 then return true end
  return false, "must be a number, 0 or more"
end)

local spec = fields.define("retry", {
  { "attempts",            positive,     doc = "in all, the first one included: 5" },
  { "backoff_s",           not_negative, doc = "before the second attempt; it doubles with each one: 1" },
  { "backoff_s_limit",     not_negative, doc = "longest wait, also when the server asks for a longer one: 300" },
  { "statuses",            "list",       doc = "tried again after these, instead of 429 and 500 to 599" },
  { "when",                "function",   doc = "function(response, err): true asks for another attempt as well" },
  { "respect_retry_after", "boolean",    default = true, doc = "the server's Retry-After instead of the back-off" },
})

-- dlt's names for what holds for all clients: [runtime] in config.toml, RUNTIME__REQUEST_MAX_ATTEMPTS.
local function configured(key) return tonumber(lookup("runtime." .. key)) end

--- The policy made of what a script wrote and of the configuration.
function retry.from(given)
  local policy = spec:check(given or {})
  policy.attempts = policy.attempts or configured "request_max_attempts"
  policy.backoff_s = policy.backoff_s or configured "request_backoff_factor"
  policy.backoff_s_limit = policy.backoff_s_limit or configured "request_max_retry_delay"
  if policy.statuses then
    policy.status_set = {}
    for _, status in ipairs(policy.statuses) do policy.status_set[status] = true end
  end
  return policy
end

-- What the script says of an answer; nil: the engine's rules decide.
local function own_opinion(policy, response, err)
  if policy.when and policy.when(response, err) then return true end
  if policy.status_set and response then return policy.status_set[response.status] or false end
end

--- Waits for the next attempt after `made` of them, the last of which ended in `response` or `err`. False at once if
-- there is none. `is_wanted`: a hook asked for it.
function retry.wait(policy, made, response, err, is_wanted)
  local opinion = is_wanted or own_opinion(policy, response, err)
  local wait_s, why = native.retry_decision(policy, made, response or err, opinion)
  if not wait_s then return false end
  native.log("info", ("%s; trying again in %.14g s"):format(response and tostring(response) or why, wait_s))
  native.sleep(wait_s)
  return true
end

return retry
