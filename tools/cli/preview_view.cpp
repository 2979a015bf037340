// What a preview found, as structures. Like status_view.cpp, a file that reads JSON.
#include "preview_view.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <array>

namespace lode::cli {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

std::string text(const object& from, const char* key) {
  std::string_view out;
  return from[key].get(out) == simdjson::SUCCESS ? std::string(out) : std::string();
}

std::uint64_t number(const object& from, const char* key) {
  std::uint64_t out = 0;
  return from[key].get(out) == simdjson::SUCCESS ? out : 0;
}

bool flag(const object& from, const char* key, bool fallback = false) {
  bool out = fallback;
  return from[key].get(out) == simdjson::SUCCESS ? out : fallback;
}

// Calls `take` with every element in the list at `key`.
template <typename Take>
void each(const object& from, const char* key, const Take& take) {
  simdjson::dom::array list;
  if (from[key].get(list) != simdjson::SUCCESS) return;
  for (const element item : list) take(item);
}

template <typename Take>
void each_object(const object& from, const char* key, const Take& take) {
  each(from, key, [&](const element& item) {
    object out;
    if (item.get(out) == simdjson::SUCCESS) take(out);
  });
}

std::vector<std::string> texts(const object& from, const char* key) {
  std::vector<std::string> out;
  each(from, key, [&](const element& item) {
    std::string_view word;
    if (item.get(word) == simdjson::SUCCESS) out.emplace_back(word);
  });
  return out;
}

std::string type_of(const object& column) {
  std::string type = text(column, "data_type");
  std::uint64_t precision = 0;
  std::uint64_t scale = 0;
  if (!type.empty() && column["precision"].get(precision) == simdjson::SUCCESS) {
    const bool has_scale = column["scale"].get(scale) == simdjson::SUCCESS;
    type += has_scale ? fmt::format("({},{})", precision, scale) : fmt::format("({})", precision);
  }
  if (type.starts_with("timestamp") && !flag(column, "timezone", true)) type += " naive";
  return type;
}

std::vector<std::string> marks_of(const object& column) {
  struct Mark {
    const char* property;
    const char* word;
  };
  constexpr std::array<Mark, 7> kMarks = {{{"primary_key", "key"},
                                           {"merge_key", "merge key"},
                                           {"unique", "unique"},
                                           {"incremental", "cursor"},
                                           {"hard_delete", "hard delete"},
                                           {"dedup_sort", "dedup sort"},
                                           {"variant", "variant"}}};
  std::vector<std::string> marks;
  for (const Mark& mark : kMarks) {
    const bool is_text = !text(column, mark.property).empty();
    if (is_text || flag(column, mark.property)) marks.emplace_back(mark.word);
  }
  // A key cannot be null: that need not be said.
  if (!flag(column, "nullable", true) && !flag(column, "primary_key")) marks.emplace_back("not null");
  return marks;
}

PreviewColumn read_column(const object& from) {
  PreviewColumn column;
  column.name = text(from, "name");
  column.type = type_of(from);
  column.marks = marks_of(from);
  for (const char* type : {"bigint", "double", "decimal", "wei"}) {
    column.is_number = column.is_number || column.type.starts_with(type);
  }
  return column;
}

PreviewValue read_value(const simdjson::simdjson_result<element>& found) {
  element value;
  if (found.get(value) != simdjson::SUCCESS || value.is_null()) return {};
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) return {PreviewValue::Kind::kText, std::string(text)};
  return {PreviewValue::Kind::kOther, simdjson::minify(value)};
}

PreviewTable read_table(const object& from) {
  PreviewTable table{text(from, "name"), text(from, "parent"), text(from, "resource"), text(from, "write_disposition"),
                     number(from, "rows"), {}, {}};
  each_object(from, "columns", [&](const object& column) { table.columns.push_back(read_column(column)); });
  each_object(from, "first_rows", [&](const object& row) {
    std::vector<PreviewValue>& values = table.first_rows.emplace_back();
    for (const PreviewColumn& column : table.columns) values.push_back(read_value(row[column.name]));
  });
  return table;
}

std::string show_property(const object& property) {
  const auto show = [&](const char* key) {
    const PreviewValue value = read_value(property[key]);
    return value.kind == PreviewValue::Kind::kNull ? std::string("none") : value.text;
  };
  return fmt::format("{} {} -> {}", text(property, "name"), show("before"), show("after"));
}

PreviewChange read_change(const object& from) {
  PreviewChange change{text(from, "table"), text(from, "change"), {}, {}};
  each_object(from, "columns", [&](const object& column) {
    if (text(column, "change") == "added") {
      change.added.push_back(fmt::format("{} {}", text(column, "name"), text(column, "data_type")));
    }
    each_object(column, "properties", [&](const object& property) {
      change.altered.push_back(fmt::format("{}: {}", text(column, "name"), show_property(property)));
    });
  });
  each_object(from, "properties",
              [&](const object& property) { change.altered.push_back(show_property(property)); });
  return change;
}

PreviewView read_preview(const object& from) {
  PreviewView view;
  view.pipeline = text(from, "pipeline");
  view.dataset = text(from, "dataset");
  each_object(from, "resources", [&](const object& item) {
    view.resources.push_back({text(item, "name"), number(item, "rows"), number(item, "requests"),
                              flag(item, "selected", true), flag(item, "limited")});
  });
  each_object(from, "tables", [&](const object& item) { view.tables.push_back(read_table(item)); });
  view.warnings = texts(from, "warnings");
  object comparison;
  if (from["comparison"].get(comparison) == simdjson::SUCCESS) {
    view.comparison.emplace();
    view.comparison->destination = text(comparison, "destination");
    each_object(comparison, "tables",
                [&](const object& item) { view.comparison->tables.push_back(read_change(item)); });
    each_object(comparison, "statements", [&](const object& item) {
      view.comparison->statements.push_back({text(item, "table"), text(item, "sql")});
    });
  }
  return view;
}

}  // namespace

std::vector<PreviewView> read_previews(std::string_view json) {
  std::vector<PreviewView> views;
  simdjson::dom::parser parser;
  simdjson::dom::array list;
  if (parser.parse(json.data(), json.size()).get(list) != simdjson::SUCCESS) return views;
  for (const element item : list) {
    object preview;
    if (item.get(preview) == simdjson::SUCCESS) views.push_back(read_preview(preview));
  }
  return views;
}

}  // namespace lode::cli
