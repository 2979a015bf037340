// Progress as live lines on a terminal: a line a pipeline, and one below it for each of its resources.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "progress.h"
#include "text.h"

namespace lode::cli {
namespace {

constexpr double kQuiet_s = 0.15;  // what ends before that shows no lines that come and go
constexpr std::string_view kBold = "1";
constexpr std::string_view kGreen = "32";
constexpr std::string_view kCyan = "36";
constexpr std::string_view kYellow = "33";
constexpr std::string_view kDim = "2";

// The numbers of one resource as texts, in the order of the columns.
enum Column : std::size_t { kRows, kBytes, kRequests, kRetries, kSpeed, kColumns };
using Cells = std::array<std::string, kColumns>;

// Which column goes first when the terminal is narrow.
constexpr std::array<Column, kColumns> kLeastFirst = {kRequests, kRetries, kBytes, kSpeed, kRows};

std::string show_speed(const ResourceProgress& resource) {
  if (resource.rows_per_s >= 1) {
    return fmt::format("{} rows/s", group_digits(static_cast<std::uint64_t>(resource.rows_per_s)));
  }
  if (resource.bytes_per_s >= 1) {
    return fmt::format("{}/s", show_bytes(static_cast<std::uint64_t>(resource.bytes_per_s)));
  }
  return "";
}

Cells cells_of(const ResourceProgress& resource) {
  const ResourceView& now = resource.now;
  Cells cells;
  cells[kRows] = count_of(now.rows, "row");
  if (now.bytes > 0) cells[kBytes] = show_bytes(now.bytes);
  if (now.requests > 0) cells[kRequests] = count_of(now.requests, "request");
  if (now.retries > 0) cells[kRetries] = count_of(now.retries, "retry");
  cells[kSpeed] = show_speed(resource);
  return cells;
}

// Where everything goes in a terminal of some width.
struct Layout {
  std::size_t name = 0;
  std::array<std::size_t, kColumns> cells{};  // 0: not shown
};

Layout lay_out(const std::vector<ResourceProgress>& resources, std::size_t columns) {
  constexpr std::size_t kMark = 4;  // "  ✓ "
  constexpr std::size_t kGap = 2;
  constexpr std::size_t kNameLeast = 12;
  Layout layout;
  for (const ResourceProgress& resource : resources) {
    layout.name = std::max(layout.name, display_width(printable(resource.now.name)));
    const Cells cells = cells_of(resource);
    for (std::size_t i = 0; i < kColumns; ++i) layout.cells[i] = std::max(layout.cells[i], cells[i].size());
  }
  const auto needed = [&](std::size_t name) {
    std::size_t sum = kMark + name;
    for (const std::size_t width : layout.cells) sum += width > 0 ? kGap + width : 0;
    return sum;
  };
  // The last column stays free: a terminal may break the line there.
  for (const Column column : kLeastFirst) {
    if (needed(std::min(layout.name, kNameLeast)) < columns) break;
    layout.cells[column] = 0;
  }
  while (layout.name > 1 && needed(layout.name) >= columns) --layout.name;
  return layout;
}

class TtyProgress : public Progress {
 public:
  explicit TtyProgress(Console& console) : Progress(console) {}
  ~TtyProgress() override { console_.erase(); }
  std::chrono::milliseconds interval() const override { return std::chrono::milliseconds(100); }

  void update(const RunView& view) override {
    book_.note(view, seconds());
    ++frame_;
    if (seconds() >= kQuiet_s) console_.live(picture(true));
  }

  void end(const RunView& view, bool failed) override {
    book_.note(view, seconds());
    const bool is_worth_keeping = failed && !book_.pipelines().empty() && seconds() >= kQuiet_s;
    if (!is_worth_keeping) return console_.erase();
    console_.live(picture(false));
    console_.freeze();
  }

 private:
  std::vector<LiveLine> picture(bool is_moving) const {
    std::vector<LiveLine> lines;
    const std::size_t columns = console_.columns();
    for (const PipelineProgress& pipeline : book_.pipelines()) {
      lines.push_back(heading(pipeline, columns));
      const Layout layout = lay_out(pipeline.resources, columns);
      for (const ResourceProgress& resource : pipeline.resources) {
        lines.push_back(resource_line(resource, layout, columns, is_moving));
      }
    }
    fit_height(lines);
    return lines;
  }

  // A picture taller than the terminal cannot be redrawn: the rest is counted.
  void fit_height(std::vector<LiveLine>& lines) const {
    const std::size_t height_max = std::max<std::size_t>(2, console_.rows()) - 1;
    if (lines.size() <= height_max) return;
    const std::size_t hidden = lines.size() - height_max + 1;
    lines.resize(height_max - 1);
    const std::string text = fmt::format("    and {} more", hidden);
    lines.push_back({console_.styled(text, kDim), text.size()});
  }

  LiveLine heading(const PipelineProgress& pipeline, std::size_t columns) const {
    std::string state = fmt::format("{}  {}", show_step(pipeline.step), show_seconds(std::max(pipeline.seconds, 0.1)));
    if (pipeline.rows_loaded > 0) state += fmt::format("  {} loaded", count_of(pipeline.rows_loaded, "row"));
    const std::size_t room = columns - std::min(columns, state.size() + 3);
    const std::string name = cut_to_width(printable(pipeline.name), room, console_.unicode());
    const std::string shown = cut_to_width(state, columns - std::min(columns, display_width(name) + 3), false);
    return {console_.styled(name, kBold) + "  " + shown, display_width(name) + 2 + shown.size()};
  }

  LiveLine resource_line(const ResourceProgress& resource, const Layout& layout, std::size_t columns,
                         bool is_moving) const {
    const std::string name = cut_to_width(printable(resource.now.name), layout.name, console_.unicode());
    const std::size_t padding = layout.name - display_width(name);
    LiveLine line;
    line.text = "  " + mark(resource, is_moving) + " " + name + std::string(padding, ' ');
    line.width = 4 + layout.name;
    const Cells cells = cells_of(resource);
    for (std::size_t i = 0; i < kColumns; ++i) {
      if (layout.cells[i] == 0) continue;
      const std::string cell = fmt::format("{:>{}}", cells[i], layout.cells[i]);
      const std::string_view style = i == kRetries ? kYellow : i == kSpeed ? kCyan : std::string_view();
      line.text += "  " + (style.empty() ? cell : console_.styled(cell, style));
      line.width += 2 + cell.size();
    }
    if (line.width >= columns) return {cut_to_width("    " + name, columns - 1, console_.unicode()), columns - 1};
    return line;
  }

  std::string mark(const ResourceProgress& resource, bool is_moving) const {
    if (resource.now.done) return console_.styled(console_.unicode() ? "✓" : "+", kGreen);
    if (!is_moving) return console_.styled(console_.unicode() ? "·" : "-", kYellow);
    constexpr std::array<std::string_view, 10> kTurning = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
    constexpr std::array<std::string_view, 4> kPlain = {"|", "/", "-", "\\"};
    const std::string_view now =
        console_.unicode() ? kTurning[frame_ % kTurning.size()] : kPlain[frame_ % kPlain.size()];
    return console_.styled(now, kCyan);
  }

  ProgressBook book_;
  std::size_t frame_ = 0;
};

}  // namespace

std::unique_ptr<Progress> make_tty_progress(Console& console) { return std::make_unique<TtyProgress>(console); }

}  // namespace lode::cli
