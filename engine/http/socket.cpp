// Sockets: finding a host, connecting, and waiting, all of it interruptible.
//
// getaddrinfo() cannot be interrupted and may take half a minute when a name server is silent. It therefore runs in a
// thread of its own that owns what it works on; whoever is cancelled or out of time leaves it behind.
#include "http/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <memory>
#include <system_error>
#include <thread>
#include <vector>

#include "base/text.h"

namespace lode {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kNextAddressAfter{250};
constexpr milliseconds kAskingInterval{50};

std::string errno_text(int error) {
  switch (error) {
    case ECONNREFUSED:
      return "connection refused";
    case ETIMEDOUT:
      return "no answer";
    case EHOSTUNREACH:
      return "no route to the host";
    case ENETUNREACH:
      return "the network is unreachable";
    default:
      return to_lower(std::system_category().message(error));
  }
}

// Milliseconds for poll(), rounded up; -1 for ever.
int poll_timeout(Deadline deadline) {
  if (deadline == Deadline::max()) return -1;
  const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000'000));
}

// Waits for any of `fds`; a stop counts as more important than readiness.
Wait wait_for_any(std::vector<pollfd>& fds, Deadline deadline, const StopEvent& stop) {
  fds.push_back({stop.fd(), POLLIN, 0});  // a negative descriptor is ignored
  for (;;) {
    const Deadline until = stop.needs_asking() ? std::min(deadline, Clock::now() + kAskingInterval) : deadline;
    const int ready = poll(fds.data(), fds.size(), poll_timeout(until));
    const bool stopped = stop.requested();
    if (stopped || ready > 0 || (ready == 0 && Clock::now() >= deadline)) {
      fds.pop_back();
      return stopped ? Wait::kStopped : ready > 0 ? Wait::kReady : Wait::kTimeout;
    }
  }
}

Status cancelled() { return Status::error(Code::kCancelled, "cancelled"); }

Status connect_timeout(const Endpoint& endpoint, double timeout_s, std::string_view what) {
  return Status::error(Code::kHttpTimeout, fmt::format("cannot connect to {} within {}: {}", endpoint.text(),
                                                       show_seconds(timeout_s), what));
}

// ---- finding a host ----

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

// One question to the resolver. Shared by the thread that asks and the one that waits; the last one frees it.
struct Lookup {
  std::string host;
  std::string service;
  Socket done{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};  // readable once `error` and `list` are set
  int error = 0;
  Addresses list;

  // Asks for both families whatever this machine has configured: a server on ::1 or 127.0.0.1 needs no interface.
  void ask(int flags) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    error = getaddrinfo(host.c_str(), service.c_str(), &hints, &found);
    if (error == 0) list.reset(found);
  }
};

Status host_unknown(const Endpoint& endpoint, int error) {
  return Status::error(Code::kHttpConnect,
                       fmt::format("cannot find the host '{}': {}", endpoint.host, to_lower(gai_strerror(error))));
}

Result<Addresses> find_host(const Endpoint& endpoint, Deadline deadline, double timeout_s, const StopEvent& stop) {
  auto lookup = std::make_shared<Lookup>();
  lookup->host = endpoint.host;
  lookup->service = std::to_string(endpoint.port);
  lookup->ask(AI_NUMERICHOST);  // an address asks nobody
  if (lookup->error == 0) return std::move(lookup->list);

  std::thread thread;
  try {
    if (lookup->done.is_open()) {
      thread = std::thread([lookup] {
        lookup->ask(0);
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = write(lookup->done.fd(), &one, sizeof one);
      });
    }
  } catch (const std::system_error&) {
    // No thread to be had: ask in this one.
  }
  if (!thread.joinable()) {
    lookup->ask(0);
  } else if (const Wait wait = wait_for(lookup->done.fd(), POLLIN, deadline, stop); wait == Wait::kReady) {
    thread.join();
  } else {
    thread.detach();
    if (wait == Wait::kStopped) return cancelled();
    return connect_timeout(endpoint, timeout_s, "the name server does not answer");
  }
  if (lookup->error != 0) return host_unknown(endpoint, lookup->error);
  return std::move(lookup->list);
}

// ---- connecting ----

