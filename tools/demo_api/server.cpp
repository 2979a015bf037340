// The only file of the server that knows cpp-httplib.
#include "server.h"

#include <httplib.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "admin.h"
#include "connections.h"
#include "endpoints.h"
#include "replies.h"

namespace lode::demo_api {
namespace {

// A connection that is kept alive holds a thread while it idles, so there must be more threads than any client under
// test opens connections.
constexpr std::size_t kThreads = 64;
constexpr std::size_t kRequestsPerConnectionMax = 1'000'000'000;
constexpr int kListenBacklog = 512;
constexpr std::chrono::seconds kLastRepliesTimeout(10);  // for clients that do not read what they asked for

// A thread serves one connection at a time, one request after the other: this is whether the one that it is at has been
// taken up. Replies that cpp-httplib makes by itself, as to a garbled request, were never taken up.
thread_local bool taken_up = false;

std::string base_url_of(const httplib::Request& request, int port) {
  const std::string host = request.get_header_value("Host");
  return "http://" + (host.empty() ? "127.0.0.1:" + std::to_string(port) : host);
}

/// nullopt: let in. Else the 401 to answer.
std::optional<Reply> refuse(Access access, const httplib::Request& request, const Query& query,
                            const std::string& token) {
  if (access == Access::kBearer) {
    if (request.get_header_value("Authorization") == "Bearer " + token) return std::nullopt;
    Reply reply = error_reply(401, "unauthorized", "this endpoint wants the header Authorization: Bearer TOKEN");
    reply.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"demo\"");
    return reply;
  }
  const std::string* parameter = query.find("api_key");
  if (request.get_header_value("X-Api-Key") == token || (parameter != nullptr && *parameter == token)) {
    return std::nullopt;
  }
  Reply reply = error_reply(401, "unauthorized", "this endpoint wants the header X-Api-Key, or api_key in the query");
  reply.headers.emplace_back("WWW-Authenticate", "ApiKey realm=\"demo\"");
  return reply;
}

/// Sends the reply's headers with its whole length, part of its body, and then breaks off.
void send_part(Reply reply, const FaultRule& failure, int server_port, int client_port, httplib::Response& response) {
  const auto part = static_cast<std::size_t>(static_cast<double>(reply.body.size()) * failure.part);
  const std::size_t length = reply.body.size();
  const std::size_t sent = std::min(part, length - 1);
  const bool reset = failure.kind == FaultKind::kReset;
  response.set_content_provider(length, reply.content_type,
                                [body = reply.body.substr(0, sent), reset, server_port, client_port](
                                    std::size_t, std::size_t, httplib::DataSink& sink) {
                                  if (!body.empty()) sink.write(body.data(), body.size());
                                  if (reset) reset_connection(server_port, client_port);
                                  return false;
                                });
}

void send_whole(Reply reply, httplib::Response& response) {
  if (reply.body.empty()) {
    if (reply.status == 200) response.set_header("Content-Type", reply.content_type);
    return;
  }
  if (reply.content_type.rfind("text/", 0) != 0) {
    // cpp-httplib compresses this for no client, because of the charset in its type.
    response.set_content(reply.body, reply.content_type);
    return;
  }
  // Text it would compress, unless it does not hold the body itself.
  const std::size_t length = reply.body.size();
  response.set_content_provider(
      length, reply.content_type,
      [body = std::move(reply.body)](std::size_t offset, std::size_t, httplib::DataSink& sink) {
        return sink.write(body.data() + offset, body.size() - offset);
      });
}

}  // namespace

struct Server::Http {
  explicit Http(Server& owner) : server(owner) {}
  void set_up();
  void answer(const Route& route, const httplib::Request& request, httplib::Response& response);
  void send(Reply reply, const std::optional<FaultRule>& failure, const httplib::Request& request,
            httplib::Response& response);
  Reply endpoint_reply(const Route& route, const httplib::Request& request, const Query& query,
                       const FaultDecision& decision);
  void pause(std::int64_t delay_ms);
  void take_up();
  void sent();

  Server& server;
  httplib::Server http;
  int listening_fd = -1;
};

void Server::Http::set_up() {
  http.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  http.set_keep_alive_max_count(kRequestsPerConnectionMax);
  http.set_tcp_nodelay(true);  // head and body are written apart: without it every reply waits for an ACK
  // cpp-httplib's own choice, SO_REUSEPORT, would let two servers share a port without a word.
  http.set_socket_options([this](int fd) {
    const int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    listening_fd = fd;
  });
  for (const Route& route : routes()) {
    const auto handler = [this, &route](const httplib::Request& request, httplib::Response& response) {
      answer(route, request, response);
    };
    route.method == "GET" ? http.Get(std::string(route.pattern), handler)
                          : http.Post(std::string(route.pattern), handler);
  }
  const auto admin = [this](const httplib::Request& request, httplib::Response& response) {
    Reply reply =
        answer_admin(server.world_, request.method, request.path, Query::of_target(request.target), request.body);
    send(std::move(reply), std::nullopt, request, response);
  };
  http.Get("/|/admin/.*", admin);
  http.Post("/admin/.*", admin);
  http.set_error_handler([this](const httplib::Request& request, httplib::Response& response) {
    if (response.status != 404 || response.content_length_ > 0) return;
    server.world_.stats.add("(unknown)", {request.method, request.target, 404, {}});
    send(error_reply(404, "not_found", "there is no " + request.method + " " + request.path), std::nullopt, request,
         response);
  });
  // The logger is the one thing that is called after a reply has been written.
  http.set_logger([this](const httplib::Request&, const httplib::Response&) { sent(); });
  // These have no body, and the length of none must not be stated for them.
  http.set_post_routing_handler([](const httplib::Request&, httplib::Response& response) {
    if (response.status == 204 || response.status == 304) response.headers.erase("Content-Length");
  });
}

