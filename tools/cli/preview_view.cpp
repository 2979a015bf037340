// What a preview found, as structures.
#include "preview_view.h"

#include <fmt/format.h>

#include <array>

#include "json_tree.h"

namespace lode::cli {
namespace {

std::vector<std::string> texts_at(const JsonTree& from, std::string_view key) {
  std::vector<std::string> out;
  for (const JsonTree& item : from.at(key).children()) out.push_back(item.text());
  return out;
}

std::string type_of(const JsonTree& column) {
  std::string type = column.text_at("data_type");
  const std::string& precision = column.at("precision").text();
  const std::string& scale = column.at("scale").text();
  if (!type.empty() && !precision.empty()) {
    type += scale.empty() ? fmt::format("({})", precision) : fmt::format("({},{})", precision, scale);
  }
  if (type.starts_with("timestamp") && !column.flag_at("timezone", true)) type += " naive";
  return type;
}

std::vector<std::string> marks_of(const JsonTree& column) {
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
    const bool is_text = !column.text_at(mark.property).empty();
    if (is_text || column.flag_at(mark.property)) marks.emplace_back(mark.word);
  }
  // A key cannot be null: that need not be said.
  if (!column.flag_at("nullable", true) && !column.flag_at("primary_key")) marks.emplace_back("not null");
  return marks;
}

PreviewColumn read_column(const JsonTree& from) {
  PreviewColumn column;
  column.name = from.text_at("name");
  column.type = type_of(from);
  column.marks = marks_of(from);
  for (const char* type : {"bigint", "double", "decimal", "wei"}) {
    column.is_number = column.is_number || column.type.starts_with(type);
  }
  return column;
}

PreviewValue read_value(const JsonTree& value) {
  switch (value.kind()) {
    case JsonTree::Kind::kNull:
      return {};
    case JsonTree::Kind::kText:
      return {PreviewValue::Kind::kText, value.text()};
    default:
      return {PreviewValue::Kind::kOther, value.json()};
  }
}

PreviewTable read_table(const JsonTree& from) {
  PreviewTable table{from.text_at("name"),
                     from.text_at("parent"),
                     from.text_at("resource"),
                     from.text_at("write_disposition"),
                     from.number_at("rows"),
                     {},
                     {}};
  for (const JsonTree& column : from.at("columns").children()) table.columns.push_back(read_column(column));
  for (const JsonTree& row : from.at("first_rows").children()) {
    std::vector<PreviewValue>& values = table.first_rows.emplace_back();
    for (const PreviewColumn& column : table.columns) values.push_back(read_value(row.at(column.name)));
  }
  return table;
}

std::string show_property(const JsonTree& property) {
  const auto show = [&](const char* key) {
    const PreviewValue value = read_value(property.at(key));
    return value.kind == PreviewValue::Kind::kNull ? std::string("none") : value.text;
  };
  return fmt::format("{} {} -> {}", property.text_at("name"), show("before"), show("after"));
}

PreviewChange read_change(const JsonTree& from) {
  PreviewChange change{from.text_at("table"), from.text_at("change"), {}, {}};
  for (const JsonTree& column : from.at("columns").children()) {
    if (column.text_at("change") == "added") {
      change.added.push_back(fmt::format("{} {}", column.text_at("name"), column.text_at("data_type")));
    }
    for (const JsonTree& property : column.at("properties").children()) {
      change.altered.push_back(fmt::format("{}: {}", column.text_at("name"), show_property(property)));
    }
  }
  for (const JsonTree& property : from.at("properties").children()) change.altered.push_back(show_property(property));
  return change;
}

PreviewView read_preview(const JsonTree& from) {
  PreviewView view;
  view.pipeline = from.text_at("pipeline");
  view.dataset = from.text_at("dataset");
  for (const JsonTree& item : from.at("resources").children()) {
    view.resources.push_back({item.text_at("name"), item.number_at("rows"), item.number_at("requests"),
                              item.flag_at("selected", true), item.flag_at("limited")});
  }
  for (const JsonTree& item : from.at("tables").children()) view.tables.push_back(read_table(item));
  view.warnings = texts_at(from, "warnings");
  const JsonTree& comparison = from.at("comparison");
  if (comparison.kind() == JsonTree::Kind::kObject) {
    view.comparison.emplace();
    view.comparison->destination = comparison.text_at("destination");
    for (const JsonTree& name : comparison.at("dropped_tables").children())
      view.comparison->dropped.push_back(name.text());
    for (const JsonTree& name : comparison.at("emptied_tables").children())
      view.comparison->emptied.push_back(name.text());
    for (const JsonTree& item : comparison.at("tables").children())
      view.comparison->tables.push_back(read_change(item));
    for (const JsonTree& item : comparison.at("statements").children()) {
      view.comparison->statements.push_back({item.text_at("table"), item.text_at("sql")});
    }
  }
  return view;
}

}  // namespace

std::vector<PreviewView> read_previews(std::string_view json) {
  std::vector<PreviewView> views;
  const JsonTree list = JsonTree::read(json);
  for (const JsonTree& item : list.children()) {
    if (item.kind() == JsonTree::Kind::kObject) views.push_back(read_preview(item));
  }
  return views;
}

}  // namespace lode::cli
