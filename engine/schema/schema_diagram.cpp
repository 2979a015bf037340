// Pictures of a schema: Mermaid's entity-relationship diagrams, and DBML for drawing tools.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "schema/schema_file.h"

namespace lode {
namespace {

using json::Value;

// How many rows of the one table belong to how many of the other.
enum class Cardinality { kManyToOne, kOneToMany, kManyToMany };

struct Reference {
  std::string table;
  std::vector<std::string> columns;
  std::string other;
  std::vector<std::string> other_columns;
  Cardinality cardinality = Cardinality::kManyToOne;
  std::string mermaid_arrow;  ///< of references that users declare
  std::string label;
};

std::vector<std::string> texts(const Value* list) {
  std::vector<std::string> out;
  for (std::size_t i = 0; list != nullptr && list->is_list() && i < list->size(); ++i) {
    if (list->items()[i].is_text()) out.push_back(list->items()[i].as_text());
  }
  return out;
}

std::string arrow_of(std::string_view cardinality) {
  constexpr std::pair<std::string_view, std::string_view> kArrows[] = {
      {"one_to_many", "||--|{"}, {"many_to_one", "}|--||"},  {"zero_to_many", "|o--|{"}, {"many_to_zero", "}|--o|"},
      {"one_to_one", "||--||"},  {"many_to_many", "}|--|{"}, {"zero_to_one", "|o--o|"},  {"one_to_zero", "|o--o|"},
  };
  for (const auto& [name, arrow] : kArrows) {
    if (name == cardinality) return std::string(arrow);
  }
  return "||--|{";
}

void add_declared(const Table& table, std::vector<Reference>& out) {
  const Value* declared = table.props().find("references");
  for (std::size_t i = 0; declared != nullptr && declared->is_list() && i < declared->size(); ++i) {
    const Value& reference = declared->items()[i];
    out.push_back({.table = reference.text_or("table", table.name()),
                   .columns = texts(reference.find("columns")),
                   .other = reference.text_or("referenced_table", ""),
                   .other_columns = texts(reference.find("referenced_columns")),
                   .cardinality = Cardinality::kManyToMany,
                   .mermaid_arrow = arrow_of(reference.text_or("cardinality", "one_to_many")),
                   .label = reference.text_or("label", "")});
  }
}

void add_to_loads(const Table& table, std::vector<Reference>& out) {
  if (table.find(kLoadIdColumn) == nullptr) return;
  out.push_back({.table = table.name(),
                 .columns = {std::string(kLoadIdColumn)},
                 .other = std::string(kLoadsTable),
                 .other_columns = {"load_id"},
                 .cardinality = Cardinality::kManyToOne,
                 .mermaid_arrow = "",
                 .label = "_dlt_load"});
}

void add_to_above(const Schema& schema, const Table& table, std::vector<Reference>& out) {
  const Table* parent = table.parent().empty() ? nullptr : schema.find_table(table.parent());
  if (parent == nullptr) return;
  Reference above{.table = table.name(),
                  .columns = {table.first_with("parent_key")},
                  .other = parent->name(),
                  .other_columns = {parent->first_with("row_key")},
                  .cardinality = Cardinality::kManyToOne,
                  .mermaid_arrow = "",
                  .label = "_dlt_parent"};
  out.push_back(above);
  if (table.first_with("root_key").empty()) return;
  const Table& root = schema.root_of(table);
  above.columns = {table.first_with("root_key")};
  above.other = root.name();
  above.other_columns = {root.first_with("row_key")};
  above.label = "_dlt_root";
  out.push_back(above);
}

void add_between_system_tables(const Schema& schema, std::vector<Reference>& out) {
  if (schema.find_table(kVersionTable) == nullptr || schema.find_table(kLoadsTable) == nullptr) return;
  Reference versions{.table = std::string(kVersionTable),
                     .columns = {"version_hash"},
                     .other = std::string(kLoadsTable),
                     .other_columns = {"schema_version_hash"},
                     .cardinality = Cardinality::kOneToMany,
                     .mermaid_arrow = "",
                     .label = "_dlt_schema_version"};
  out.push_back(versions);
  versions.columns = versions.other_columns = {"schema_name"};
  versions.cardinality = Cardinality::kManyToMany;
  versions.label = "_dlt_schema_name";
  out.push_back(versions);
}

bool is_shown(const Table& table, const SchemaTextOptions& options) {
  return table.has_complete_column() && (options.with_dlt_tables || !is_dlt_name(table.name()));
}

std::string description_of(const Value& props) { return props.text_or("description", ""); }

// Mermaid has no way to write a quotation mark inside of quotes.
std::string mermaid_text(std::string text) {
  std::replace(text.begin(), text.end(), '"', '\'');
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string dbml_text(const std::string& text, bool starts_on_own_line) {
  std::string escaped = replace_all(text, "'", "\\'");
  // Three quotes end a text of several lines; one backslash is enough for them.
  escaped = replace_all(std::move(escaped), "\\'\\'\\'", "\\'''");
  if (text.find('\n') == std::string::npos) return fmt::format("'{}'", escaped);
  return fmt::format("'''{}{}'''", starts_on_own_line ? "\n" : "", escaped);
}

// Every line further in; lines of white space stay as they are.
std::string indented(std::string_view text) {
  std::string out;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size() - 1) + 1;
    const std::string_view line = text.substr(from, end - from);
    if (!trim(line).empty()) out += "    ";
    out += line;
    from = end;
  }
  return out;
}

std::string dbml_column(const Column& column) {
  std::vector<std::string> options;
  if (column.flag("primary_key")) options.emplace_back("pk");
  if (column.flag("unique")) options.emplace_back("unique");
  if (!column.nullable()) options.emplace_back("not null");
  if (const std::string note = description_of(column.props()); !note.empty())
    options.push_back("note: " + dbml_text(note, false));
  std::string out = fmt::format("\"{}\" {}", column.name(), type_name(column.type()));
  if (!options.empty()) out += fmt::format(" [{}]", join(options, ", "));
  return out;
}

std::string dbml_table(const Table& table) {
  std::string columns;
  for (const Column& column : table.columns()) {
    if (!column.complete()) continue;
    if (!columns.empty()) columns += '\n';
    columns += dbml_column(column);
  }
  std::string out = fmt::format("Table \"{}\" {{\n{}\n", table.name(), indented(columns));
  if (const std::string note = description_of(table.props()); !note.empty())
    out += indented(fmt::format("Note {{\n{}\n}}", indented(dbml_text(note, true)))) + "\n";
  return out + "}";
}

std::string dbml_columns(const std::vector<std::string>& columns) {
  if (columns.size() == 1) return fmt::format("\"{}\"", columns[0]);
  std::vector<std::string> quoted;
  for (const std::string& column : columns) quoted.push_back(fmt::format("\"{}\"", column));
  return fmt::format("({})", join(quoted, ", "));
}

bool has_all(const Table& table, const std::vector<std::string>& columns) {
  return !columns.empty() && std::all_of(columns.begin(), columns.end(), [&](const std::string& name) {
    const Column* column = table.find(name);
    return column != nullptr && column->complete();
  });
}

std::string dbml_reference(const Reference& reference) {
  const std::string_view sign = reference.cardinality == Cardinality::kManyToOne   ? ">"
                                : reference.cardinality == Cardinality::kOneToMany ? "<"
                                                                                   : "<>";
  return fmt::format("Ref {{\n    \"{}\".{} {} \"{}\".{}\n}}", reference.table, dbml_columns(reference.columns), sign,
                     reference.other, dbml_columns(reference.other_columns));
}

}  // namespace

