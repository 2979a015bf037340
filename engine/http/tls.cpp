// TLS: encrypted connections to servers whose certificate we check. The only file that includes OpenSSL's SSL headers.
#include "http/tls.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <system_error>
#include <utility>

#include "base/text.h"

namespace lode {
namespace {

// ---- a BIO that never raises SIGPIPE: OpenSSL's own writes with write(), which would end a host that has no handler
// ----

int fd_of(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

int bio_write(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent = send(fd_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t received = recv(fd_of(bio), bytes, static_cast<std::size_t>(size), 0);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  if (received == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(received);
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
  return 0;
}

const BIO_METHOD* bio_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "lode socket");
    LODE_ASSERT(made != nullptr);
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return method;
}

std::string last_error_text() {
  const unsigned long error = ERR_peek_last_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  return reason == nullptr ? "unknown reason" : reason;
}

bool is_ip_address(const std::string& host) {
  in6_addr bytes;
  return inet_pton(AF_INET, host.c_str(), &bytes) == 1 || inet_pton(AF_INET6, host.c_str(), &bytes) == 1;
}

// Translates the outcome of an SSL_ function that did not succeed.
Moved not_moved(SSL* ssl, int result) {
  const int saved_errno = errno;
  switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_WANT_READ:
      return {Moved::Kind::kWantRead, 0, ""};
    case SSL_ERROR_WANT_WRITE:
      return {Moved::Kind::kWantWrite, 0, ""};
    case SSL_ERROR_ZERO_RETURN:
      return {Moved::Kind::kEnd, 0, ""};
    case SSL_ERROR_SYSCALL:
      return {Moved::Kind::kBroken, 0,
              saved_errno == 0 ? "connection closed" : to_lower(std::system_category().message(saved_errno)), true};
    default:
      if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        return {Moved::Kind::kBroken, 0, "connection closed without TLS's goodbye", true};
      }
      return {Moved::Kind::kBroken, 0, last_error_text()};
  }
}

}  // namespace

