// Signatures in Lua: hashes, JSON Web Tokens, AWS signature version 4.
#include "base/text.h"
#include "http/aws_v4.h"
#include "http/crypto.h"
#include "http/jwt.h"
#include "lua/convert.h"
#include "lua/modules.h"
#include "lua/script_run.h"
#include "lua/secret_value.h"
#include "lua/status_value.h"

namespace lode::lua {
namespace {

std::string text_argument(lua_State* L, int index) {
  std::string text;
  if (!read_text_or_secret(L, index, text)) luaL_argerror(L, index, "text or a secret");
  return text;
}

std::string text_field(lua_State* L, int table, const char* name) {
  lua_getfield(L, table, name);
  std::string text;
  if (!lua_isnil(L, -1) && !read_text_or_secret(L, -1, text)) luaL_error(L, "'%s' must be text or a secret", name);
  lua_pop(L, 1);
  return text;
}

int push_hash(lua_State* L, const std::string& hash, int form_index) {
  const std::string_view form = luaL_optstring(L, form_index, "hex");
  if (form == "hex") {
    push_text(L, hex_encode(hash));
  } else if (form == "base64") {
    push_text(L, base64_encode(hash));
  } else if (form == "bytes") {
    push_text(L, hash);
  } else {
    return luaL_argerror(L, form_index, "\"hex\", \"base64\" or \"bytes\"");
  }
  return 1;
}

// native.sha256(text, form): form is "hex" (unless another is named), "base64" or "bytes"
int sign_sha256(lua_State* L) { return push_hash(L, sha256(text_argument(L, 1)), 2); }

// native.hmac_sha256(key, text, form)
int sign_hmac_sha256(lua_State* L) { return push_hash(L, hmac_sha256(text_argument(L, 1), text_argument(L, 2)), 3); }

// native.jwt_assertion{ issuer, subject, audience, scope, key_id, private_key, passphrase }: a signed JWT, a secret
int sign_jwt(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  JwtGrant grant;
  grant.issuer = text_field(L, 1, "issuer");
  grant.subject = text_field(L, 1, "subject");
  grant.audience = text_field(L, 1, "audience");
  grant.scope = text_field(L, 1, "scope");
  grant.key_id = text_field(L, 1, "key_id");
  grant.private_key = text_field(L, 1, "private_key");
  grant.passphrase = text_field(L, 1, "passphrase");
  Result<std::string> token = jwt_assertion(grant, Vm::of(L).owner()->engine().env().now_us());
  wipe(grant.private_key);
  wipe(grant.passphrase);
  if (!token.ok()) raise(L, std::move(token).status());
  push_secret(L, Secret(std::move(*token)));
  return 1;
}

// native.aws_v4{ method, url, headers, body, access_key_id, secret_access_key, session_token, region, service }: the
// URL to send and the headers to add to the request
int sign_aws(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  HttpRequest request;
  request.method = text_field(L, 1, "method");
  request.url = text_field(L, 1, "url");
  request.body = text_field(L, 1, "body");
  lua_getfield(L, 1, "headers");
  for (lua_pushnil(L); lua_istable(L, -2) && lua_next(L, -2) != 0; lua_pop(L, 1)) {
    std::string value;
    if (lua_type(L, -2) == LUA_TSTRING && read_text_or_secret(L, -1, value))
      set_header(request.headers, lua_tostring(L, -2), std::move(value));
  }
  lua_pop(L, 1);
  const AwsCredentials credentials{text_field(L, 1, "access_key_id"), text_field(L, 1, "secret_access_key"),
                                   text_field(L, 1, "session_token")};
  const AwsScope scope{text_field(L, 1, "region"), text_field(L, 1, "service")};
  Status status = sign_aws_v4(request, credentials, scope, Vm::of(L).owner()->engine().env().now_us());
  if (!status.ok()) raise(L, std::move(status));
  push_text(L, request.url);
  lua_newtable(L);
  for (const char* name : {"Authorization", "X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-Sha256"}) {
    const std::string* value = find_header(request.headers, name);
    if (value == nullptr) continue;
    push_secret(L, Secret(*value));
    lua_setfield(L, -2, name);
  }
  return 2;
}

}  // namespace

void open_signing(lua_State* L) {
  for (const luaL_Reg& function : {luaL_Reg{"sha256", sign_sha256}, luaL_Reg{"hmac_sha256", sign_hmac_sha256},
                                   luaL_Reg{"jwt_assertion", sign_jwt}, luaL_Reg{"aws_v4", sign_aws}}) {
    lua_pushcfunction(L, function.func);
    lua_setfield(L, -2, function.name);
  }
}

}  // namespace lode::lua
