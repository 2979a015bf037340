// Runs one file of Lua tests in the engine, as a host does: through the C interface. The file gets a demo API of its
// own. Usage: lua_test_runner FILE The script's arguments: base_url and token of the demo API, refused_url (nobody
// listens there), folder (empty, its own). Exit code 0: the file ended well and its last line counts no failures.
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "c/lode.h"
#include "support/demo_api_process.h"

namespace {

constexpr const char* kToken = lode::test::DemoApiProcess::kToken;

// A port of this machine that nobody listens on: one that was free a moment ago.
int free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

// What the script printed, kept for a look at its last line.
struct Output {
  std::string text;
};

void print(void* host, const char* text) {
  static_cast<Output*>(host)->text += text;
  std::fputs(text, stdout);
  std::fflush(stdout);
}

const char* find_config(void*, const char* key) {
  if (std::strcmp(key, "sources.game_studio.token") == 0) return kToken;
  if (std::strcmp(key, "sources.test.page_size") == 0) return "25";
  return nullptr;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "lua_test_runner: cannot read %s\n", path.c_str());
    std::exit(2);
  }
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Prints an error that may be null and frees it. Always 1.
int report(lode_error* error) {
  std::fprintf(stderr, "%s\n", error != nullptr ? lode_error_text(error) : "an error without a text");
  lode_error_free(error);
  return 1;
}

int run(lode_engine* engine, const std::string& file, const std::string& options, const Output& output) {
  lode_error* error = nullptr;
  if (lode_load(engine, file.c_str(), read_file(file).c_str(), &error) != 0) return report(error);
  lode_run* const run = lode_start(engine, file.c_str(), options.c_str(), &error);
  if (run == nullptr) return report(error);
  pollfd wake{lode_wake_fd(engine), POLLIN, 0};
  while (lode_tick(engine, 0) > 0) poll(&wake, 1, 1000);

  const lode_error* failure = nullptr;
  const bool ended_well = lode_run_done(run, &failure) == 1;
  if (!ended_well) std::fprintf(stderr, "%s\n", lode_error_text(failure));
  lode_run_free(run);
  if (!ended_well) return 1;
  const std::string ending = " passed, 0 failed\n";
  if (output.text.size() < ending.size() || output.text.substr(output.text.size() - ending.size()) != ending) {
    std::fprintf(stderr, "%s: the last line must be that of testing.done()\n", file.c_str());
    return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: lua_test_runner FILE\n");
    return 2;
  }
  lode::test::DemoApiProcess api({"--players", "120", "--matches", "60", "--purchases", "250"});
  std::string folder = (std::filesystem::temp_directory_path() / "lode_lua_test_XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) {
    std::perror("lua_test_runner: mkdtemp");
    return 2;
  }

  Output output;
  lode_options options;
  lode_options_init(&options);
  const std::string home = folder + "/home";
  options.work_folder = home.c_str();
  options.project_folder = folder.c_str();
  options.host = &output;
  options.find_config = find_config;
  options.on_print = print;
  lode_error* error = nullptr;
  lode_engine* const engine = lode_open(&options, &error);
  if (engine == nullptr) return report(error);
  const std::string refused_url = "http://127.0.0.1:" + std::to_string(free_port());
  const int result = run(engine, argv[1],
                         R"({"args": {"base_url": ")" + api.url() + R"(", "token": ")" + kToken +
                             R"(", "refused_url": ")" + refused_url + R"(", "folder": ")" + folder + R"("}})",
                         output);
  lode_close(engine);
  if (result == 0) {
    std::filesystem::remove_all(folder);
  } else {
    std::fprintf(stderr, "what the tests left is in %s\n", folder.c_str());
  }
  return result;
}
