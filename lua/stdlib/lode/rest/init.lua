--- lode.rest: everything for REST APIs.
-- Depends on: lode.http, lode.rest.client, lode.rest.paginators, lode.rest.source
local client = require "lode.rest.client"
local http = require "lode.http"
local paginators = require "lode.rest.paginators"
local source = require "lode.rest.source"

return {
  client = client.new,
  paginate = client.paginate,
  paginators = paginators,
  source = source.new,
  resources = source.resources,
  bearer = http.bearer,
  api_key = http.api_key,
  basic = http.basic,
  oauth2_client_credentials = http.oauth2_client_credentials,
  oauth2_refresh_token = http.oauth2_refresh_token,
  oauth_jwt = http.oauth_jwt,
  aws_v4 = http.aws_v4,
  register_auth = http.register_auth,
  register_paginator = paginators.register,
}
