// Grids: columns of text that fit a terminal.
#include "grid.h"

#include <fmt/format.h>

#include <algorithm>

#include "text.h"

namespace lode::cli {
namespace {

constexpr std::size_t kCellMin = 16;  // cells are not cut shorter for the sake of more columns

class GridText {
 public:
  GridText(const std::vector<GridColumn>& grid, std::size_t shown, std::size_t indent, const TerminalStyle& terminal)
      : grid_(grid), shown_(shown), indent_(indent), terminal_(terminal) {}

  std::string render() {
    for (std::size_t i = 0; i < head_lines(); ++i) {
      row([i](const GridColumn& column) -> const Field& { return column.head[i]; });
    }
    rule();
    for (std::size_t i = 0; i < grid_[0].cells.size(); ++i) {
      row([i](const GridColumn& column) -> const Field& { return column.cells[i]; });
    }
    return std::move(out_);
  }

 private:
  std::size_t head_lines() const {
    std::size_t lines = grid_[0].head.size();
    const auto end = grid_.begin() + static_cast<std::ptrdiff_t>(shown_);
    const auto says_something = [&](const GridColumn& column) { return !column.head[lines - 1].text.empty(); };
    while (lines > 1 && !std::any_of(grid_.begin(), end, says_something)) --lines;
    return lines;
  }

  template <typename FieldOf>
  void row(const FieldOf& field_of) {
    std::string text;
    std::size_t blanks = indent_;
    for (std::size_t i = 0; i < shown_; ++i) {
      const GridColumn& column = grid_[i];
      const Field& field = field_of(column);
      const std::string cut = cut_to_width(field.text, column.width, terminal_.unicode);
      const std::size_t rest = column.width - std::min(column.width, display_width(cut));
      if (column.to_the_right) blanks += rest;
      if (!cut.empty()) text.append(blanks, ' ').append(styled(cut, field.style, terminal_));
      blanks =
          (cut.empty() ? blanks + column.width - (column.to_the_right ? rest : 0) : (column.to_the_right ? 0 : rest)) +
          kGap;
    }
    out_ += text + '\n';
  }

  void rule() {
    std::string rule;
    for (std::size_t i = 0; i < shown_; ++i) {
      if (i > 0) rule.append(kGap, ' ');
      for (std::size_t j = 0; j < grid_[i].width; ++j) rule += terminal_.unicode ? "─" : "-";
    }
    out_.append(indent_, ' ').append(styled(rule, kDim, terminal_)) += '\n';
  }

  const std::vector<GridColumn>& grid_;
  const std::size_t shown_;
  const std::size_t indent_;
  const TerminalStyle& terminal_;
  std::string out_;
};

}  // namespace

std::string styled(std::string_view text, std::string_view style, const TerminalStyle& terminal) {
  if (!terminal.colours || style.empty() || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", style, text);
}

std::string show_text(const std::string& text) {
  const bool is_unclear =
      text.empty() || text.front() == ' ' || text.back() == ' ' || text == "null" || text == "true" || text == "false";
  return is_unclear ? quote_json(text) : printable(text);
}

void measure(GridColumn& column, std::size_t uncut) {
  for (std::size_t i = 0; i < column.head.size(); ++i) {
    const std::size_t width = display_width(column.head[i].text);
    column.width = std::max(column.width, width);
    if (i >= uncut) column.head_width = std::max(column.head_width, width);
  }
  for (const Field& cell : column.cells) column.width = std::max(column.width, display_width(cell.text));
}

std::size_t fit_columns(std::vector<GridColumn>& grid, std::size_t room, std::size_t cell_max) {
  const auto width_at = [](const GridColumn& column, std::size_t cap) {
    return std::max(column.head_width, std::min(column.width, cap));
  };
  const auto total_at = [&](std::size_t cap) {
    std::size_t sum = 0;
    for (const GridColumn& column : grid) sum += width_at(column, cap) + kGap;
    return sum;
  };
  std::size_t cap = cell_max;
  while (cap > kCellMin && total_at(cap) > room + kGap) --cap;
  if (total_at(cap) > room + kGap) cap = kCellMin + 8;  // not all fit: those that do may be readable
  std::size_t shown = 0;
  std::size_t used = 0;
  for (GridColumn& column : grid) {
    column.width = width_at(column, cap);
    if (shown == 0) column.width = std::min(column.width, room);
    if (used + column.width > room) break;
    used += column.width + kGap;
    ++shown;
  }
  return shown;
}

std::string render_grid(const std::vector<GridColumn>& grid, std::size_t shown, std::size_t indent,
                        const TerminalStyle& terminal) {
  return shown == 0 ? "" : GridText(grid, shown, indent, terminal).render();
}

}  // namespace lode::cli
