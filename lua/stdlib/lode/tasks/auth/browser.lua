--- Sign-in through the browser: authorization code with PKCE, back to a port of this machine (RFC 7636, RFC 8252).
-- Depends on: lode.http.params, lode.native, lode.tasks.auth.client, lode.tasks.auth.endpoints, lode.tasks.auth.say
local client = require "lode.tasks.auth.client"
local endpoints = require "lode.tasks.auth.endpoints"
local native = require "lode.native"
local params = require "lode.http.params"
local say = require "lode.tasks.auth.say"

-- Services that want the whole address registered get the same one each time.
local fixed_port = 8976
local path = "/callback"

-- The S256 challenge of a verifier.
local function challenge_of(verifier)
  return (native.sha256(verifier, "base64"):gsub("+", "-"):gsub("/", "_"):gsub("=", ""))
end

local function page_url(found, app, facts)
  local provider = found.provider
  local query = {}
  for _, pair in ipairs {
    { "response_type", "code" }, { "client_id", app.client_id }, { "redirect_uri", facts.redirect_uri },
    { provider.scope_param or "scope", #found.scopes > 0 and
      table.concat(found.scopes, provider.scope_separator or " ") or nil },
    { "state", facts.state }, { "code_challenge", challenge_of(facts.verifier) }, { "code_challenge_method", "S256" },
  } do
    params.set(query, pair[1], pair[2])
  end
  for _, pair in ipairs(params.from(found.params)) do params.set(query, pair[1], pair[2]) end
  return native.url_with_query(found.authorization_url, params.encode(query))
end

local function fail(code, message, hint) error(native.error { code = code, message = message, hint = hint }, 0) end

-- Waits for the browser; answers the code.
local function wait_for_code(listener, found, options)
  local fields, fits = listener:wait(options.timeout_s)
  if not fields then
    fail("auth.timeout", ("nobody signed in to %s within %s"):format(found.title, say.duration(options.timeout_s)),
      "run the command again; on a machine without a browser, --device may do")
  end
  if not fits then
    fail("auth.failed", "the answer does not belong to this sign-in: its state is another one",
      "run the command again, and use the page that it opens; another program, or an old page, may have answered")
  end
  if fields.iss and found.issuer and fields.iss:gsub("/+$", "") ~= found.issuer:gsub("/+$", "") then
    fail("auth.failed", ("the answer comes from another issuer: '%s'"):format(client.printable(fields.iss)))
  end
  if fields.error then
    error(client.refused(("sign-in to %s"):format(found.title), { error = fields.error,
      description = fields.error_description }, "check how the app is registered, its redirect address among it"), 0)
  end
  return fields.code
end

local function announce(found, listener, url, redirect_uri, options)
  say.line(("sign in to %s in the browser:"):format(found.title))
  say.line("  " .. url)
  if found.provider.fixed_port then
    say.line(("the app must be registered with the redirect address %s"):format(redirect_uri))
  end
  if options.browser == false or not native.open_url(url) then
    local port = listener:port()
    say.line(("for a browser on another machine, there first:  ssh -L %d:127.0.0.1:%d THIS-MACHINE"):format(port, port))
  end
  say.line(("waiting for %s (Ctrl-C stops)"):format(say.duration(options.timeout_s)))
end

--- The tokens of a person that signs in. `app`: { client_id, client_secret, client_auth }.
return function(found, app, options)
  endpoints.need(found, options.source, "authorization_url", "token_url")
  local provider = found.provider
  local facts = { state = native.random_text(24), verifier = native.random_text(48) }
  local listener, err = native.loopback(options.port or provider.fixed_port and fixed_port or 0, path, facts.state)
  if not listener then error(err, 0) end
  facts.redirect_uri = ("http://%s:%d%s"):format(provider.redirect_host or "127.0.0.1", listener:port(), path)
  announce(found, listener, page_url(found, app, facts), facts.redirect_uri, options)
  local ok, code = pcall(wait_for_code, listener, found, options)
  listener:close()
  if not ok then error(code, 0) end
  local answer, refusal, response = client.post(found.token_url, app, {
    { "grant_type", "authorization_code" }, { "code", code }, { "redirect_uri", facts.redirect_uri },
    { "code_verifier", native.make_secret(facts.verifier) },
  })
  if not answer then error(client.refused("the code was not taken", refusal, "run the command again"), 0) end
  return client.tokens(answer, response, provider.token_field)
end
