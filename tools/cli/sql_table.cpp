// What a query found, as a table that fits a terminal.
#include "sql_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "json_tree.h"
#include "text.h"

namespace lode::cli {
namespace {

Field show_cell(const JsonTree& value) {
  if (value.kind() == JsonTree::Kind::kNull) return {"null", kDim};
  if (value.kind() == JsonTree::Kind::kOther) return {value.text(), ""};
  return {show_text(value.text()), ""};
}

bool is_number(const JsonTree& value) {
  return value.kind() == JsonTree::Kind::kOther && value.text() != "true" && value.text() != "false";
}

// Takes the next line off.
std::string_view next_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

// Those that did not fit, in one line.
std::string left_out(const std::vector<GridColumn>& grid, std::size_t shown, const TerminalStyle& terminal) {
  if (shown == grid.size()) return "";
  std::string names;
  for (std::size_t i = shown; i < grid.size(); ++i) names += (i > shown ? ", " : "") + grid[i].head[0].text;
  const std::string text = fmt::format("+ {}: {}", count_of(grid.size() - shown, "column"), names);
  return cut_to_width(text, terminal.columns, terminal.unicode) + "\n";
}

}  // namespace

std::string render_query(std::string_view cells, const TerminalStyle& terminal) {
  std::vector<GridColumn> grid;
  const JsonTree names = JsonTree::read(next_line(cells));
  for (const JsonTree& name : names.children()) {
    grid.push_back({});
    grid.back().head = {{printable(name.text()), kBold}};
  }
  std::vector<bool> has_others(grid.size());
  std::vector<bool> has_numbers(grid.size());
  std::size_t rows = 0;
  bool has_more = false;
  while (!cells.empty()) {
    const JsonTree row = JsonTree::read(next_line(cells));
    if (row.kind() == JsonTree::Kind::kObject) has_more = row.flag_at("more");
    if (row.kind() != JsonTree::Kind::kList || row.children().size() != grid.size()) continue;
    ++rows;
    for (std::size_t i = 0; i < grid.size(); ++i) {
      const JsonTree& value = row.children()[i];
      grid[i].cells.push_back(show_cell(value));
      if (value.kind() != JsonTree::Kind::kNull) (is_number(value) ? has_numbers : has_others)[i] = true;
    }
  }
  if (grid.empty()) return "no rows\n";
  for (std::size_t i = 0; i < grid.size(); ++i) {
    grid[i].to_the_right = has_numbers[i] && !has_others[i];
    measure(grid[i], 1);
  }
  const std::size_t shown = fit_columns(grid, terminal.columns, terminal.columns);
  std::string out = render_grid(grid, shown, 0, terminal) + left_out(grid, shown, terminal);
  const std::string count = has_more    ? fmt::format("the first {}; --limit N shows more", count_of(rows, "row"))
                            : rows == 0 ? "no rows"
                                        : count_of(rows, "row");
  return out + styled(cut_to_width(count, terminal.columns, terminal.unicode), kDim, terminal) + "\n";
}

}  // namespace lode::cli
