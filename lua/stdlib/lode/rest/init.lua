--- lode.rest: everything for REST APIs.
-- Depends on: lode.http.auth, lode.rest.client, lode.rest.paginators, lode.rest.source
local auth = require "lode.http.auth"
local client = require "lode.rest.client"
local paginators = require "lode.rest.paginators"
local source = require "lode.rest.source"

return {
  client = client.new,
  paginators = paginators,
  source = source.new,
  bearer = auth.bearer,
  api_key = auth.api_key,
  basic = auth.basic,
}
