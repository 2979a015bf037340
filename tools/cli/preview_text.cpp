// Previews for people: tables that fit a terminal.
#include "preview_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "grid.h"
#include "text.h"

namespace lode::cli {
namespace {

constexpr std::size_t kColumnsMin = 16;  // of a terminal: what is narrower is not worth the care
constexpr std::size_t kIndent = 2;       // of a nested table, and of what belongs to a heading
constexpr std::size_t kIndentMax = 8;    // deeper tables are not indented further
constexpr std::size_t kCellMax = 48;     // longer ones are cut even if there is room
constexpr std::size_t kLinesOfMore = 6;  // of columns that did not fit

// Tables and columns that every dataset has.
bool is_engines(std::string_view name) { return name.starts_with("_dlt_"); }

// "2024-03-01T10:00:00+00:00" as people write it.
std::string show_timestamp(std::string text) {
  if (text.ends_with("+00:00")) text.replace(text.size() - 6, 6, "Z");
  while (text.find('.') != std::string::npos && text.ends_with("0Z")) text.erase(text.size() - 2, 1);
  if (const std::size_t t = text.find('T'); t != std::string::npos) text[t] = ' ';
  return text;
}

Field show_value(const PreviewValue& value, const PreviewColumn& column) {
  if (value.kind == PreviewValue::Kind::kNull) return {"null", kDim};
  if (value.kind == PreviewValue::Kind::kOther) return {value.text, ""};
  if (column.type.starts_with("timestamp")) return {show_timestamp(value.text), ""};
  return {show_text(value.text), ""};
}

class Renderer {
 public:
  Renderer(const PreviewView& preview, const PreviewStyle& style) : preview_(preview), style_(style) {
    style_.columns = std::max(style_.columns, kColumnsMin);
  }

  std::string render(bool names_pipeline) {
    if (names_pipeline) {
      line(0, {{preview_.pipeline, kBold},
               {fmt::format("  dataset {}; a preview, nothing is loaded", preview_.dataset), kDim}});
      out_ += '\n';
    }
    for (const PreviewTable& table : preview_.tables) {
      show_table(table);
      out_ += '\n';
    }
    if (preview_.tables.empty()) out_ += "no rows: a load would make no table\n";
    for (const PreviewResource& resource : preview_.resources) show_resource(resource);
    for (const std::string& warning : preview_.warnings) {
      wrapped(0, words_of("warning: " + printable(warning)), " ");
    }
    if (preview_.comparison) show_comparison(*preview_.comparison);
    return std::move(out_);
  }

 private:
  // Fields one behind the other, cut where the line ends.
  void line(std::size_t indent, const std::vector<Field>& fields) {
    out_.append(indent, ' ');
    std::size_t left = style_.columns - std::min(style_.columns, indent);
    for (const Field& field : fields) {
      const std::string text = cut_to_width(field.text, left, style_.unicode);
      left -= std::min(left, display_width(text));
      out_ += styled(text, field.style, style_);
    }
    out_ += '\n';
  }

  // Pieces separated by `separator`, broken between them into lines. At most `lines_max` lines; returns how many pieces
  // were written.
  std::size_t wrapped(std::size_t indent, const std::vector<std::string>& pieces, std::string_view separator,
                      std::size_t lines_max = SIZE_MAX) {
    std::size_t width = 0;
    std::size_t lines = 0;
    std::string text;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      std::string piece = pieces[i];
      if (i + 1 < pieces.size()) piece += separator;
      const std::size_t piece_width = display_width(piece);
      if (width > 0 && indent + width + piece_width > style_.columns + (piece.ends_with(' ') ? 1 : 0)) {
        write_wrapped(indent, text);
        if (++lines == lines_max) return i;
        text.clear();
        width = 0;
      }
      text += piece;
      width += piece_width;
    }
    write_wrapped(indent, text);
    return pieces.size();
  }

  void write_wrapped(std::size_t indent, std::string text) {
    while (text.ends_with(' ')) text.pop_back();
    line(indent, {{text, ""}});
  }

