// Interrupt: Ctrl-C and its kin as something to poll.
#pragma once

namespace lode::cli {

/// While it lives, the first SIGINT, SIGTERM or SIGHUP makes fd() readable; a second one ends the program as it would
/// without us. Signals that were ignored when the program started stay ignored. One at a time.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  int fd() const;
  /// Whether a signal has come.
  bool came() const;
};

}  // namespace lode::cli
