// Signing in, in Lua: the listener that a browser comes back to, questions to a person, pages shown to them, and tokens
// that a service has replaced.
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

#include "config/files/secrets_file.h"
#include "config/files/toml.h"
#include "http/crypto.h"
#include "http/loopback_listener.h"
#include "lua/config_query.h"
#include "lua/convert.h"
#include "lua/modules.h"
#include "lua/object.h"
#include "lua/script_run.h"
#include "lua/secret_value.h"
#include "lua/status_value.h"
#include "lua/task.h"
#include "runtime/engine.h"

namespace lode::lua {
namespace {

// What the listener has heard, and who waits for it. Engine's thread only.
struct Heard {
  std::optional<std::pair<FormPairs, bool>> answer;
  Waker waker;
};

struct Loopback {
  std::shared_ptr<Heard> heard;
  std::unique_ptr<LoopbackListener> listener;
};

}  // namespace

template <>
struct TypeName<Loopback> {
  static constexpr const char* kName = "lode.loopback";
};

namespace {

Engine& engine_of(lua_State* L) { return Vm::of(L).owner()->engine(); }

class AnswerAwait : public Await {
 public:
  AnswerAwait(Engine& engine, std::shared_ptr<Heard> heard, double seconds)
      : heard_(std::move(heard)), over_(std::make_shared<bool>(false)) {
    engine.loop().post_after(static_cast<std::int64_t>(seconds * 1e6), [heard = heard_, over = over_] {
      *over = true;
      if (heard->waker) heard->waker();
    });
  }
  bool poll(const Turn& turn) override {
    heard_->waker = turn.waker;
    return heard_->answer.has_value() || *over_;
  }
  int push(lua_State* L) override {
    heard_->waker = nullptr;
    if (!heard_->answer) return 0;
    lua_newtable(L);
    for (const auto& [name, value] : heard_->answer->first) {
      lua_getfield(L, -1, name.c_str());
      const bool is_new = lua_isnil(L, -1);
      lua_pop(L, 1);
      if (!is_new) continue;
      if (name == "code") {
        push_secret(L, Secret(value));
      } else {
        push_text(L, value);
      }
      lua_setfield(L, -2, name.c_str());
    }
    lua_pushboolean(L, heard_->answer->second);
    return 2;
  }