  static std::vector<std::string> words_of(const std::string& text) {
    std::vector<std::string> words(1);
    for (const char c : text) {
      if (c == ' ') {
        words.emplace_back();
      } else {
        words.back() += c;
      }
    }
    return words;
  }

  std::size_t depth_of(const PreviewTable& table) const {
    std::size_t depth = 0;
    const PreviewTable* at = &table;
    while (!at->parent.empty() && depth < preview_.tables.size()) {
      const auto parent = std::find_if(preview_.tables.begin(), preview_.tables.end(),
                                       [&](const PreviewTable& other) { return other.name == at->parent; });
      if (parent == preview_.tables.end()) return depth + 1;
      at = &*parent;
      ++depth;
    }
    return depth;
  }

  void show_table(const PreviewTable& table) {
    const std::size_t indent = std::min(depth_of(table) * kIndent, kIndentMax);
    std::string facts = "  " + count_of(table.rows, "row");
    if (table.parent.empty()) {
      facts += ", " + table.disposition;
      if (table.resource != table.name) facts += fmt::format(", from resource '{}'", table.resource);
    }
    line(indent, {{printable(table.name), kBold}, {facts, kDim}});
    std::vector<GridColumn> grid = grid_of(table);
    const std::size_t room = style_.columns - std::min(style_.columns, indent + kIndent);
    const std::size_t shown = fit_columns(grid, room, kCellMax);
    out_ += render_grid(grid, shown, indent + kIndent, style_);
    show_more(table, shown, indent + kIndent);
  }

