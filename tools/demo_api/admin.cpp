// How tests and demos steer the server.
#include "admin.h"

#include "timestamps.h"
#include "value_sink.h"

namespace lode::demo_api {
namespace {

constexpr std::int64_t kAdvanceMinutesMax = 525'600;  // a year

Reply advance(World& world, const Query& query) {
  const auto minutes = query.integer("minutes", 60);
  if (!minutes || *minutes < 1 || *minutes > kAdvanceMinutesMax) {
    return error_reply(400, "bad_request", "minutes must be 1 to " + std::to_string(kAdvanceMinutesMax));
  }
  const std::unique_lock lock(world.studio_mutex);
  world.studio.advance(*minutes);
  JsonWriter out;
  out.begin_object();
  out.field("generation", world.studio.generation());
  out.field("now", format_timestamp(world.studio.now_us(), 0));
  out.end_object();
  return {.body = out.take()};
}

Reply truth(World& world, const Query& query) {
  std::optional<std::int64_t> since_us;
  if (const std::string* text = query.find("updated_since")) {
    since_us = parse_timestamp(*text);
    if (!since_us) return error_reply(400, "bad_request", "updated_since is not an ISO 8601 time: " + *text);
  }
  const std::shared_lock lock(world.studio_mutex);
  return {.body = truth_json(world.studio, since_us)};
}

Reply show_faults(World& world) {
  JsonWriter out;
  out.begin_object();
  out.field("faults", world.faults.spec());
  out.end_object();
  return {.body = out.take()};
}

/// The spec is the "spec" parameter, else the request's body.
Reply set_faults(World& world, const Query& query, const std::string& body) {
  const std::string* parameter = query.find("spec");
  const std::string spec = parameter != nullptr ? *parameter : body;
  auto parsed = parse_faults(spec);
  if (const auto* problem = std::get_if<std::string>(&parsed)) return error_reply(400, "bad_fault_spec", *problem);
  world.faults.set(std::get<std::vector<FaultRule>>(std::move(parsed)), spec);
  return show_faults(world);
}

Reply reset_stats(World& world) {
  world.stats.reset();
  return {.body = world.stats.summary_json()};
}

Reply list_routes() {
  JsonWriter out;
  out.begin_object();
  out.begin_list("endpoints");
  for (const Route& route : routes()) out.text(std::string(route.method) + " " + std::string(route.name));
  for (const char* name : {"GET /admin/truth", "GET /admin/stats", "POST /admin/stats/reset", "GET /admin/requests",
                           "GET /admin/faults", "POST /admin/faults", "POST /admin/advance"}) {
    out.text(name);
  }
  out.end_list();
  out.end_object();
  return {.body = out.take()};
}

}  // namespace

Reply answer_admin(World& world, const std::string& method, const std::string& path, const Query& query,
                   const std::string& body) {
  if (method == "GET") {
    if (path == "/") return list_routes();
    if (path == "/admin/truth") return truth(world, query);
    if (path == "/admin/stats") return {.body = world.stats.summary_json()};
    if (path == "/admin/requests") return {.body = world.stats.requests_json()};
    if (path == "/admin/faults") return show_faults(world);
  }
  if (method == "POST") {
    if (path == "/admin/advance") return advance(world, query);
    if (path == "/admin/faults") return set_faults(world, query, body);
    if (path == "/admin/stats/reset") return reset_stats(world);
  }
  return error_reply(404, "not_found", "there is no " + method + " " + path);
}

}  // namespace lode::demo_api
