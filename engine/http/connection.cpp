// Connection: one line to one server, plain or encrypted.
#include "http/connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "base/text.h"

namespace lode {
namespace {

Moved moved_by_system(ssize_t count, bool reading) {
  if (count > 0) return {Moved::Kind::kBytes, static_cast<std::size_t>(count), ""};
  if (count == 0) return {Moved::Kind::kEnd, 0, ""};
  if (errno == EAGAIN || errno == EINTR) return {reading ? Moved::Kind::kWantRead : Moved::Kind::kWantWrite, 0, ""};
  return {Moved::Kind::kBroken, 0, to_lower(std::system_category().message(errno)), true};
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const Endpoint& endpoint, double timeout_s,
                                                     const StopEvent& stop) {
  LODE_ASSIGN(Socket socket, connect_to(endpoint, timeout_s, stop));
  return std::unique_ptr<Connection>(new Connection(std::move(socket)));
}

Status Connection::start_tls(std::shared_ptr<TlsContext> context, const Endpoint& server, const TlsTerms& terms,
                             double timeout_s, const StopEvent& stop) {
  LODE_ASSIGN(tls_, TlsSession::handshake(std::move(context), socket_.fd(), server, terms, timeout_s, stop));
  return {};
}

Moved Connection::read_now() {
  if (tls_ != nullptr) return tls_->read(buffer_.get(), kBufferBytes);
  return moved_by_system(recv(socket_.fd(), buffer_.get(), kBufferBytes, 0), true);
}

Moved Connection::write_now(std::string_view bytes) {
  if (tls_ != nullptr) return tls_->write(bytes.data(), bytes.size());
  return moved_by_system(send(socket_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL), false);
}

namespace {

// Waits for what a read or write wants. False when there is nothing to wait for, with `transfer` saying why.
bool wait_for_moved(const Moved& moved, int fd, double timeout_s, const StopEvent& stop, Transfer& transfer) {
  if (moved.kind == Moved::Kind::kEnd) {
    transfer.kind = Transfer::Kind::kEnd;
    return false;
  }
  if (moved.kind == Moved::Kind::kBroken) {
    transfer.kind = Transfer::Kind::kBroken;
    transfer.why = moved.why;
    return false;
  }
  const short events = moved.kind == Moved::Kind::kWantRead ? POLLIN : POLLOUT;
  switch (wait_for(fd, events, deadline_in(timeout_s), stop)) {
    case Wait::kReady:
      return true;
    case Wait::kTimeout:
      transfer.kind = Transfer::Kind::kTimeout;
      return false;
    case Wait::kStopped:
      transfer.kind = Transfer::Kind::kStopped;
      return false;
  }
  return false;
}

}  // namespace

Transfer Connection::write(std::string_view bytes, double timeout_s, const StopEvent& stop) {
  Transfer transfer;
  while (!bytes.empty()) {
    if (stop.requested()) return {Transfer::Kind::kStopped, {}, ""};
    const Moved moved = write_now(bytes);
    if (moved.kind == Moved::Kind::kBytes) {
      bytes.remove_prefix(moved.count);
    } else if (!wait_for_moved(moved, socket_.fd(), timeout_s, stop, transfer)) {
      return transfer;
    }
  }
  return transfer;
}

Transfer Connection::read(double timeout_s, const StopEvent& stop) {
  if (buffer_ == nullptr) buffer_.reset(new char[kBufferBytes]);
  Transfer transfer;
  for (;;) {
    // A server that never pauses must not keep a cancelled request alive.
    if (stop.requested()) return {Transfer::Kind::kStopped, {}, ""};
    const Moved moved = read_now();
    if (moved.kind == Moved::Kind::kBytes) {
      transfer.bytes = {buffer_.get(), moved.count};
      return transfer;
    }
    if (!wait_for_moved(moved, socket_.fd(), timeout_s, stop, transfer)) return transfer;
  }
}

bool Connection::is_idle() {
  pollfd fd{socket_.fd(), POLLIN, 0};
  if (poll(&fd, 1, 0) == 0) return true;
  // TLS may have sent a session ticket, which is no data.
  return tls_ != nullptr && tls_->is_idle();
}

}  // namespace lode
