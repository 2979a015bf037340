// Log: the sink gets the lines that matter.
#include "base/log.h"

#include <string>
#include <vector>

#include "support/catch.h"

using namespace lode;

TEST_CASE("a log hands lines of its level and above to its sink", "[base][log]") {
  std::vector<std::string> lines;
  const Log log(
      [&](LogLevel level, std::string_view line) { lines.push_back(std::to_string(int(level)) + std::string(line)); },
      LogLevel::kInfo);
  log.debug("a");
  log.info("b");
  log.warning("c");
  log.write(LogLevel::kError, "d");
  CHECK(lines == std::vector<std::string>{"1b", "2c", "3d"});
}

TEST_CASE("a log without a sink is silent", "[base][log]") {
  const Log log(Log::Sink(), LogLevel::kDebug);
  CHECK_NOTHROW(log.warning("nobody listens"));
}
