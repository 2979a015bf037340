// Grids: columns of text that fit a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lode::cli {

inline constexpr std::string_view kBold = "1";
inline constexpr std::string_view kDim = "2";
inline constexpr std::string_view kRed = "31";
inline constexpr std::string_view kGreen = "32";
inline constexpr std::string_view kYellow = "33";
inline constexpr std::string_view kCyan = "36";

/// What the reader of a text looks at.
struct TerminalStyle {
  std::size_t columns = 80;  ///< of the terminal
  bool unicode = true;
  bool colours = false;
};

/// What stands in one field of a grid. The text is on one line.
struct Field {
  std::string text;
  std::string_view style;
};

struct GridColumn {
  std::vector<Field> head;  ///< a line each, as many in all columns
  std::vector<Field> cells;
  bool to_the_right = false;
  std::size_t head_width = 0;  ///< what must not be cut
  std::size_t width = 0;       ///< of the widest field; fit_columns() makes it less
};

/// Columns between columns.
inline constexpr std::size_t kGap = 2;

/// `text` in a style of ECMA-48, where there are colours.
std::string styled(std::string_view text, std::string_view style, const TerminalStyle& terminal);
/// A value as a cell shows it: in quotes where it could be taken for something else.
std::string show_text(const std::string& text);
/// Makes `width` that of the widest field, and `head_width` that of the head's lines from `uncut` on.
void measure(GridColumn& column, std::size_t uncut);
/// Settles the widths and answers how many columns are shown: all, with cells beyond `cell_max` cut, and shorter ones
/// if they must be; if cutting is not enough, those that come first.
std::size_t fit_columns(std::vector<GridColumn>& grid, std::size_t room, std::size_t cell_max);
/// Head, rule and cells of the first `shown` columns, each line ended by a newline; "" for none. Lines of the head in
/// which nothing stands are left out at its end.
std::string render_grid(const std::vector<GridColumn>& grid, std::size_t shown, std::size_t indent,
                        const TerminalStyle& terminal);

}  // namespace lode::cli
