// LoopbackListener: hears the one answer that a browser brings back from a sign-in (RFC 8252, section 7.3).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>

#include "base/result.h"
#include "http/loopback_request.h"

namespace lode {

/// Listens on 127.0.0.1 from the moment it is made until it is destroyed, on a thread of its own. Everybody on this
/// machine can talk to it: it answers one path with a small page, takes a code or an error once, reads few and short
/// requests at a time, and gives none of them longer than 10 s.
class LoopbackListener {
 public:
  /// The fields of the answer; `fits`: its state is the one that was sent out. Called once at most, on the listener's
  /// thread, when the browser has its page.
  using OnAnswer = std::function<void(FormPairs fields, bool fits)>;
  struct Options {
    std::uint16_t port = 0;  ///< 0: any that is free
    std::string path = "/callback";
    std::string state;
  };
  /// Errors: kSignInPort if the port is taken or not ours to take; kIo.
  static Result<std::unique_ptr<LoopbackListener>> open(Options options, OnAnswer on_answer);
  ~LoopbackListener();

  std::uint16_t port() const { return port_; }

 private:
  LoopbackListener(Options options, OnAnswer on_answer)
      : options_(std::move(options)), on_answer_(std::move(on_answer)) {}
  struct Visitor;
  void serve();
  void read_from(Visitor& visitor);
  std::string answer(const LoopbackRequest& request);

  const Options options_;
  OnAnswer on_answer_;
  int socket_ = -1;
  std::uint16_t port_ = 0;
  std::function<void()> heard_;  // what to do once the page is on its way
  std::stop_source stop_;
  std::thread thread_;
};

}  // namespace lode
