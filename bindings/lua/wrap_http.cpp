// HTTP in Lua: native.http_request, its retries; URLs and forms.
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/text.h"
#include "http/form.h"
#include "http/http_date.h"
#include "http/redact.h"
#include "http/retry.h"
#include "http/url.h"
#include "lua/convert.h"
#include "lua/lua_response.h"
#include "lua/modules.h"
#include "lua/script_run.h"
#include "lua/secret_value.h"
#include "lua/status_value.h"
#include "lua/task.h"
#include "runtime/http_call.h"

namespace lode::lua {
namespace {

// One request as a script asked it, and how often that was tried before.
struct Asked {
  HttpRequest request;
  std::uint32_t attempt = 1;
  double seconds_before = 0;
  std::uint32_t redirects = 0;
  std::string first_url;  // before redirects
  HttpLimits limits;
};

class HttpAwait : public Await {
 public:
  HttpAwait(Engine& engine, Asked asked, std::shared_ptr<ResourceProgress> progress)
      : env_(engine.env()), start_us_(env_.steady_us()), asked_(std::move(asked)), shared_(std::make_shared<Shared>()) {
    if (progress && asked_.attempt > 1) ++progress->retries;
    call_ = HttpCall::start(engine, asked_.request, asked_.limits, std::move(progress),
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
    const double seconds = asked_.seconds_before + static_cast<double>(env_.steady_us() - start_us_) / 1e6;
    if (!outcome.response.ok()) {
      lua_pushnil(L);
      push_status(L, no_answer_error(outcome.response.status(), {asked_.attempt, seconds}));
      return 2;
    }
    outcome.response->redirects = asked_.redirects;
    if (asked_.redirects > 0) asked_.request.url = asked_.first_url;
    push_object<LuaResponse>(L, LuaResponse{std::move(asked_.request), std::move(outcome), asked_.attempt, seconds, ""})
        .describe();
    return 1;
  }

 private:
  struct Shared {
    std::optional<HttpOutcome> outcome;
    Waker waker;
  };
  Env& env_;
  const std::int64_t start_us_;
  Asked asked_;
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

void read_certificate(lua_State* L, int table, ClientCertificate& certificate) {
  lua_getfield(L, table, "certificate");
  if (lua_istable(L, -1)) {
    const int fields = lua_gettop(L);
    certificate = {text_field(L, fields, "file"), text_field(L, fields, "key_file"), text_field(L, fields, "password")};
  }
  lua_pop(L, 1);
}

void read_limits(lua_State* L, int table, HttpLimits& limits) {
  limits.concurrency = static_cast<std::uint32_t>(number_field(L, table, "concurrency", 0));
  lua_getfield(L, table, "rate_limit");
  if (lua_istable(L, -1)) {
    const int fields = lua_gettop(L);
    limits.requests = number_field(L, fields, "requests", 0);
    limits.per_s = number_field(L, fields, "per_s", limits.per_s);
    limits.burst = number_field(L, fields, "burst", 0);
    limits.wait_s_limit = number_field(L, fields, "wait_s_limit", limits.wait_s_limit);
  }
  lua_pop(L, 1);
}

// native.http_request{ method, url, headers, body, body_file, timeout_s, connect_timeout_s, total_timeout_s,
// verify_tls, certificate = { file, key_file, password }, concurrency, rate_limit = { requests, per_s, burst,
// wait_s_limit }, attempt, seconds_before, redirects, first_url }: a response, or nil and an error when there was no
// answer. Any status is an answer, redirects too.
int http_request(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  Asked asked;
  HttpRequest& request = asked.request;
  request.method = to_upper(text_field(L, 1, "method", "GET"));
  request.url = text_field(L, 1, "url");
  request.body = text_field(L, 1, "body");
  request.body_file = text_field(L, 1, "body_file");
  if (!request.body_file.empty()) request.body_bytes_max = UINT64_MAX;  // a disk has its own limit
  read_headers(L, 1, request.headers);
  request.timeout_s = number_field(L, 1, "timeout_s", request.timeout_s);
  request.connect_timeout_s = number_field(L, 1, "connect_timeout_s", request.connect_timeout_s);
  request.total_timeout_s = number_field(L, 1, "total_timeout_s", request.total_timeout_s);
  request.follow_redirects = false;
  request.verify_tls = bool_field(L, 1, "verify_tls", true);
  read_certificate(L, 1, request.certificate);
  read_limits(L, 1, asked.limits);
  asked.attempt = static_cast<std::uint32_t>(number_field(L, 1, "attempt", 1));
  asked.seconds_before = number_field(L, 1, "seconds_before", 0);
  asked.redirects = static_cast<std::uint32_t>(number_field(L, 1, "redirects", 0));
  asked.first_url = text_field(L, 1, "first_url");

  Task* task = Vm::of(L).current();
  const std::shared_ptr<ResourceProgress> progress =
      task != nullptr && task->context() != nullptr ? task->context()->progress : nullptr;
  return Task::wait(L, std::make_unique<HttpAwait>(Vm::of(L).owner()->engine(), std::move(asked), progress));
}

// native.retry_decision(policy, attempts_made, response or error, is_temporary or nil): how long to wait before the
// next attempt, in seconds, and why there is one; nothing if there is none. `policy` has attempts, backoff_s,
// backoff_s_limit, respect_retry_after. `is_temporary`: what the script itself thinks of it.
int retry_decision(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  RetryPolicy policy;
  policy.attempts_max = static_cast<std::uint32_t>(number_field(L, 1, "attempts", policy.attempts_max));
  policy.backoff_s = number_field(L, 1, "backoff_s", policy.backoff_s);
  policy.backoff_s_limit = number_field(L, 1, "backoff_s_limit", policy.backoff_s_limit);
  policy.respect_retry_after = bool_field(L, 1, "respect_retry_after", true);
  if (lua_isboolean(L, 4)) policy.is_temporary = lua_toboolean(L, 4) != 0;
  const auto made = static_cast<std::uint32_t>(luaL_checkinteger(L, 2));
  const LuaResponse* response = to_object<LuaResponse>(L, 3);
  const Status* error = response == nullptr ? to_status(L, 3) : nullptr;
  if (response == nullptr && error == nullptr) return luaL_argerror(L, 3, "a response or an error");
  Engine& engine = Vm::of(L).owner()->engine();
  const std::int64_t now_us = engine.env().now_us();
  const RetryDecision decision = response != nullptr ? decide(policy, made, response->outcome.response, now_us)
                                                     : decide(policy, made, Result<HttpResponse>(*error), now_us);
  if (!decision.retry) return 0;
  lua_pushnumber(L, engine.http().is_network() ? decision.wait_s : 0);
  push_text(L, decision.why);
  return 2;
}

// native.http_date(text): seconds since 1970 of a date in a header; nil if it is none
int http_date(lua_State* L) {
  const std::optional<std::int64_t> date_us = parse_http_date(luaL_checkstring(L, 1));
  if (!date_us) return 0;
  lua_pushnumber(L, static_cast<double>(*date_us) / 1e6);
  return 1;
}

// native.url_parts(url): { scheme, host, port, path, query, target }; raises for what is no URL
int url_parts(lua_State* L) {
  const Result<Url> url = parse_url(luaL_checkstring(L, 1));
  if (!url.ok()) raise(L, Status(url.status()));
  lua_createtable(L, 0, 6);
  for (const auto& [name, text] : {std::pair<const char*, std::string>{"scheme", url->scheme},
                                   {"host", url->host},
                                   {"path", url->path.empty() ? "/" : url->path},
                                   {"query", url->query},
                                   {"target", url->target()}}) {
    push_text(L, text);
    lua_setfield(L, -2, name);
  }
  lua_pushinteger(L, url->port);
  lua_setfield(L, -2, "port");
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

// native.is_secret_name(name): whether a header or parameter of that name usually holds a secret
int is_secret_name_of(lua_State* L) {
  lua_pushboolean(L, is_secret_name(luaL_checkstring(L, 1)));
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
  for (const luaL_Reg& function :
       {luaL_Reg{"http_request", http_request}, luaL_Reg{"url_join", url_join}, luaL_Reg{"url_resolve", url_resolve},
        luaL_Reg{"form_encode", form_encode_params}, luaL_Reg{"url_with_query", url_with_query},
        luaL_Reg{"url_sanitise", url_sanitise}, luaL_Reg{"is_secret_name", is_secret_name_of},
        luaL_Reg{"base64", base64}, luaL_Reg{"retry_decision", retry_decision}, luaL_Reg{"http_date", http_date},
        luaL_Reg{"url_parts", url_parts}}) {
    lua_pushcfunction(L, function.func);
    lua_setfield(L, -2, function.name);
  }
}

}  // namespace lode::lua
