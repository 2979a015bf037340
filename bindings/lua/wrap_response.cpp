// Responses in Lua: what came of a request, and what a hook makes of it.
#include <fmt/format.h>

#include "base/text.h"
#include "extract/row_selection.h"
#include "http/link_header.h"
#include "http/redact.h"
#include "http/redirect.h"
#include "http/retry.h"
#include "http/url.h"
#include "json/parse.h"
#include "json/write.h"
#include "lua/convert.h"
#include "lua/lua_pipe.h"
#include "lua/lua_response.h"
#include "lua/modules.h"
#include "lua/script_run.h"
#include "lua/status_value.h"

namespace lode::lua {

void LuaResponse::describe() {
  described = fmt::format("{} {}, {}, {}", request.method, sanitise_url(request.url), response().status,
                          show_bytes(response().body.size()));
}

namespace {

// The beginning of the body without the secrets of its request.
std::string excerpt_of(const LuaResponse& response, std::size_t bytes_max) {
  return body_excerpt(response.response().body, secrets_of(response.request), bytes_max);
}

Status not_json(const LuaResponse& response, const Status& cause) {
  const std::string* type = response.response().header("content-type");
  const std::string& body = response.response().body;
  return Status::error(Code::kJsonSyntax,
                       fmt::format("{} {} answered {}, but its body is not JSON", response.request.method,
                                   sanitise_url(response.request.url), response.response().status))
      .with("content-type", type != nullptr ? *type : "(none)")
      .with("body", body.empty() ? "(empty)" : quote_json(excerpt_of(response, 120)))
      .with("because", cause.message());  // what stands near the mistake may be a secret that the server repeats
}

// The parsed body; raises if it is not JSON.
const std::shared_ptr<const json::Document>& json_of(lua_State* L, LuaResponse& response) {
  if (!response.outcome.json) response.outcome.json = json::Parser().parse(response.response().body);
  if (!response.outcome.json->ok()) raise(L, not_json(response, response.outcome.json->status()));
  return **response.outcome.json;
}

json::Path path_argument(lua_State* L, int index) {
  Result<json::Path> path = json::Path::compile(luaL_optstring(L, index, "$"));
  if (!path.ok()) raise(L, std::move(path).status());
  return std::move(*path);
}

// response:json(): the body as Lua values
int response_json(lua_State* L) {
  push_value(L, json_of(L, check_object<LuaResponse>(L, 1))->root(0));
  return 1;
}

// response:select(path): the first match as a Lua value; nil if there is none
int response_select(lua_State* L) {
  const json::Ref match = path_argument(L, 2).first(json_of(L, check_object<LuaResponse>(L, 1))->root(0));
  if (match) {
    push_value(L, match);
  } else {
    lua_pushnil(L);
  }
  return 1;
}

// response:page(path): the rows at the path, native
int response_page(lua_State* L) {
  LuaResponse& response = check_object<LuaResponse>(L, 1);
  Page page;
  page.rows = select_rows(json_of(L, response), path_argument(L, 2));
  page.bytes = page.rows.document->bytes();
  page.origin = response.described;
  push_page(L, std::move(page));
  return 1;
}

// response:rows(path): for row in response:rows "events" do
int response_rows(lua_State* L) {
  response_page(L);
  lua_getfield(L, -1, "each");
  lua_insert(L, -2);
  lua_call(L, 1, 1);
  return 1;
}

// response:detect_rows_path(): where the rows seem to be
int response_detect(lua_State* L) {
  push_text(L, detect_rows_path(json_of(L, check_object<LuaResponse>(L, 1))->root(0)));
  return 1;
}

// One entry of an outline: { key, path, parent, depth, kind, value }.
void push_outline_entry(lua_State* L, std::string_view key, const std::string& path, const std::string& parent,
                        int depth, json::Ref value) {
  const bool is_number = value.kind() == json::Kind::kInt || value.kind() == json::Kind::kDouble;
  const char* kind = value.is_object()                   ? "object"
                     : value.is_list()                   ? "list"
                     : value.is_null()                   ? "null"
                     : value.kind() == json::Kind::kBool ? "boolean"
                     : is_number                         ? "number"
                                                         : "text";
  lua_createtable(L, 0, 6);
  for (const auto& [name, text] :
       {std::pair<const char*, std::string_view>{"key", key}, {"path", path}, {"parent", parent}, {"kind", kind}}) {
    push_text(L, text);
    lua_setfield(L, -2, name);
  }
  lua_pushinteger(L, depth);
  lua_setfield(L, -2, "depth");
  if (!value.is_object() && !value.is_list() && !value.is_null()) {
    push_value(L, value);
    lua_setfield(L, -2, "value");
  }
}

constexpr int kOutlineEntriesMax = 10'000;  // what steers paging is not behind thousands of keys
constexpr int kOutlineDepthMax = 32;

void push_outline(lua_State* L, json::Ref object, const std::string& prefix, int depth, int& count) {
  luaL_checkstack(L, 6, "an answer nested too deeply");
  json::Ref key = object.size() > 0 ? object.first_child() : object;
  for (std::size_t i = 0; i < object.size() && count < kOutlineEntriesMax; ++i) {
    const json::Ref value = key.next();
    const std::string path = append_path_field(prefix, key.as_text());
    push_outline_entry(L, key.as_text(), path, prefix, depth, value);
    lua_rawseti(L, -2, ++count);
    if (value.is_object() && depth < kOutlineDepthMax) push_outline(L, value, path, depth + 1, count);
    key = value.next();
  }
}

// response:outline(): the keys of the body in their order, those of nested objects after their own, never inside lists.
// What finding out about paging needs.
int response_outline(lua_State* L) {
  const json::Ref body = json_of(L, check_object<LuaResponse>(L, 1))->root(0);
  lua_newtable(L);
  int count = 0;
  if (body.is_object()) push_outline(L, body, "", 1, count);
  return 1;
}

// response:has_same_body(other)
int response_has_same_body(lua_State* L) {
  lua_pushboolean(L,
                  check_object<LuaResponse>(L, 1).response().body == check_object<LuaResponse>(L, 2).response().body);
  return 1;
}

int response_header(lua_State* L) {
  const std::string* value = check_object<LuaResponse>(L, 1).response().header(luaL_checkstring(L, 2));
  if (value != nullptr) {
    push_text(L, *value);
  } else {
    lua_pushnil(L);
  }
  return 1;
}

// response:link(rel): the URL of the Link header with that relation, resolved; nil if there is none
int response_link(lua_State* L) {
  const LuaResponse& response = check_object<LuaResponse>(L, 1);
  const std::string* header = response.response().header("link");
  const std::string url = header != nullptr ? find_link(*header, luaL_checkstring(L, 2)) : "";
  if (!url.empty()) {
    push_text(L, resolve_url(response.response().url, url));
    return 1;
  }
  lua_pushnil(L);
  return 1;
}

// response:excerpt(bytes): the beginning of the body for a message, on one line and without the request's secrets
int response_excerpt(lua_State* L) {
  push_text(L, excerpt_of(check_object<LuaResponse>(L, 1), static_cast<std::size_t>(luaL_checkinteger(L, 2))));
  return 1;
}

// response:status_error(): the error object for a status that is not wanted
int response_status_error(lua_State* L) {
  const LuaResponse& response = check_object<LuaResponse>(L, 1);
  Status status = status_error(response.request, response.response(), {response.attempts, response.seconds},
                               Vm::of(L).owner()->engine().env().now_us());
  if (const std::string line = script_line(L); !line.empty()) status.at(line);
  push_status(L, std::move(status));
  return 1;
}

// response:header_list(name): all values of a header that came several times
int response_header_list(lua_State* L) {
  const LuaResponse& response = check_object<LuaResponse>(L, 1);
  const std::string_view name = luaL_checkstring(L, 2);
  lua_newtable(L);
  int count = 0;
  for (const auto& [known, value] : response.response().headers) {
    if (!equal_ignoring_case(known, name)) continue;
    push_text(L, value);
    lua_rawseti(L, -2, ++count);
  }
  return 1;
}

// response:redirect(): where the answer sends the client, as { method, url, drops_body, keeps_credentials }; nil if it
// does not
int response_redirect(lua_State* L) {
  const LuaResponse& response = check_object<LuaResponse>(L, 1);
  if (!is_redirect(response.response())) return 0;
  HttpRequest asked;
  asked.method = luaL_optstring(L, 2, "GET");
  asked.url = response.response().url;
  Result<Redirect> redirect = redirect_of(asked, response.response());
  if (!redirect.ok()) raise(L, std::move(redirect).status());
  lua_createtable(L, 0, 4);
  push_text(L, redirect->method);
  lua_setfield(L, -2, "method");
  push_text(L, redirect->url);
  lua_setfield(L, -2, "url");
  lua_pushboolean(L, redirect->drops_body);
  lua_setfield(L, -2, "drops_body");
  lua_pushboolean(L, redirect->keeps_credentials);
  lua_setfield(L, -2, "keeps_credentials");
  return 1;
}

// response:set_status(status): what hooks see and do next counts; the server said something else
int response_set_status(lua_State* L) {
  LuaResponse& response = check_object<LuaResponse>(L, 1);
  response.response().status = static_cast<int>(luaL_checkinteger(L, 2));
  response.describe();
  lua_settop(L, 1);
  return 1;
}

// response:set_body(text)
int response_set_body(lua_State* L) {
  LuaResponse& response = check_object<LuaResponse>(L, 1);
  std::size_t size = 0;
  const char* const text = luaL_checklstring(L, 2, &size);
  response.response().body.assign(text, size);
  response.outcome.json.reset();
  response.describe();
  lua_settop(L, 1);
  return 1;
}

// response:set_json(value): the body becomes this value
int response_set_json(lua_State* L) {
  LuaResponse& response = check_object<LuaResponse>(L, 1);
  luaL_checkany(L, 2);
  json::DocumentBuilder builder;
  Status status = read_value(L, 2, json::Ref(), builder);
  if (!status.ok()) raise(L, std::move(status));
  std::shared_ptr<const json::Document> document = builder.finish();
  response.response().body = json::write(document->root(0));
  response.outcome.json = std::move(document);
  response.describe();
  lua_settop(L, 1);
  return 1;
}

// response:raise_for_status(): raises for a status of 400 and more
int response_raise_for_status(lua_State* L) {
  const bool is_error = check_object<LuaResponse>(L, 1).response().status >= 400;
  lua_settop(L, 1);
  if (!is_error) return 1;
  response_status_error(L);
  return lua_error(L);
}

int response_index(lua_State* L) {
  const LuaResponse& response = check_object<LuaResponse>(L, 1);
  const std::string_view field = luaL_checkstring(L, 2);
  if (field == "status") {
    lua_pushinteger(L, response.response().status);
  } else if (field == "url") {
    push_text(L, response.response().url);
  } else if (field == "body") {
    push_text(L, response.response().body);
  } else if (field == "attempts") {
    lua_pushinteger(L, response.attempts);
  } else if (field == "seconds") {
    lua_pushnumber(L, response.seconds);
  } else if (field == "headers") {
    lua_newtable(L);
    for (const auto& [name, value] : response.response().headers) {
      push_text(L, to_lower(name));
      push_text(L, value);
      lua_rawset(L, -3);
    }
  } else {
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
  }
  return 1;
}

int response_tostring(lua_State* L) {
  push_text(L, check_object<LuaResponse>(L, 1).described);
  return 1;
}

// native.is_response(value)
int is_response(lua_State* L) {
  lua_pushboolean(L, to_object<LuaResponse>(L, 1) != nullptr);
  return 1;
}

// native.is_error(value): whether it is an error of the engine's
int is_error(lua_State* L) {
  lua_pushboolean(L, to_status(L, 1) != nullptr);
  return 1;
}

}  // namespace

void open_responses(lua_State* L) {
  lua_pushcfunction(L, is_response);
  lua_setfield(L, -2, "is_response");
  lua_pushcfunction(L, is_error);
  lua_setfield(L, -2, "is_error");
  register_type<LuaResponse>(L, {}, {{"__tostring", response_tostring}});
  luaL_getmetatable(L, TypeName<LuaResponse>::kName);
  lua_newtable(L);
  for (const luaL_Reg& method :
       {luaL_Reg{"json", response_json}, luaL_Reg{"select", response_select}, luaL_Reg{"page", response_page},
        luaL_Reg{"rows", response_rows}, luaL_Reg{"detect_rows_path", response_detect},
        luaL_Reg{"outline", response_outline}, luaL_Reg{"has_same_body", response_has_same_body},
        luaL_Reg{"header", response_header}, luaL_Reg{"link", response_link},
        luaL_Reg{"status_error", response_status_error}, luaL_Reg{"excerpt", response_excerpt},
        luaL_Reg{"header_list", response_header_list}, luaL_Reg{"redirect", response_redirect},
        luaL_Reg{"set_status", response_set_status}, luaL_Reg{"set_body", response_set_body},
        luaL_Reg{"set_json", response_set_json}, luaL_Reg{"raise_for_status", response_raise_for_status}}) {
    lua_pushcfunction(L, method.func);
    lua_setfield(L, -2, method.name);
  }
  lua_pushcclosure(L, response_index, 1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}

}  // namespace lode::lua