 private:
  std::shared_ptr<Heard> heard_;
  std::shared_ptr<bool> over_;
};

// native.loopback(port, path, state): a listener on this machine, or nil and an error
int open_loopback(lua_State* L) {
  const lua_Integer port = luaL_checkinteger(L, 1);
  if (port < 0 || port > 65535) return luaL_argerror(L, 1, "a port, 0 to 65535");
  LoopbackListener::Options options;
  options.port = static_cast<std::uint16_t>(port);
  options.path = luaL_checkstring(L, 2);
  options.state = luaL_checkstring(L, 3);
  auto heard = std::make_shared<Heard>();
  EventLoop& loop = engine_of(L).loop();
  Result<std::unique_ptr<LoopbackListener>> listener =
      LoopbackListener::open(std::move(options), [heard, &loop](FormPairs fields, bool fits) {
        loop.post([heard, fields = std::move(fields), fits] {
          heard->answer.emplace(fields, fits);
          if (heard->waker) heard->waker();
        });
      });
  if (!listener.ok()) return answer_error(L, std::move(listener).status());
  push_object<Loopback>(L, Loopback{std::move(heard), std::move(*listener)});
  return 1;
}

// loopback:port()
int loopback_port(lua_State* L) {
  const Loopback& loopback = check_object<Loopback>(L, 1);
  lua_pushinteger(L, loopback.listener == nullptr ? 0 : loopback.listener->port());
  return 1;
}

// loopback:wait(seconds): the fields of the answer, its code as a secret, and whether its state fits; nil if none came
int loopback_wait(lua_State* L) {
  const Loopback& loopback = check_object<Loopback>(L, 1);
  return Task::wait(L, std::make_unique<AnswerAwait>(engine_of(L), loopback.heard, luaL_checknumber(L, 2)));
}

// loopback:close()
int loopback_close(lua_State* L) {
  check_object<Loopback>(L, 1).listener.reset();
  return 0;
}

// native.ask(question, is_hidden): what a person answers, a secret if hidden; nil if nobody is there. Blocks.
int ask_person(lua_State* L) {
  const std::string question = luaL_checkstring(L, 1);
  const bool is_hidden = lua_toboolean(L, 2) != 0;
  const AskPerson& ask = engine_of(L).ask();
  const std::optional<Secret> answer = ask ? ask(question, is_hidden) : std::nullopt;
  if (!answer) return 0;
  if (is_hidden) {
    push_secret(L, *answer);
  } else {
    push_text(L, answer->reveal());
  }
  return 1;
}

// native.open_url(url): whether a page was opened for a person to see
int open_url(lua_State* L) {
  const std::string url = luaL_checkstring(L, 1);
  const auto& open = engine_of(L).open_url();
  lua_pushboolean(L, open && open(url));
  return 1;
}

// native.random_text(bytes): so many random bytes in base64url
int random_text(lua_State* L) {
  const lua_Integer count = luaL_checkinteger(L, 1);
  if (count < 1 || count > 1024) return luaL_argerror(L, 1, "1 to 1024");
  push_text(L, base64url_encode(random_bytes(static_cast<std::size_t>(count))));
  return 1;
}

Config& config_of(lua_State* L) { return Vm::of(L).owner()->config(); }

int push_reason(lua_State* L, std::string_view reason) {
  lua_pushnil(L);
  push_text(L, std::string(reason));
  return 2;
}

// Whether the place of a value is a file that values are written to.
bool is_in_file(const Found& found) {
  return found.provider == "secrets.toml" && found.place.find(" -> ") == std::string::npos;
}

// native.secret_renew(query, old, new): what a service has put in the place of a secret is found from now on, and
// stands where the old one stood: true; or nil and why it does not stand there
int secret_renew(lua_State* L) {
  const ConfigQuery query = read_query(L, 1);
  std::string old_text;
  std::string new_text;
  if (!read_text_or_secret(L, 2, old_text)) return luaL_argerror(L, 2, "text or a secret");
  if (!read_text_or_secret(L, 3, new_text)) return luaL_argerror(L, 3, "text or a secret");
  const Secret old(std::move(old_text));
  const Secret fresh(std::move(new_text));
  const Config& config = config_of(L);
  const Result<std::optional<Found>> found = config.locate(query);
  if (!found.ok()) return push_reason(L, found.status().message());
  if (!*found) return push_reason(L, "it has no key of its own");
  const Found& place = **found;
  config.renew(place.path, old, fresh);
  if (!is_in_file(place)) return push_reason(L, fmt::format("it stands in {} ({})", place.provider, place.place));
  const Result<SecretChange> change =
      write_secret(engine_of(L).env(), place.place, place.path, fresh, config.cipher(), {Protection::kAsBefore, old});
  if (!change.ok()) return push_reason(L, change.status().message());
  if (change->was_replaced) return push_reason(L, fmt::format("{} has another one by now", place.place));
  lua_pushboolean(L, 1);
  return 1;
}

// native.secret_stored(query): the secret as its file has it now, which another program may have changed; nil if it
// stands in no file
int secret_stored(lua_State* L) {
  const Config& config = config_of(L);
  const Result<std::optional<Found>> found = config.locate(read_query(L, 1));
  if (!found.ok() || !*found || !is_in_file(**found)) return 0;
  Result<std::string> text = engine_of(L).env().read_file((*found)->place);
  if (!text.ok()) return 0;
  Result<json::Value> document = parse_toml(*text, (*found)->place);
  wipe(*text);
  const json::Value* value = document.ok() ? find_at(*document, (*found)->path.parts) : nullptr;
  std::optional<Secret> secret;
  if (value != nullptr && is_encrypted_value(*value)) {
    const Result<Secret> plain = config.cipher().decrypt({(*found)->path, value->as_text()});
    if (plain.ok()) secret = *plain;
  } else if (value != nullptr && value->is_text()) {
    secret = Secret(value->as_text());
  }
  if (document.ok()) wipe(*document);
  if (!secret) return 0;
  push_secret(L, *secret);
  return 1;
}

}  // namespace

void open_sign_in(lua_State* L) {
  register_type<Loopback>(L, {{"port", loopback_port}, {"wait", loopback_wait}, {"close", loopback_close}});
  for (const luaL_Reg& function : {luaL_Reg{"loopback", open_loopback}, luaL_Reg{"ask", ask_person},
                                   luaL_Reg{"open_url", open_url}, luaL_Reg{"random_text", random_text},
                                   luaL_Reg{"secret_renew", secret_renew}, luaL_Reg{"secret_stored", secret_stored}}) {
    lua_pushcfunction(L, function.func);
    lua_setfield(L, -2, function.name);
  }
}

}  // namespace lode::lua
