// Servers for the client to talk to, in this process and on loopback: cpp-httplib's for what is normal, and one that
// sends exactly the bytes it is told to for what is not.
#pragma once

#include <arpa/inet.h>
#include <httplib.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.h"

namespace lode {

/// Declare it before the client: a server waits for the connections that a client keeps.
template <class Server = httplib::Server>
class HttpTestServer {
 public:
  template <class... Args>
  explicit HttpTestServer(Args&&... args) : server(std::forward<Args>(args)...) {
    server.set_pre_routing_handler([this](const httplib::Request& request, httplib::Response&) {
      const std::lock_guard lock(mutex_);
      connections_.insert(request.remote_port);
      ++requests_;
      return httplib::Server::HandlerResponse::Unhandled;
    });
    server.set_keep_alive_max_count(1000);
    port_ = server.bind_to_any_port("127.0.0.1");
    REQUIRE(port_ > 0);
  }
  ~HttpTestServer() {
    server.stop();
    if (thread_.joinable()) thread_.join();
  }

  /// Call after the routes are set.
  void start() {
    thread_ = std::thread([this] { server.listen_after_bind(); });
    while (!server.is_running()) std::this_thread::yield();
  }
  int port() const { return port_; }
  std::string url(const std::string& path, const std::string& scheme = "http") const {
    return scheme + "://127.0.0.1:" + std::to_string(port_) + path;
  }
  /// How many connections carried requests.
  std::size_t connections() {
    const std::lock_guard lock(mutex_);
    return connections_.size();
  }
  int requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  Server server;

 private:
  int port_ = 0;
  std::thread thread_;
  std::mutex mutex_;
  std::set<int> connections_;
  int requests_ = 0;
};

/// Plays one script a connection, in order, then refuses.
class RawServer {
 public:
  class Peer {
   public:
    explicit Peer(int fd) : fd_(fd) {}
    ~Peer() { close_now(); }
    /// Reads until the end of the request's headers. False when the client is gone.
    bool read_request() {
      text.clear();
      char c = 0;
      while (!text.ends_with("\r\n\r\n")) {
        if (recv(fd_, &c, 1, 0) != 1) return false;
        text += c;
      }
      return true;
    }
    /// False: the client is gone.
    bool write(std::string_view bytes) const {
      while (!bytes.empty()) {
        const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      }
      return true;
    }
    /// Until the client closes.
    void wait_for_close() const {
      char bytes[256];
      while (recv(fd_, bytes, sizeof bytes, 0) > 0) {
      }
    }
    void reset() {
      const linger abort{1, 0};
      setsockopt(fd_, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
      close_now();
    }
    void close_now() {
      if (fd_ >= 0) close(fd_);
      fd_ = -1;
    }
    int fd() const { return fd_; }
    std::string text;  ///< the request's head

   private:
    int fd_;
  };
  using Script = std::function<void(Peer&)>;

  explicit RawServer(std::vector<Script> scripts) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(listener_, 16) == 0);
    REQUIRE(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, scripts = std::move(scripts)] {
      for (const Script& script : scripts) {
        pollfd fd{listener_, POLLIN, 0};
        while (poll(&fd, 1, 20) == 0) {
          if (stopping_) return;
        }
        Peer peer(accept(listener_, nullptr, nullptr));
        ++connections;
        script(peer);
      }
    });
  }
  ~RawServer() {
    stopping_ = true;
    thread_.join();
    close(listener_);
  }
  std::string url(const std::string& path = "/") const { return "http://127.0.0.1:" + std::to_string(port_) + path; }
  int port() const { return port_; }
  std::atomic<int> connections{0};

 private:
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

/// A port on which nobody listens: taken and given back.
inline int closed_port() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  close(fd);
  return ntohs(address.sin_port);
}

}  // namespace lode
