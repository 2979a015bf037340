// HTTP in Lua: native.http_request and its responses; URLs and forms.
#include <fmt/format.h>

#include <optional>

#include "base/text.h"
#include "extract/row_selection.h"
#include "http/form.h"
#include "http/link_header.h"
#include "http/url.h"
#include "lua/convert.h"
#include "lua/lua_pipe.h"
#include "lua/modules.h"
#include "lua/object.h"
#include "lua/script_run.h"
#include "lua/secret_value.h"
#include "lua/status_value.h"
#include "lua/task.h"
#include "runtime/http_call.h"

namespace lode::lua {
namespace {

// An answer as Lua holds it.
struct LuaResponse {
  HttpRequest request;
  HttpOutcome outcome;
  std::string described;  // "GET https://…, 200, 214 bytes"

  const HttpResponse& response() const { return *outcome.response; }
};

}  // namespace

template <>
struct TypeName<LuaResponse> {
  static constexpr const char* kName = "lode.response";
};

namespace {

class HttpAwait : public Await {
 public:
  HttpAwait(Engine& engine, HttpRequest request, RetryPolicy policy, std::shared_ptr<ResourceProgress> progress)
      : request_(request), shared_(std::make_shared<Shared>()) {
    call_ = HttpCall::start(engine, std::move(request), policy, std::move(progress),
                            [shared = shared_](HttpOutcome outcome) {
                              shared->outcome.emplace(std::move(outcome));
                              if (shared->waker) shared->waker();
                            });
  }
  ~HttpAwait() override { call_->cancel(); }

  bool poll(const Turn& turn) override {
    shared_->waker = turn.waker;
    return shared_->outcome.has_value();
  }

  int push(lua_State* L) override {
    HttpOutcome outcome = std::move(*shared_->outcome);
    if (!outcome.response.ok()) {
      lua_pushnil(L);
      push_status(L, no_answer_error(outcome.response.status(), {outcome.attempts, outcome.seconds}));
      return 2;
    }
    LuaResponse& response = push_object<LuaResponse>(L, LuaResponse{std::move(request_), std::move(outcome), ""});
    response.described = fmt::format("{} {}, {}, {}", response.request.method, sanitise_url(response.request.url),
                                     response.response().status, show_bytes(response.response().body.size()));
    return 1;
  }

