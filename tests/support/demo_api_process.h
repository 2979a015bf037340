// A demo API server of one's own, for the length of a test.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace lode::test {

/// Starts the program demo_api on a free port and ends it in the destructor. The server also ends by itself when this
/// process dies, whatever it dies of. Not synchronised, but port() and url() may be used by many threads.
///
///   DemoApiProcess api({"--seed", "7", "--players", "100"});
///   pipeline.base_url = api.url("/v1");
class DemoApiProcess {
 public:
  /// `arguments` are those of the program, without --port (tools/demo_api/README.md). The program is the one that
  /// was built with the tests, or what the environment variable LODE_DEMO_API_PROGRAM names. Returns when the server
  /// listens; if that does not come to pass, ends the test program with the reason, as no test can go on.
  explicit DemoApiProcess(std::vector<std::string> arguments = {});
  ~DemoApiProcess();
  DemoApiProcess(const DemoApiProcess&) = delete;
  DemoApiProcess& operator=(const DemoApiProcess&) = delete;

  int port() const { return port_; }
  pid_t pid() const { return pid_; }  ///< 0 after stop() or kill()
  /// "http://127.0.0.1:PORT" followed by `path`.
  std::string url(const std::string& path = "") const;
  /// Asks the server to end and waits for that. Returns its exit code, or minus the signal that ended it; 0 when it was
  /// stopped before.
  int stop();
  /// Ends it as a power cut would: connections break, nothing is finished.
  void kill();

  /// The token and API key that the server takes unless it was started with --token.
  static constexpr const char* kToken = "demo-token";

 private:
  int wait_for_exit();
  pid_t pid_ = 0;
  int stdin_fd_ = -1;  // its end tells the server to go
  int stdout_fd_ = -1;
  int port_ = 0;
};

}  // namespace lode::test
