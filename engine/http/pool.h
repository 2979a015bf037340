// ConnectionPool: idle connections, kept for the next request to the same server. Private to this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "http/connection.h"

namespace lode {

/// Thread-safe.
class ConnectionPool {
 public:
  ConnectionPool(std::uint32_t idle_per_server_max, std::int64_t idle_limit_us)
      : idle_per_server_max_(idle_per_server_max), idle_limit_us_(idle_limit_us) {}

  /// The connection to `server` that rested the shortest, checked to be alive and idle for at most `idle_max_us`; null
  /// if there is none.
  std::unique_ptr<Connection> take(const std::string& server, std::int64_t now_us, std::int64_t idle_max_us);
  /// Keeps it, or closes it when there are enough.
  void put(const std::string& server, std::unique_ptr<Connection> connection, std::int64_t now_us);

 private:
  using Idle = std::vector<std::unique_ptr<Connection>>;
  const std::uint32_t idle_per_server_max_;
  const std::int64_t idle_limit_us_;
  std::mutex mutex_;
  std::unordered_map<std::string, Idle> idle_;
};

}  // namespace lode
