// The HTTP side: connections, authentication, faults, ETags and compression around what the endpoints answer.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "faults.h"
#include "stats.h"
#include "studio.h"

namespace lode::demo_api {

/// What all requests share.
struct World {
  World(std::uint64_t seed, const StudioSize& size, std::string api_token)
      : studio(seed, size), token(std::move(api_token)) {}
  Studio studio;
  std::shared_mutex studio_mutex;  ///< shared while a request reads the studio, exclusive while time passes
  Faults faults;
  Stats stats;
  const std::string token;
};

/// Serves the world on the loopback interface. bind(), then run() on a thread of its own; stop() from any other.
class Server {
 public:
  explicit Server(World& world);
  ~Server();
  /// Takes the port (0: any that is free). False when it cannot be had.
  bool bind(int port);
  int port() const { return port_; }
  /// Serves until stop(). Requests under way are finished before it returns.
  void run();
  void stop();

 private:
  struct Http;  // hides cpp-httplib
  World& world_;
  int port_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;  // ends the pauses of slow replies, and stop()'s wait for the last reply
  bool stopping_ = false;
  int unsent_ = 0;  // requests whose reply is not yet out
  std::atomic<bool> ended_ = false;
  std::unique_ptr<Http> http_;
};

}  // namespace lode::demo_api