std::string mermaid_diagram(const Schema& schema, const SchemaTextOptions& options) {
  std::string out = "erDiagram\n";
  std::vector<Reference> references;
  for (const Table& table : schema.tables()) {
    add_to_above(schema, table, references);
    add_to_loads(table, references);
    add_declared(table, references);
    if (!is_shown(table, options)) continue;
    out += fmt::format("    {}{{\n", table.name());
    for (const Column& column : table.columns()) {
      if (!column.complete()) continue;
      std::vector<std::string> keys;
      if (column.flag("primary_key")) keys.emplace_back("PK");
      if (column.flag("unique")) keys.emplace_back("UK");
      out += fmt::format("    {} {}", type_name(column.type()), column.name());
      if (!keys.empty()) out += " " + join(keys, ",");
      if (const std::string note = description_of(column.props()); !note.empty())
        out += fmt::format(" \"{}\"", mermaid_text(note));
      out += '\n';
    }
    out += "}\n";
  }
  add_between_system_tables(schema, references);
  for (const Reference& reference : references) {
    if (!options.with_dlt_tables && (is_dlt_name(reference.table) || is_dlt_name(reference.other))) continue;
    const std::string_view arrow = !reference.mermaid_arrow.empty() ? std::string_view(reference.mermaid_arrow)
                                   : reference.cardinality == Cardinality::kManyToOne ? "}|--||"
                                   : reference.cardinality == Cardinality::kOneToMany ? "||--|{"
                                                                                      : "}|--|{";
    out +=
        fmt::format("    {} {} {} : \"{}\"\n", reference.table, arrow, reference.other, mermaid_text(reference.label));
  }
  return out;
}

std::string dbml_diagram(const Schema& schema, const SchemaTextOptions& options) {
  std::vector<std::string> parts;
  for (const bool is_system : {false, true}) {
    for (const Table& table : schema.tables()) {
      if (is_dlt_name(table.name()) == is_system && is_shown(table, options)) parts.push_back(dbml_table(table));
    }
  }
  std::vector<Reference> references;
  for (const Table& table : schema.tables()) {
    add_declared(table, references);
    add_to_loads(table, references);
    add_to_above(schema, table, references);
  }
  add_between_system_tables(schema, references);
  for (const Reference& reference : references) {
    // Drawing tools refuse a file that names what is not in it.
    const Table* table = schema.find_table(reference.table);
    const Table* other = schema.find_table(reference.other);
    if (table == nullptr || other == nullptr || !is_shown(*table, options) || !is_shown(*other, options)) continue;
    if (!has_all(*table, reference.columns) || !has_all(*other, reference.other_columns)) continue;
    if (reference.columns.size() == reference.other_columns.size()) parts.push_back(dbml_reference(reference));
  }
  return join(parts, "\n\n");
}

}  // namespace lode
