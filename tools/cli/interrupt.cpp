// Interrupt: Ctrl-C and its kin as something to poll.
#include "interrupt.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace lode::cli {
namespace {

constexpr std::array<int, 3> kSignals = {SIGINT, SIGTERM, SIGHUP};

// A signal handler reaches nothing but globals.
volatile std::sig_atomic_t interrupted = 0;
int pipe_ends[2] = {-1, -1};
std::array<struct sigaction, kSignals.size()> before;

// The work is done where the pipe is polled. The next signal finds the system's own action, which kills.
void on_signal(int /*number*/) {
  interrupted = 1;
  for (const int number : kSignals) std::signal(number, SIG_DFL);
  const char byte = 0;
  if (write(pipe_ends[1], &byte, 1) != 1) return;  // full: it is readable then
}

}  // namespace

Interrupt::Interrupt() {
  interrupted = 0;
  if (pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) != 0) return;
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], nullptr, &before[i]);
    if (before[i].sa_handler == SIG_IGN) continue;
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigaction(kSignals[i], &action, nullptr);
  }
}

Interrupt::~Interrupt() {
  if (pipe_ends[0] < 0) return;
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before[i], nullptr);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  pipe_ends[0] = pipe_ends[1] = -1;
}

int Interrupt::fd() const { return pipe_ends[0]; }
bool Interrupt::came() const { return interrupted != 0; }

}  // namespace lode::cli