 private:
  struct Shared {
    std::optional<HttpOutcome> outcome;
    Waker waker;
  };
  HttpRequest request_;
  std::shared_ptr<Shared> shared_;
  std::shared_ptr<HttpCall> call_;
};

std::string text_field(lua_State* L, int table, const char* name, std::string fallback = "") {
  lua_getfield(L, table, name);
  std::string text = std::move(fallback);
  if (!lua_isnil(L, -1) && !read_text_or_secret(L, -1, text)) luaL_error(L, "http_request: '%s' must be text", name);
  lua_pop(L, 1);
  return text;
}

double number_field(lua_State* L, int table, const char* name, double fallback) {
  lua_getfield(L, table, name);
  const double number = lua_isnumber(L, -1) ? lua_tonumber(L, -1) : fallback;
  lua_pop(L, 1);
  return number;
}

bool bool_field(lua_State* L, int table, const char* name, bool fallback) {
  lua_getfield(L, table, name);
  const bool value = lua_isnil(L, -1) ? fallback : lua_toboolean(L, -1) != 0;
  lua_pop(L, 1);
  return value;
}

void read_headers(lua_State* L, int table, HttpHeaders& headers) {
  lua_getfield(L, table, "headers");
  if (lua_istable(L, -1)) {
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
      std::string value;
      if (lua_type(L, -2) != LUA_TSTRING || !read_text_or_secret(L, -1, value)) {
        luaL_error(L, "http_request: a header must be text with a text value");
      }
      set_header(headers, lua_tostring(L, -2), value);
    }
  }
  lua_pop(L, 1);
}

// native.http_request{ method, url, headers, body, timeout_s, follow_redirects, attempts, backoff_s }: a response, or
// nil and an error when there was no answer. Any status is an answer.
int http_request(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  HttpRequest request;
  request.method = to_upper(text_field(L, 1, "method", "GET"));
  request.url = text_field(L, 1, "url");
  request.body = text_field(L, 1, "body");
  read_headers(L, 1, request.headers);
  request.timeout_s = number_field(L, 1, "timeout_s", request.timeout_s);
  request.follow_redirects = bool_field(L, 1, "follow_redirects", true);
  request.verify_tls = bool_field(L, 1, "verify_tls", true);
  RetryPolicy policy;
  policy.attempts_max = static_cast<std::uint32_t>(number_field(L, 1, "attempts", policy.attempts_max));
  policy.backoff_s = number_field(L, 1, "backoff_s", policy.backoff_s);
  policy.backoff_s_limit = number_field(L, 1, "backoff_s_limit", policy.backoff_s_limit);

  Task* task = Vm::of(L).current();
  const std::shared_ptr<ResourceProgress> progress =
      task != nullptr && task->context() != nullptr ? task->context()->progress : nullptr;
  return Task::wait(L, std::make_unique<HttpAwait>(Vm::of(L).owner()->engine(), std::move(request), policy, progress));
}

Status not_json(const LuaResponse& response, const Status& cause) {
  const std::string* type = response.response().header("content-type");
  return Status::error(Code::kJsonSyntax,
                       fmt::format("{} {} answered {}, but its body is not JSON", response.request.method,
                                   sanitise_url(response.request.url), response.response().status))
      .with("content-type", type != nullptr ? *type : "(none)")
      .with("body", response.response().body.empty() ? "(empty)" : quote_json(shorten(response.response().body, 120)))
      .caused_by(cause);
}

// The parsed body; raises if it is not JSON.
const std::shared_ptr<const json::Document>& json_of(lua_State* L, LuaResponse& response) {
  if (!response.outcome.json) {
    raise(L, not_json(response, {}));
  }
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

// response:status_error(): the error object for a status that is not wanted
int response_status_error(lua_State* L) {
  const LuaResponse& response = check_object<LuaResponse>(L, 1);
  Status status =
      status_error(response.request, response.response(), {response.outcome.attempts, response.outcome.seconds},
                   Vm::of(L).owner()->engine().env().now_us());
  if (const std::string line = script_line(L); !line.empty()) status.at(line);
  push_status(L, std::move(status));
  return 1;
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
    lua_pushinteger(L, response.outcome.attempts);
  } else if (field == "seconds") {
    lua_pushnumber(L, response.outcome.seconds);
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

// native.url_join(base, path)
int url_join(lua_State* L) {
  push_text(L, join_url(luaL_checkstring(L, 1), luaL_checkstring(L, 2)));
  return 1;
}

// native.url_resolve(base, reference)
int url_resolve(lua_State* L) {
  push_text(L, resolve_url(luaL_checkstring(L, 1), luaL_checkstring(L, 2)));
  return 1;
}

// native.form_encode(params): "a=1&b=2"; params is a table or a list of { name, value }, so that the order can be kept.
// Secrets are revealed: the result is for the wire.
int form_encode_params(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  FormPairs pairs;
  const int count = static_cast<int>(lua_objlen(L, 1));
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(L, 1, i);
    lua_rawgeti(L, -1, 1);
    lua_rawgeti(L, -2, 2);
    std::string name;
    std::string value;
    if (!read_text_or_secret(L, -2, name) || !read_text_or_secret(L, -1, value)) {
      raise(L,
            Status::error(Code::kLuaBadField, fmt::format("parameter '{}' is a {}, which has no place in a URL or form",
                                                          name, luaL_typename(L, -1))));
    }
    pairs.emplace_back(std::move(name), std::move(value));
    lua_pop(L, 3);
  }
  push_text(L, form_encode(pairs));
  return 1;
}

// native.url_with_query(url, encoded_query)
int url_with_query(lua_State* L) {
  push_text(L, append_query(luaL_checkstring(L, 1), luaL_checkstring(L, 2)));
  return 1;
}

// native.url_sanitise(url): without secrets, for messages
int url_sanitise(lua_State* L) {
  push_text(L, sanitise_url(luaL_checkstring(L, 1)));
  return 1;
}

// native.base64(text)
int base64(lua_State* L) {
  std::string text;
  bool secret = false;
  if (!read_text_or_secret(L, 1, text, &secret)) return luaL_argerror(L, 1, "text");
  const std::string encoded = base64_encode(text);
  if (secret) {
    push_secret(L, Secret(encoded));
  } else {
    push_text(L, encoded);
  }
  return 1;
}

}  // namespace

void open_http(lua_State* L) {
  register_type<LuaResponse>(L, {}, {{"__tostring", response_tostring}});
  luaL_getmetatable(L, TypeName<LuaResponse>::kName);
  lua_newtable(L);
  for (const luaL_Reg& method : {luaL_Reg{"json", response_json}, luaL_Reg{"select", response_select},
                                 luaL_Reg{"page", response_page}, luaL_Reg{"rows", response_rows},
                                 luaL_Reg{"detect_rows_path", response_detect}, luaL_Reg{"outline", response_outline},
                                 luaL_Reg{"has_same_body", response_has_same_body}, luaL_Reg{"header", response_header},
                                 luaL_Reg{"link", response_link}, luaL_Reg{"status_error", response_status_error}}) {
    lua_pushcfunction(L, method.func);
    lua_setfield(L, -2, method.name);
  }
  lua_pushcclosure(L, response_index, 1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);

  for (const luaL_Reg& function :
       {luaL_Reg{"http_request", http_request}, luaL_Reg{"url_join", url_join}, luaL_Reg{"url_resolve", url_resolve},
        luaL_Reg{"form_encode", form_encode_params}, luaL_Reg{"url_with_query", url_with_query},
        luaL_Reg{"url_sanitise", url_sanitise}, luaL_Reg{"base64", base64}}) {
    lua_pushcfunction(L, function.func);
    lua_setfield(L, -2, function.name);
  }
}

}  // namespace lode::lua
