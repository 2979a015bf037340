// TLS: encrypted connections to servers whose certificate we check. OpenSSL inside.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "env/env.h"
#include "http/message.h"
#include "http/socket.h"

namespace lode {

/// What came of one attempt to move bytes without waiting.
struct Moved {
  enum class Kind {
    kBytes,      ///< `count` bytes moved
    kWantRead,   ///< try again when the socket is readable
    kWantWrite,  ///< try again when it is writable
    kEnd,        ///< the peer said that nothing more comes
    kBroken,     ///< `why` says what happened
  };
  Kind kind = Kind::kBytes;
  std::size_t count = 0;
  std::string why;
  bool hung_up = false;  ///< kBroken: the peer or the network cut the line, rather than said something wrong
};

/// The trusted certificates, loaded once. Thread-safe.
class TlsContext {
 public:
  /// Trusts `ca_path` (a file or a folder of PEM certificates); "": REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or SSL_CERT_FILE
  /// when set, else what the system trusts. Errors: kHttpTls, naming the file and who named it.
  static Result<std::shared_ptr<TlsContext>> load(Env& env, const std::string& ca_path);
  ~TlsContext();

 private:
  friend class TlsSession;
  struct Impl;
  explicit TlsContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// What one request wants of the encryption.
struct TlsTerms {
  bool verify = true;
  ClientCertificate certificate;
};

/// TLS on one connected socket, which it does not own and which must live longer. Used by one thread at a time.
class TlsSession {
 public:
  /// Errors: kHttpTls (certificate, ours too, name, protocol; with the reason), kHttpConnect (the peer hung up),
  /// kHttpTimeout, kCancelled.
  static Result<std::unique_ptr<TlsSession>> handshake(std::shared_ptr<TlsContext> context, int fd,
                                                       const Endpoint& server, const TlsTerms& terms, double timeout_s,
                                                       const StopEvent& stop);
  ~TlsSession();  ///< says goodbye if that needs no waiting

  Moved read(char* bytes, std::size_t size);
  Moved write(const char* bytes, std::size_t size);
  /// Whether an idle session is still good: no data, no close. Handles what the protocol itself sends while idle.
  bool is_idle();

 private:
  struct Impl;
  explicit TlsSession(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lode
