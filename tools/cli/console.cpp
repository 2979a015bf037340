// Console: the one place that writes to standard output and standard error, so that live lines and messages do not mix.
#include "console.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace lode::cli {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// The first of the three that is set decides, as everywhere.
bool locale_is_utf8() {
  std::string_view locale = variable("LC_ALL");
  if (locale.empty()) locale = variable("LC_CTYPE");
  if (locale.empty()) locale = variable("LANG");
  for (const std::string_view name : {"UTF-8", "utf-8", "UTF8", "utf8"}) {
    if (locale.find(name) != std::string_view::npos) return true;
  }
  return false;
}

winsize window(int file = STDERR_FILENO) {
  winsize size{};
  if (ioctl(file, TIOCGWINSZ, &size) != 0) size = {};
  return size;
}

}  // namespace

Console::Console() {
  const bool is_terminal = isatty(STDERR_FILENO) == 1;
  const std::string_view kind = variable("TERM");
  can_redraw_ = is_terminal && !kind.empty() && kind != "dumb";
  colours_ = can_redraw_ && variable("NO_COLOR").empty();
  unicode_ = locale_is_utf8();
  output_is_terminal_ = isatty(STDOUT_FILENO) == 1;
  const bool wants_colours = !kind.empty() && kind != "dumb" && variable("NO_COLOR").empty();
  output_colours_ = output_is_terminal_ && wants_colours;
}

std::size_t Console::columns() const {
  const winsize size = window();
  return size.ws_col > 0 ? size.ws_col : 80;
}

std::size_t Console::output_columns() const {
  if (const winsize size = window(STDOUT_FILENO); size.ws_col > 0) return size.ws_col;
  const std::size_t wanted = std::strtoul(std::string(variable("COLUMNS")).c_str(), nullptr, 10);
  return wanted > 0 ? wanted : columns();
}

std::size_t Console::rows() const {
  const winsize size = window();
  return size.ws_row > 0 ? size.ws_row : 24;
}

std::string Console::styled(std::string_view text, std::string_view style) const {
  if (!colours_ || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", style, text);
}

void Console::print(std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (!live_.empty() && output_is_terminal_) {
    write_error(erase_sequence());
    live_.clear();  // the next redraw shows them below
  }
  write_output(text);
  if (output_is_terminal_ && std::fflush(stdout) != 0 && errno != EPIPE) output_ok_ = false;
}

void Console::flush() {
  const std::lock_guard lock(mutex_);
  if (std::fflush(stdout) != 0 && errno != EPIPE) output_ok_ = false;
}

void Console::line(std::string_view text) {
  const std::lock_guard lock(mutex_);
  std::string bytes = erase_sequence();
  bytes.append(text).append("\n");
  for (const LiveLine& line : live_) bytes.append(line.text).append("\n");
  write_error(bytes);
}

// Line by line over the old picture, in one write: nothing blinks.
void Console::live(std::vector<LiveLine> lines) {
  const std::lock_guard lock(mutex_);
  const std::size_t height = live_height();
  std::string bytes;
  if (height > live_.size()) {
    bytes = erase_sequence();
  } else if (height > 0) {
    bytes = fmt::format("\x1b[{}A\r", height);
  }
  for (const LiveLine& line : lines) bytes.append(line.text).append("\x1b[K\n");
  if (lines.size() < height) bytes += "\x1b[J";
  write_error(bytes);
  live_ = std::move(lines);
}

void Console::erase() {
  const std::lock_guard lock(mutex_);
  write_error(erase_sequence());
  live_.clear();
}

void Console::freeze() {
  const std::lock_guard lock(mutex_);
  live_.clear();
}

// A terminal that became narrower has broken long lines into several.
std::size_t Console::live_height() const {
  if (live_.empty()) return 0;
  const std::size_t width = columns();
  std::size_t height = 0;
  for (const LiveLine& line : live_) height += std::max<std::size_t>(1, (line.width + width - 1) / width);
  return height;
}

std::string Console::erase_sequence() const {
  return live_.empty() ? "" : fmt::format("\x1b[{}A\r\x1b[J", live_height());
}

void Console::write_error(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nobody is left to tell
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void Console::write_output(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size() && errno != EPIPE) output_ok_ = false;
}

}  // namespace lode::cli
