// Progress: what all ways of showing have in common.
#include "progress.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "text.h"

namespace lode::cli {
namespace {

constexpr std::string_view kRed = "1;31";
constexpr std::string_view kYellow = "33";
constexpr std::string_view kGreen = "32";
constexpr std::string_view kDim = "2";

// Colours the parts of an error that the eye looks for. Its text never has colours of its own.
std::string coloured(const Console& console, std::string_view text) {
  std::string out;
  bool is_first = true;
  while (true) {
    const std::size_t end = text.find('\n');
    const std::string line = printable(text.substr(0, end));
    const std::size_t start = line.find_first_not_of(' ');
    const std::string_view body = start == std::string::npos ? "" : std::string_view(line).substr(start);
    const std::string_view style = is_first                    ? kRed
                                   : body.starts_with("hint:") ? kGreen
                                   : body.starts_with('[')     ? kDim
                                                               : std::string_view();
    out += style.empty() ? line : console.styled(line, style);
    is_first = false;
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

// Shows nothing but what has to be said.
class Silent : public Progress {
 public:
  explicit Silent(Console& console) : Progress(console) {}
  std::chrono::milliseconds interval() const override { return {}; }
  void update(const RunView& /*view*/) override {}
  void end(const RunView& /*view*/, bool /*failed*/) override {}
  void summary(std::string_view /*text*/) override {}
};

// Another progress whose failures are JSON.
class WithJsonFailures : public Progress {
 public:
  WithJsonFailures(Console& console, std::unique_ptr<Progress> inner) : Progress(console), inner_(std::move(inner)) {}
  std::chrono::milliseconds interval() const override { return inner_->interval(); }
  void update(const RunView& view) override { inner_->update(view); }
  void end(const RunView& view, bool failed) override { inner_->end(view, failed); }
  void log(int level, std::string_view line) override { inner_->log(level, line); }
  void notice(std::string_view text) override { inner_->notice(text); }
  void summary(std::string_view text) override { inner_->summary(text); }
  void failure(const Failure& failure) override { console_.line(failure.json); }
  void close(int exit_code) override { inner_->close(exit_code); }

 private:
  const std::unique_ptr<Progress> inner_;
};

}  // namespace

void Progress::log(int level, std::string_view line) {
  if (level < LODE_LOG_INFO) return;
  const std::string_view style = level >= LODE_LOG_ERROR ? kRed : level == LODE_LOG_WARNING ? kYellow : kDim;
  std::string text = console_.styled(fmt::format("{}:", level_name(level)), style) + " ";
  for (std::size_t end = line.find('\n'); end != std::string_view::npos; end = line.find('\n')) {
    text += printable(line.substr(0, end)) + "\n  ";
    line.remove_prefix(end + 1);
  }
  console_.line(text + printable(line));
}

void Progress::notice(std::string_view text) { console_.line(console_.styled(text, kYellow)); }

void Progress::summary(std::string_view text) { console_.line(printable(text)); }

void Progress::failure(const Failure& failure) { console_.line(coloured(console_, failure.text)); }

std::unique_ptr<Progress> make_progress(ProgressMode mode, bool errors_as_json, Console& console) {
  std::unique_ptr<Progress> progress;
  switch (mode) {
    case ProgressMode::kNone:
      progress = std::make_unique<Silent>(console);
      break;
    case ProgressMode::kJson:
      return make_json_progress(console);
    case ProgressMode::kLog:
      progress = make_log_progress(console);
      break;
    case ProgressMode::kAuto:
    case ProgressMode::kTty:
      progress = console.can_redraw() ? make_tty_progress(console) : make_log_progress(console);
      break;
  }
  if (errors_as_json) return std::make_unique<WithJsonFailures>(console, std::move(progress));
  return progress;
}

std::string_view show_step(std::string_view step) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kSteps = {{
      {"start", "starting"},
      {"connect", "connecting"},
      {"restore", "reading state"},
      {"extract", "extracting"},
      {"seal", "closing the package"},
      {"load", "loading"},
      {"commit", "committing"},
      {"done", "done"},
  }};
  for (const auto& [name, words] : kSteps) {
    if (name == step) return words;
  }
  return step;
}

std::string_view level_name(int level) {
  return level >= LODE_LOG_ERROR     ? "error"
         : level == LODE_LOG_WARNING ? "warning"
         : level == LODE_LOG_INFO    ? "info"
                                     : "debug";
}

}  // namespace lode::cli
