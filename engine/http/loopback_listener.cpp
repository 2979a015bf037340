// LoopbackListener: hears the one answer that a browser brings back from a sign-in.
#include "http/loopback_listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>
#include <vector>

#include "http/stop_event.h"

namespace lode {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kVisitorsMax = 16;  // browsers open connections that they may need
constexpr std::chrono::seconds kPatience{10};
constexpr std::chrono::milliseconds kLook{500};

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 421:
      return "Misdirected Request";
    case 431:
      return "Request Header Fields Too Large";
    default:
      return "Bad Request";
  }
}

// What came in the query is not repeated: anybody may have put it there.
std::string page(int status, std::string_view title, std::string_view text) {
  const std::string body = fmt::format(
      "<!doctype html><html lang=en><meta charset=utf-8><title>lode</title>"
      "<body style=\"font:16px sans-serif;max-width:30em;margin:15vh auto;padding:0 1em\">"
      "<h1 style=\"font-size:1.3em\">{}</h1><p>{}</p></body></html>\n",
      title, text);
  return fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n"
      "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n"
      "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n\r\n{}",
      status, reason_of(status), body.size(), body);
}

Status cannot_listen(std::uint16_t port, int number) {
  const bool is_taken = number == EADDRINUSE;
  if (!is_taken && number != EACCES) {
    return Status::error(Code::kIo, fmt::format("cannot listen on 127.0.0.1: {}", std::strerror(number)));
  }
  return Status::error(Code::kSignInPort,
                       fmt::format("port {} of this machine {}", port, is_taken ? "is in use" : "is not ours to take"))
      .hint("another one:  --port N  (0: any that is free); the app must be registered with that address");
}

}  // namespace

struct LoopbackListener::Visitor {
  explicit Visitor(int descriptor) : socket(descriptor), until(Clock::now() + kPatience) {}
  Visitor(Visitor&& other) noexcept
      : socket(std::exchange(other.socket, -1)), until(other.until), bytes(std::move(other.bytes)) {}
  Visitor& operator=(Visitor&& other) noexcept {
    std::swap(socket, other.socket);
    std::swap(until, other.until);
    std::swap(bytes, other.bytes);
    return *this;
  }
  ~Visitor() { leave(); }
  void leave() {
    if (socket >= 0) ::close(socket);
    socket = -1;
  }

  int socket;
  Clock::time_point until;
  std::string bytes;
};

Result<std::unique_ptr<LoopbackListener>> LoopbackListener::open(Options options, OnAnswer on_answer) {
  std::unique_ptr<LoopbackListener> listener(new LoopbackListener(std::move(options), std::move(on_answer)));
  const std::uint16_t port = listener->options_.port;
  listener->socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener->socket_ < 0) return cannot_listen(port, errno);
  const int on = 1;  // a listener that just ended does not keep the port
  ::setsockopt(listener->socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t size = sizeof address;
  auto* const place = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener->socket_, place, size) != 0 || ::listen(listener->socket_, 8) != 0 ||
      ::getsockname(listener->socket_, place, &size) != 0) {
    return cannot_listen(port, errno);
  }
  listener->port_ = ntohs(address.sin_port);
  listener->thread_ = std::thread([self = listener.get()] { self->serve(); });
  return listener;
}

LoopbackListener::~LoopbackListener() {
  stop_.request_stop();
  if (thread_.joinable()) thread_.join();
  if (socket_ >= 0) ::close(socket_);
}

void LoopbackListener::serve() {
  const StopEvent stop(stop_.get_token());
  std::vector<Visitor> visitors;
  while (!stop.requested()) {
    std::vector<pollfd> watched = {{stop.fd(), POLLIN, 0}};
    for (const Visitor& visitor : visitors) watched.push_back({visitor.socket, POLLIN, 0});
    if (visitors.size() < kVisitorsMax) watched.push_back({socket_, POLLIN, 0});
    ::poll(watched.data(), watched.size(), static_cast<int>(kLook.count()));
    for (std::size_t i = 0; i < visitors.size(); ++i) {
      if (watched[i + 1].revents != 0) read_from(visitors[i]);
    }
    const auto now = Clock::now();
    std::erase_if(visitors, [now](const Visitor& visitor) { return visitor.socket < 0 || visitor.until < now; });
    if (watched.size() > 1 && watched.back().fd == socket_ && watched.back().revents != 0) {
      const int descriptor = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (descriptor >= 0) visitors.emplace_back(descriptor);
    }
  }
}

void LoopbackListener::read_from(Visitor& visitor) {
  char buffer[4096];
  const ssize_t count = ::recv(visitor.socket, buffer, sizeof buffer, 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return visitor.leave();
  visitor.bytes.append(buffer, static_cast<std::size_t>(count));
  const std::optional<LoopbackRequest> request = read_loopback_request(visitor.bytes, port_);
  if (!request) return;
  const std::string text = answer(*request);
  // A page is far smaller than what the system takes at once.
  const ssize_t sent = ::send(visitor.socket, text.data(), text.size(), MSG_NOSIGNAL);
  if (sent > 0) ::shutdown(visitor.socket, SHUT_WR);
  visitor.leave();
  if (heard_) std::exchange(heard_, nullptr)();
}

std::string LoopbackListener::answer(const LoopbackRequest& request) {
  if (request.refusal != 0) return page(request.refusal, "No", "This is not for a browser to ask.");
  if (request.path != options_.path) return page(404, "Nothing here", "This address only waits for a sign-in.");
  const std::string error = request.field("error");
  if (request.field("code").empty() && error.empty()) {
    return page(400, "No sign-in in this address", "Neither a code nor an error came with it.");
  }
  const bool fits = request.field("state") == options_.state;
  if (on_answer_) {
    heard_ = [take = std::exchange(on_answer_, nullptr), fields = request.query, fits] { take(fields, fits); };
  }
  if (!fits)
    return page(400, "Not this sign-in", "The answer belongs to another sign-in. Start again in the terminal.");
  if (!error.empty()) return page(200, "Not signed in", "The terminal says why. You can close this window.");
  return page(200, "lode has the answer", "You can close this window and go back to the terminal.");
}

}  // namespace lode