std::string address_text(const addrinfo& address) {
  char host[NI_MAXHOST] = "";
  char service[NI_MAXSERV] = "";
  getnameinfo(address.ai_addr, address.ai_addrlen, host, sizeof host, service, sizeof service,
              NI_NUMERICHOST | NI_NUMERICSERV);
  return address.ai_family == AF_INET6 ? fmt::format("[{}]:{}", host, service) : fmt::format("{}:{}", host, service);
}

// Tries the addresses of one host side by side, each a little later than the one before (RFC 8305 in small).
class Race {
 public:
  Race(const Endpoint& endpoint, const addrinfo* addresses) : endpoint_(endpoint), next_(addresses) {}

  Result<Socket> run(Deadline deadline, double timeout_s, const StopEvent& stop) {
    Deadline next_start = Clock::now();
    for (;;) {
      const auto now = Clock::now();
      if (next_ != nullptr && (now >= next_start || runners_.empty())) {
        if (Socket winner = start_next(); winner.is_open()) return winner;
        next_start = now + kNextAddressAfter;
        continue;
      }
      if (runners_.empty()) return refused();
      std::vector<pollfd> fds;
      for (const Runner& runner : runners_) fds.push_back({runner.socket.fd(), POLLOUT, 0});
      const Wait wait = wait_for_any(fds, next_ == nullptr ? deadline : std::min(deadline, next_start), stop);
      if (wait == Wait::kStopped) return cancelled();
      if (wait == Wait::kReady) {
        if (Socket winner = first_across(fds); winner.is_open()) return winner;
      } else if (Clock::now() >= deadline) {
        return connect_timeout(endpoint_, timeout_s, "no answer");
      }
    }
  }

 private:
  struct Runner {
    Socket socket;
    const addrinfo* address;
  };

  // Open only when the connection is there at once.
  Socket start_next() {
    const addrinfo* address = next_;
    next_ = address->ai_next;
    Socket socket(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
    if (!socket.is_open()) {
      note(*address, errno);
      return {};
    }
    const int on = 1;
    setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(socket.fd(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    if (connect(socket.fd(), address->ai_addr, address->ai_addrlen) == 0) return socket;
    if (errno == EINPROGRESS) {
      runners_.push_back({std::move(socket), address});
    } else {
      note(*address, errno);
    }
    return {};
  }

  Socket first_across(const std::vector<pollfd>& fds) {
    for (std::size_t i = fds.size(); i-- > 0;) {
      if (fds[i].revents == 0) continue;
      int error = 0;
      socklen_t size = sizeof error;
      getsockopt(runners_[i].socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
      if (error == 0) return std::move(runners_[i].socket);
      note(*runners_[i].address, error);
      runners_.erase(runners_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return {};
  }

  void note(const addrinfo& address, int error) { failures_.push_back({address_text(address), errno_text(error)}); }

  Status refused() const {
    LODE_ASSERT(!failures_.empty());
    Status status = Status::error(Code::kHttpConnect,
                                  fmt::format("cannot connect to {}: {}", endpoint_.text(), failures_.front().second));
    for (const auto& [address, why] : failures_) {
      if (failures_.size() > 1 || address != endpoint_.text()) status.note(fmt::format("{}: {}", address, why));
    }
    return status;
  }

  const Endpoint& endpoint_;
  const addrinfo* next_;
  std::vector<Runner> runners_;
  std::vector<std::pair<std::string, std::string>> failures_;
};

}  // namespace

std::string Endpoint::text() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

Deadline deadline_in(double seconds) {
  constexpr double kYear = 365.0 * 86'400;
  if (!(seconds > 0) || seconds > kYear) return Deadline::max();
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

Wait wait_for(int fd, short events, Deadline deadline, const StopEvent& stop) {
  std::vector<pollfd> fds;
  fds.reserve(2);
  fds.push_back({fd, events, 0});
  return wait_for_any(fds, deadline, stop);
}

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

int Socket::release() {
  const int fd = fd_;
  fd_ = -1;
  return fd;
}

void Socket::reset() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

Result<Socket> connect_to(const Endpoint& endpoint, double timeout_s, const StopEvent& stop) {
  if (stop.requested()) return cancelled();
  const Deadline deadline = deadline_in(timeout_s);
  LODE_ASSIGN(const Addresses addresses, find_host(endpoint, deadline, timeout_s, stop));
  return Race(endpoint, addresses.get()).run(deadline, timeout_s, stop);
}

}  // namespace lode
