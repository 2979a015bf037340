// Log: lines for whoever operates the program.
#include "base/log.h"

#include <cstdio>
#include <string>
#include <utility>

namespace lode {

Log::Log()
    : sink_([](LogLevel level, std::string_view line) {
        const char* word = level == LogLevel::kError ? "error: " : level == LogLevel::kWarning ? "warning: " : "";
        const std::string text = word + std::string(line) + "\n";
        std::fwrite(text.data(), 1, text.size(), stderr);  // one call, so that lines of threads do not mix
      }),
      least_(LogLevel::kWarning) {}

Log::Log(Sink sink, LogLevel least) : sink_(std::move(sink)), least_(least) {}

void Log::write(LogLevel level, std::string_view line) const {
  if (level >= least_ && sink_) sink_(level, line);
}

}  // namespace lode
