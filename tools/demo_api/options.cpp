// Reading the command line.
#include "options.h"

#include <charconv>
#include <string_view>

namespace lode::demo_api {
namespace {

template <class T>
bool read_number(std::string_view text, T low, T high, T& value) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && value >= low && value <= high;
}

/// False: the value is of no use. `known` says whether there is such an option at all.
bool set_option(Options& options, std::string_view name, std::string_view value, bool& known) {
  constexpr std::int64_t kRowsMax = 50'000'000;
  known = true;
  if (name == "--port") return read_number(value, 0, 65'535, options.port);
  if (name == "--seed") return read_number<std::uint64_t>(value, 0, UINT32_MAX, options.seed);
  if (name == "--players") return read_number<std::int64_t>(value, 0, kRowsMax, options.size.players);
  if (name == "--matches") return read_number<std::int64_t>(value, 0, kRowsMax, options.size.matches);
  if (name == "--purchases") return read_number<std::int64_t>(value, 0, kRowsMax, options.size.purchases);
  if (name == "--generation") return read_number<std::int64_t>(value, 0, 1000, options.generations);
  if (name == "--token") return options.token = value, !value.empty();
  if (name == "--faults") return options.faults = value, true;
  if (name == "--port-file") return options.port_file = value, !value.empty();
  known = false;
  return false;
}

}  // namespace

const char* const kUsage = R"(demo_api: the back end of a game studio that does not exist, to load data from
usage: demo_api [options]
  --port N              port on 127.0.0.1 (8080); 0: any that is free
  --seed N              the same seed serves the same bytes (1)
  --players N           players (500); each has two inventory rows
  --matches N           matches (200)
  --purchases N         purchases (1000)
  --generation N        hours of studio time that have passed already (0); POST /admin/advance?minutes=M passes more
  --token T             bearer token and API key (demo-token)
  --faults SPEC         what goes wrong, as in "503:times=2;slow:ms=50": see README.md
  --port-file PATH      write the port into this file once the server listens
  --until-stdin-closes  end when standard input does, so that the server never outlives who started it
)";

std::variant<Options, std::string> parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string_view name = argv[i];
    if (name == "--help") {
      options.help = true;
      continue;
    }
    if (name == "--until-stdin-closes") {
      options.until_stdin_closes = true;
      continue;
    }
    std::string_view value;
    if (const std::size_t equals = name.find('='); equals != std::string_view::npos) {
      value = name.substr(equals + 1);
      name = name.substr(0, equals);
    } else if (i + 1 < argc) {
      value = argv[++i];
    } else {
      return "the option " + std::string(name) + " is unknown or lacks its value; --help lists all";
    }
    bool known = false;
    if (!set_option(options, name, value, known)) {
      if (!known) return "unknown option " + std::string(name) + "; --help lists all";
      return "'" + std::string(value) + "' is no value for " + std::string(name);
    }
  }
  return options;
}

}  // namespace lode::demo_api
