// Connection: one line to one server, plain or encrypted, with bytes going both ways. Private to this folder.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/socket.h"
#include "http/tls.h"

namespace lode {

/// What came of waiting for bytes to arrive or to leave.
struct Transfer {
  enum class Kind { kDone, kEnd, kBroken, kTimeout, kStopped };
  Kind kind = Kind::kDone;
  std::string_view bytes;  ///< read(): what arrived; valid until the next read
  std::string why;         ///< kBroken
};

/// Used by one thread at a time. Closed when destroyed.
class Connection {
 public:
  /// Errors: as connect_to().
  static Result<std::unique_ptr<Connection>> open(const Endpoint& endpoint, double timeout_s, const StopEvent& stop);
  /// From now on everything is encrypted. Errors: as TlsSession::handshake().
  Status start_tls(std::shared_ptr<TlsContext> context, const Endpoint& server, const TlsTerms& terms, double timeout_s,
                   const StopEvent& stop);

  /// Waits until all bytes are handed to the system. `timeout_s` is for each wait without progress.
  Transfer write(std::string_view bytes, double timeout_s, const StopEvent& stop);
  /// Waits for the next bytes, at least one.
  Transfer read(double timeout_s, const StopEvent& stop);
  /// Whether a connection that rested can be used: not closed, and nothing arrived that nobody asked for. Does not
  /// wait.
  bool is_idle();

  // For the pool.
  std::int64_t idle_since_us = 0;
  std::int64_t idle_limit_us = 0;  ///< how long the server promised to keep it
  std::uint32_t requests = 0;      ///< sent over it so far

 private:
  explicit Connection(Socket socket) : socket_(std::move(socket)) {}
  Moved read_now();
  Moved write_now(std::string_view bytes);

  static constexpr std::size_t kBufferBytes = 64 * 1024;
  Socket socket_;
  std::unique_ptr<TlsSession> tls_;  // after the socket: says goodbye over it
  std::unique_ptr<char[]> buffer_;
};

}  // namespace lode
