// host_frames SCRIPT OPTIONS_JSON REPORT [BUDGET_US]: runs a script as a host with frames does, and measures how long
// the host's thread is held up. Writes {"wall_s", "frames", "frame_max_ms", "frame_p999_ms"} to REPORT.
//
// A frame is one lode_tick; between frames the host sleeps until there is something to do. Uses lode.h alone.
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "c/lode.h"

namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

[[noreturn]] void fail(lode_error* error, const char* what) {
  std::fprintf(stderr, "host_frames: %s: %s\n", what, error != nullptr ? lode_error_text(error) : "");
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: host_frames SCRIPT OPTIONS_JSON REPORT [BUDGET_US]\n");
    return 2;
  }
  const auto budget_us = static_cast<uint32_t>(argc > 4 ? std::atoi(argv[4]) : 2000);
  std::ifstream file(argv[1]);
  std::stringstream source;
  source << file.rdbuf();
  lode_error* error = nullptr;
  lode_engine* const engine = lode_open(nullptr, &error);
  if (engine == nullptr) fail(error, "open");
  if (lode_load(engine, argv[1], source.str().c_str(), &error) != 0) fail(error, "load");
  const Clock::time_point begin = Clock::now();
  lode_run* const run = lode_start(engine, argv[1], argv[2], &error);
  if (run == nullptr) fail(error, "start");
  std::vector<double> frames_ms;
  const lode_error* problem = nullptr;
  for (;;) {
    const Clock::time_point frame = Clock::now();
    lode_tick(engine, budget_us);
    frames_ms.push_back(ms_since(frame));
    if (lode_run_done(run, &problem) != 0) break;
    pollfd wake{lode_wake_fd(engine), POLLIN, 0};
    poll(&wake, 1, 1000);
  }
  const double wall_s = ms_since(begin) / 1000;
  if (problem != nullptr) {
    std::fprintf(stderr, "host_frames: %s\n", lode_error_text(problem));
    return 1;
  }
  std::sort(frames_ms.begin(), frames_ms.end());
  std::ofstream(argv[3]) << "{\"wall_s\": " << wall_s << ", \"frames\": " << frames_ms.size()
                         << ", \"frame_max_ms\": " << frames_ms.back()
                         << ", \"frame_p999_ms\": " << frames_ms[frames_ms.size() * 999 / 1000] << "}\n";
  lode_run_free(run);
  lode_close(engine);
  return 0;
}