  // The places of the columns that are shown: a variant stands beside the column whose values did not fit.
  static std::vector<std::size_t> order_of(const PreviewTable& table) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const PreviewColumn& column = table.columns[i];
      if (column.type.empty() || is_engines(column.name)) continue;
      const bool is_variant = std::find(column.marks.begin(), column.marks.end(), "variant") != column.marks.end();
      const std::string base = column.name.substr(0, column.name.rfind("__v_"));
      auto place = order.end();
      if (is_variant) {
        place = std::find_if(order.begin(), order.end(),
                             [&](std::size_t other) { return table.columns[other].name == base; });
        if (place != order.end()) ++place;
      }
      order.insert(place, i);
    }
    return order;
  }

  static std::string join(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, ", ")); }

  std::vector<GridColumn> grid_of(const PreviewTable& table) const {
    std::vector<GridColumn> grid;
    for (const std::size_t i : order_of(table)) {
      const PreviewColumn& column = table.columns[i];
      GridColumn out;
      out.to_the_right = column.is_number;
      out.head = {{printable(column.name), kBold}, {column.type, kCyan}, {join(column.marks), kYellow}};
      for (const auto& row : table.first_rows) out.cells.push_back(show_value(row[i], column));
      measure(out, 1);  // the type and the marks are not cut
      grid.push_back(std::move(out));
    }
    return grid;
  }

  // The columns that did not fit, without their values.
  void show_more(const PreviewTable& table, std::size_t shown, std::size_t indent) {
    std::vector<std::string> names;
    const std::vector<std::size_t> order = order_of(table);
    for (std::size_t i = shown; i < order.size(); ++i) {
      const PreviewColumn& column = table.columns[order[i]];
      std::string text = fmt::format("{} {}", printable(column.name), column.type);
      if (!column.marks.empty()) text += fmt::format(" ({})", join(column.marks));
      names.push_back(std::move(text));
    }
    if (names.empty()) return;
    names.front().insert(0, fmt::format("+ {}: ", count_of(names.size(), "column")));
    const std::size_t written = wrapped(indent, names, ", ", kLinesOfMore);
    if (written == names.size()) return;
    line(indent, {{fmt::format("and {} more; --json has them all", group_digits(names.size() - written)), kDim}});
  }

  void show_resource(const PreviewResource& resource) {
    const std::string name = printable(resource.name);
    const std::string requests = resource.requests > 0 ? ", " + count_of(resource.requests, "request") : "";
    const std::string rows = count_of(resource.rows, "row");
    const std::string text = !resource.selected   ? fmt::format("read {} for others{}", name, requests)
                             : resource.limited   ? fmt::format("read the first {} of {}{}", rows, name, requests)
                             : resource.rows == 0 ? fmt::format("{} has no rows{}", name, requests)
                                                  : fmt::format("read all of {}, {}{}", name, rows, requests);
    line(0, {{text, kDim}, {resource.limited && resource.selected ? "; --limit N reads further" : "", kDim}});
  }

  void show_comparison(const PreviewComparison& comparison) {
    out_ += '\n';
    const bool has_changes = std::any_of(comparison.tables.begin(), comparison.tables.end(),
                                         [](const PreviewChange& change) { return change.change != "same"; }) ||
                             !comparison.dropped.empty() || !comparison.emptied.empty();
    line(0, {{fmt::format("{}, dataset {}: ", printable(comparison.destination), preview_.dataset), kBold},
             {has_changes ? "a run would" : "a run would leave the schema as it is", ""}});
    std::size_t width = 0;
    for (const PreviewChange& change : comparison.tables) width = std::max(width, display_width(change.table));
    width = std::min(width, style_.columns / 2);
    for (const std::string& table : comparison.dropped) {
      line(kIndent, {{"drop    ", kRed}, {printable(table), kBold}, {"  first, with all its rows", kDim}});
    }
    for (const std::string& table : comparison.emptied) {
      line(kIndent, {{"empty   ", kRed}, {printable(table), kBold}, {"  first", kDim}});
    }
    for (const PreviewChange& change : comparison.tables) show_change(change, width);
    if (comparison.statements.empty()) {
      line(0, {{has_changes ? "and apply no DDL" : "no DDL", ""}});
      return;
    }
    line(0, {{"and apply", ""}});
    std::vector<std::string> own;
    for (const PreviewStatement& statement : comparison.statements) {
      if (is_engines(statement.table)) {
        if (own.empty() || own.back() != statement.table) own.push_back(statement.table);
      } else {
        show_statement(statement.sql);
      }
    }
    if (own.empty()) return;
    own.front().insert(0, "-- and what lode keeps beside the data: ");
    wrapped(kIndent, own, ", ");
  }

  void show_change(const PreviewChange& change, std::size_t width) {
    const bool is_new = change.change == "new";
    const bool is_same = change.change == "same";
    const std::string name = cut_to_width(printable(change.table), width, style_.unicode);
    const std::string pad(width - std::min(width, display_width(name)) + kGap, ' ');
    const Field verb = is_new    ? Field{"create  ", kGreen}
                       : is_same ? Field{"keep    ", kDim}
                                 : Field{"change  ", kYellow};
    const std::string added = is_new                 ? count_of(change.added.size(), "column")
                              : change.added.empty() ? ""
                                                     : fmt::format("add {}", count_of(change.added.size(), "column"));
    line(kIndent, {verb, {name, is_same ? kDim : kBold}, {added.empty() ? "" : pad, ""}, {added, ""}});
    if (is_new) return;
    std::vector<std::string> pieces;
    for (const std::string& column : change.added) pieces.push_back(printable(column));
    constexpr std::size_t kUnder = kIndent + 8;  // the name
    if (!pieces.empty()) wrapped(kUnder, pieces, ", ", kLinesOfMore);
    for (const std::string& altered : change.altered) {
      line(kUnder, {{fmt::format("note {}", printable(altered)), ""}});
    }
  }

  // To be copied: never cut. Tabs and blanks at the ends of lines are the layout of one library.
  void show_statement(const std::string& statement) {
    std::size_t start = 0;
    while (start <= statement.size()) {
      const std::size_t end = std::min(statement.find('\n', start), statement.size());
      std::string text = statement.substr(start, end - start);
      while (text.ends_with(' ')) text.pop_back();
      if (text.starts_with('\t')) text.replace(0, 1, "  ");
      out_.append(kIndent, ' ').append(text);
      if (end == statement.size()) out_ += ';';
      out_ += '\n';
      start = end + 1;
    }
  }

  const PreviewView& preview_;
  PreviewStyle style_;
  std::string out_;
};

}  // namespace

std::string render_preview(const PreviewView& preview, bool names_pipeline, const PreviewStyle& style) {
  return Renderer(preview, style).render(names_pipeline);
}

}  // namespace lode::cli
