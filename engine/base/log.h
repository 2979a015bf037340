// Log: lines for whoever operates the program. One sink an engine; the host may replace it.
#pragma once

#include <functional>
#include <string_view>

namespace lode {

enum class LogLevel : int { kDebug = 0, kInfo = 1, kWarning = 2, kError = 3 };

/// Where log lines go. Thread-safe: write() may be called from any thread, and calls the function given without a lock.
class Log {
 public:
  using Sink = std::function<void(LogLevel, std::string_view line)>;
  Log();  ///< to standard error, warnings and errors only
  explicit Log(Sink sink, LogLevel least = LogLevel::kDebug);
  void write(LogLevel level, std::string_view line) const;
  void debug(std::string_view line) const { write(LogLevel::kDebug, line); }
  void info(std::string_view line) const { write(LogLevel::kInfo, line); }
  void warning(std::string_view line) const { write(LogLevel::kWarning, line); }

 private:
  Sink sink_;
  LogLevel least_;
};

}  // namespace lode
