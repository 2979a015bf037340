// demo_api: starts the server, says where it listens, and ends it when told to.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <thread>

#include "options.h"
#include "server.h"

namespace {

using namespace lode::demo_api;

int signal_pipe[2];

void on_signal(int) {
  const char byte = 0;
  // The pipe only ever has to hold one byte; if it is full, the news is there already.
  [[maybe_unused]] const ssize_t written = write(signal_pipe[1], &byte, 1);
}

/// SIGTERM and SIGINT make signal_pipe readable.
bool catch_signals() {
  if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return false;
  struct sigaction action {};
  action.sa_handler = on_signal;
  return sigaction(SIGTERM, &action, nullptr) == 0 && sigaction(SIGINT, &action, nullptr) == 0;
}

/// Returns when the server is to end.
void wait_for_end(bool until_stdin_closes) {
  pollfd watched[2] = {{signal_pipe[0], POLLIN, 0}, {until_stdin_closes ? STDIN_FILENO : -1, POLLIN, 0}};
  for (;;) {
    if (poll(watched, 2, -1) < 0) continue;  // interrupted by the signal: the pipe tells on the next round
    if (watched[0].revents != 0) return;
    char ignored[256];
    if (watched[1].revents != 0 && read(STDIN_FILENO, ignored, sizeof ignored) <= 0) return;
  }
}

/// In one step, so that whoever waits for the file never reads half a number.
bool write_port_file(const std::string& path, int port) {
  const std::string draft = path + ".part";
  std::FILE* file = std::fopen(draft.c_str(), "w");
  if (file == nullptr) return false;
  const bool written = std::fprintf(file, "%d\n", port) > 0;
  return std::fclose(file) == 0 && written && std::rename(draft.c_str(), path.c_str()) == 0;
}

int fail(const std::string& message) {
  std::fprintf(stderr, "demo_api: %s\n", message.c_str());
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  auto parsed = parse_options(argc, argv);
  if (const auto* problem = std::get_if<std::string>(&parsed)) return fail(*problem);
  const Options& options = std::get<Options>(parsed);
  if (options.help) return std::fputs(kUsage, stdout), 0;

  World world(options.seed, options.size, options.token);
  for (std::int64_t i = 0; i < options.generations; ++i) world.studio.advance(60);
  auto faults = parse_faults(options.faults);
  if (const auto* problem = std::get_if<std::string>(&faults)) return fail("--faults: " + *problem);
  world.faults.set(std::get<std::vector<FaultRule>>(std::move(faults)), options.faults);

  if (!catch_signals()) return fail("cannot handle signals");
  Server server(world);
  if (!server.bind(options.port)) return fail("cannot listen on 127.0.0.1:" + std::to_string(options.port));
  std::thread serving([&] { server.run(); });
  if (!options.port_file.empty() && !write_port_file(options.port_file, server.port())) {
    std::fprintf(stderr, "demo_api: cannot write %s\n", options.port_file.c_str());
  }
  std::printf("listening on http://127.0.0.1:%d\n", server.port());
  std::fflush(stdout);

  wait_for_end(options.until_stdin_closes);
  server.stop();
  serving.join();
  return 0;
}