/// One request for /v1, from the outside in: who asks, what goes wrong, what is the answer.
void Server::Http::answer(const Route& route, const httplib::Request& request, httplib::Response& response) {
  take_up();
  World& world = server.world_;
  const Stats::InFlight in_flight(world.stats);
  const Query query = Query::of_target(request.target);
  const auto finish = [&](Reply reply, FaultDecision decision) {
    if (reply.page_again) decision.names.push_back("duplicate");
    world.stats.add(std::string(route.name), {request.method, request.target, reply.status, decision.names});
    send(std::move(reply), decision.failure, request, response);
  };

  std::optional<Faults::Override> override_rules;
  if (const std::string* spec = query.find("fault")) {
    auto parsed = parse_faults(*spec);
    if (auto* problem = std::get_if<std::string>(&parsed))
      return finish(error_reply(400, "bad_fault_spec", *problem), {});
    override_rules = {*spec, std::get<std::vector<FaultRule>>(std::move(parsed))};
  }
  if (auto refusal = refuse(route.access, request, query, world.token)) return finish(std::move(*refusal), {});

  FaultDecision decision = world.faults.decide(request.path, request.target, override_rules);
  pause(decision.delay_ms);
  Reply reply = endpoint_reply(route, request, query, decision);
  finish(std::move(reply), std::move(decision));
}

Reply Server::Http::endpoint_reply(const Route& route, const httplib::Request& request, const Query& query,
                                   const FaultDecision& decision) {
  const std::string base_url = base_url_of(request, server.port_);
  if (decision.failure && replaces_reply(decision.failure->kind)) {
    return failure_reply(*decision.failure, base_url, request.path, query);
  }
  Reply reply;
  {
    const std::shared_lock lock(server.world_.studio_mutex);
    reply = route.answer({.studio = server.world_.studio,
                          .query = query,
                          .path = request.path,
                          .path_id = request.matches.size() > 1 ? request.matches[1].str() : "",
                          .body = request.body,
                          .base_url = base_url,
                          .repeated = decision.repeated});
  }
  if (reply.status == 200 && route.method == "GET") apply_etag(reply, request.get_header_value("If-None-Match"));
  if (reply.body.empty()) return reply;
  if (decision.failure && decision.failure->kind == FaultKind::kTruncated) {
    const auto part = static_cast<std::size_t>(static_cast<double>(reply.body.size()) * decision.failure->part);
    reply.body.resize(std::min(part, reply.body.size() - 1));
  }
  const bool takes_gzip = request.get_header_value("Accept-Encoding").find("gzip") != std::string::npos;
  if (decision.gzip && takes_gzip) apply_gzip(reply);
  return reply;
}

void Server::Http::send(Reply reply, const std::optional<FaultRule>& failure, const httplib::Request& request,
                        httplib::Response& response) {
  response.status = reply.status;
  for (const auto& [name, value] : reply.headers) response.set_header(name, value);
  const bool breaks_off = failure && (failure->kind == FaultKind::kReset || failure->kind == FaultKind::kCut);
  if (breaks_off && !reply.body.empty()) {
    send_part(std::move(reply), *failure, server.port_, request.remote_port, response);
  } else {
    send_whole(std::move(reply), response);
  }
}

void Server::Http::pause(std::int64_t delay_ms) {
  if (delay_ms == 0) return;
  std::unique_lock lock(server.mutex_);
  server.wake_.wait_for(lock, std::chrono::milliseconds(delay_ms), [&] { return server.stopping_; });
}

void Server::Http::take_up() {
  const std::lock_guard lock(server.mutex_);
  taken_up = true;
  ++server.unsent_;
}

void Server::Http::sent() {
  if (!taken_up) return;
  taken_up = false;
  {
    const std::lock_guard lock(server.mutex_);
    --server.unsent_;
  }
  server.wake_.notify_all();
}

Server::Server(World& world) : world_(world), http_(std::make_unique<Http>(*this)) { http_->set_up(); }
Server::~Server() = default;

bool Server::bind(int port) {
  if (port == 0) {
    port_ = http_->http.bind_to_any_port("127.0.0.1");
    if (port_ <= 0) return false;
  } else {
    if (!http_->http.bind_to_port("127.0.0.1", port)) return false;
    port_ = port;
  }
  // cpp-httplib waits for five connections at a time; a client that opens more at once would lose a second each.
  return ::listen(http_->listening_fd, kListenBacklog) == 0;
}

void Server::run() {
  http_->http.listen_after_bind();
  ended_ = true;
}

void Server::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  // cpp-httplib forgets a stop that comes before its loop has begun.
  while (!http_->http.is_running() && !ended_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  http_->http.stop();  // no new connections, and no further requests on those there are
  {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, kLastRepliesTimeout, [this] { return unsent_ == 0; });
  }
  // What is left idles, and would hold up the end by the keep-alive time.
  stop_reading(port_);
}

}  // namespace lode::demo_api
