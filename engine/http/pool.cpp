// ConnectionPool: idle connections, kept for the next request to the same server.
#include "http/pool.h"

#include <algorithm>

namespace lode {

std::unique_ptr<Connection> ConnectionPool::take(const std::string& server, std::int64_t now_us,
                                                 std::int64_t idle_max_us) {
  for (;;) {
    std::unique_ptr<Connection> connection;
    {
      const std::lock_guard lock(mutex_);
      const auto found = idle_.find(server);
      if (found == idle_.end() || found->second.empty()) return nullptr;
      // If the newest is too old, so are all others.
      const Connection& newest = *found->second.back();
      if (now_us - newest.idle_since_us > idle_max_us) return nullptr;
      connection = std::move(found->second.back());
      found->second.pop_back();
    }
    const std::int64_t idle_us = now_us - connection->idle_since_us;
    if (idle_us <= std::min(idle_limit_us_, connection->idle_limit_us) && connection->is_idle()) return connection;
  }
}

void ConnectionPool::put(const std::string& server, std::unique_ptr<Connection> connection, std::int64_t now_us) {
  std::vector<std::unique_ptr<Connection>> to_close;  // outside the lock
  const std::lock_guard lock(mutex_);
  for (auto it = idle_.begin(); it != idle_.end();) {
    Idle& idle = it->second;
    const auto fresh = std::find_if(idle.begin(), idle.end(), [&](const auto& candidate) {
      return now_us - candidate->idle_since_us <= idle_limit_us_;
    });
    std::move(idle.begin(), fresh, std::back_inserter(to_close));
    idle.erase(idle.begin(), fresh);
    it = idle.empty() && it->first != server ? idle_.erase(it) : std::next(it);
  }
  connection->idle_since_us = now_us;
  Idle& idle = idle_[server];
  idle.push_back(std::move(connection));
  if (idle.size() > idle_per_server_max_) {
    to_close.push_back(std::move(idle.front()));
    idle.erase(idle.begin());
  }
}

}  // namespace lode