struct TlsContext::Impl {
  SSL_CTX* ctx = nullptr;
  ~Impl() { SSL_CTX_free(ctx); }
};

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<TlsContext>> TlsContext::load(Env& env, const std::string& ca_path) {
  auto impl = std::make_unique<Impl>();
  impl->ctx = SSL_CTX_new(TLS_client_method());
  if (impl->ctx == nullptr) return Status::error(Code::kHttpTls, "OpenSSL cannot start: " + last_error_text());
  SSL_CTX_set_min_proto_version(impl->ctx, TLS1_2_VERSION);
  SSL_CTX_set_mode(impl->ctx,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  std::string path = ca_path;
  std::string named_by = "the client's options";
  for (const char* variable : {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    if (!path.empty()) break;
    path = env.variable(variable).value_or("");
    named_by = variable;
  }
  ERR_clear_error();
  if (path.empty()) {
    SSL_CTX_set_default_verify_paths(impl->ctx);
  } else {
    std::error_code ignored;
    const bool is_folder = std::filesystem::is_directory(path, ignored);
    if (SSL_CTX_load_verify_locations(impl->ctx, is_folder ? nullptr : path.c_str(),
                                      is_folder ? path.c_str() : nullptr) != 1) {
      return Status::error(Code::kHttpTls,
                           fmt::format("cannot read trusted certificates from {}: {}", path, last_error_text()))
          .with("named by", named_by);
    }
  }
  return std::shared_ptr<TlsContext>(new TlsContext(std::move(impl)));
}

struct TlsSession::Impl {
  std::shared_ptr<TlsContext> context;
  SSL* ssl = nullptr;
  bool broken = false;  // after a fatal error not even a goodbye may be sent
  ~Impl() {
    if (ssl != nullptr && !broken && SSL_is_init_finished(ssl)) SSL_shutdown(ssl);
    SSL_free(ssl);
    ERR_clear_error();
  }
};

TlsSession::TlsSession(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsSession::~TlsSession() = default;

namespace {

Status handshake_error(SSL* ssl, const Endpoint& server, const Moved& moved) {
  const long verdict = SSL_get_verify_result(ssl);
  if (verdict != X509_V_OK && SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE) {
    Status error =
        Status::error(Code::kHttpTls, fmt::format("the certificate of {} cannot be trusted: {}", server.text(),
                                                  to_lower(X509_verify_cert_error_string(verdict))));
    if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH) {
      return error.hint("the certificate is for another name: check the host in the URL");
    }
    return error.hint("if the server is yours, name a file with its certificate authority in SSL_CERT_FILE");
  }
  const int reason = ERR_GET_REASON(ERR_peek_last_error());
  if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_PACKET_LENGTH_TOO_LONG || reason == SSL_R_HTTP_REQUEST) {
    return Status::error(Code::kHttpTls, fmt::format("{} does not speak TLS", server.text()))
        .hint("check the port, or write http:// if the server has no encryption");
  }
  if (moved.kind == Moved::Kind::kEnd || moved.hung_up) {
    return Status::error(Code::kHttpConnect, fmt::format("{} hung up during the TLS handshake", server.text()));
  }
  return Status::error(Code::kHttpTls, fmt::format("no TLS connection to {}: {}", server.text(), moved.why));
}

void set_expected_name(SSL* ssl, const std::string& host) {
  if (is_ip_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
    return;
  }
  SSL_set_tlsext_host_name(ssl, host.c_str());
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  SSL_set1_host(ssl, host.c_str());
}

int hand_over_password(char* out, int size, int, void* data) {
  const std::string& password = *static_cast<const std::string*>(data);
  if (password.size() > static_cast<std::size_t>(size)) return -1;
  std::copy(password.begin(), password.end(), out);
  return static_cast<int>(password.size());
}

Status show_certificate(SSL* ssl, const ClientCertificate& certificate) {
  ERR_clear_error();
  if (SSL_use_certificate_chain_file(ssl, certificate.file.c_str()) != 1) {
    return Status::error(Code::kHttpTls,
                         fmt::format("cannot use the client certificate {}: {}", certificate.file, last_error_text()))
        .hint("it must be a file in PEM form: -----BEGIN CERTIFICATE-----");
  }
  const std::string& file = certificate.key_file.empty() ? certificate.file : certificate.key_file;
  const std::unique_ptr<BIO, decltype(&BIO_free)> source(BIO_new_file(file.c_str(), "rb"), &BIO_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      source == nullptr ? nullptr
                        : PEM_read_bio_PrivateKey(source.get(), nullptr, hand_over_password,
                                                  const_cast<std::string*>(&certificate.password)),
      &EVP_PKEY_free);
  if (key != nullptr && SSL_use_PrivateKey(ssl, key.get()) == 1) return {};
  return Status::error(Code::kHttpTls,
                       fmt::format("cannot use the client certificate's key {}: {}", file, last_error_text()))
      .hint("it must be the certificate's own key, in PEM form, with its password if it has one");
}

}  // namespace

Result<std::unique_ptr<TlsSession>> TlsSession::handshake(std::shared_ptr<TlsContext> context, int fd,
                                                          const Endpoint& server, const TlsTerms& terms,
                                                          double timeout_s, const StopEvent& stop) {
  auto impl = std::make_unique<Impl>();
  impl->ssl = SSL_new(context->impl_->ctx);
  impl->context = std::move(context);
  BIO* bio = BIO_new(bio_method());
  LODE_ASSERT(impl->ssl != nullptr && bio != nullptr);
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
  BIO_set_init(bio, 1);
  SSL_set_bio(impl->ssl, bio, bio);
  SSL_set_verify(impl->ssl, terms.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  set_expected_name(impl->ssl, server.host);
  if (!terms.certificate.file.empty()) LODE_TRY(show_certificate(impl->ssl, terms.certificate));
  static constexpr unsigned char kProtocols[] = "\x08http/1.1";
  SSL_set_alpn_protos(impl->ssl, kProtocols, sizeof kProtocols - 1);
  const Deadline deadline = deadline_in(timeout_s);
  for (;;) {
    ERR_clear_error();
    errno = 0;
    const int result = SSL_connect(impl->ssl);
    if (result == 1) return std::unique_ptr<TlsSession>(new TlsSession(std::move(impl)));
    const Moved moved = not_moved(impl->ssl, result);
    if (moved.kind != Moved::Kind::kWantRead && moved.kind != Moved::Kind::kWantWrite) {
      impl->broken = true;
      return handshake_error(impl->ssl, server, moved);
    }
    const Wait wait = wait_for(fd, moved.kind == Moved::Kind::kWantRead ? POLLIN : POLLOUT, deadline, stop);
    if (wait == Wait::kStopped) return Status::error(Code::kCancelled, "cancelled");
    if (wait == Wait::kTimeout) {
      return Status::error(Code::kHttpTimeout,
                           fmt::format("no TLS connection to {} within {}: the handshake stands still", server.text(),
                                       show_seconds(timeout_s)));
    }
  }
}

Moved TlsSession::read(char* bytes, std::size_t size) {
  ERR_clear_error();
  errno = 0;
  const int result = SSL_read(impl_->ssl, bytes, static_cast<int>(std::min<std::size_t>(size, INT_MAX)));
  if (result > 0) return {Moved::Kind::kBytes, static_cast<std::size_t>(result), ""};
  Moved moved = not_moved(impl_->ssl, result);
  impl_->broken = impl_->broken || moved.kind == Moved::Kind::kBroken;
  return moved;
}

Moved TlsSession::write(const char* bytes, std::size_t size) {
  ERR_clear_error();
  errno = 0;
  const int result = SSL_write(impl_->ssl, bytes, static_cast<int>(std::min<std::size_t>(size, INT_MAX)));
  if (result > 0) return {Moved::Kind::kBytes, static_cast<std::size_t>(result), ""};
  Moved moved = not_moved(impl_->ssl, result);
  impl_->broken = impl_->broken || moved.kind == Moved::Kind::kBroken;
  return moved;
}

bool TlsSession::is_idle() {
  ERR_clear_error();
  errno = 0;
  char byte = 0;
  const int result = SSL_peek(impl_->ssl, &byte, 1);
  if (result > 0) return false;
  const Moved moved = not_moved(impl_->ssl, result);
  impl_->broken = impl_->broken || moved.kind == Moved::Kind::kBroken;
  return moved.kind == Moved::Kind::kWantRead;
}

}  // namespace lode
