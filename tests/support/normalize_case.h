// Normalizer cases: documents with hints as JSON, as tests/interop makes them, run into memory.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "json/document.h"
#include "normalize/core.h"
#include "schema/hints.h"
#include "support/memory_sink.h"

namespace lode {

inline std::vector<std::string> case_texts(const json::Value* value) {
  std::vector<std::string> out;
  if (value == nullptr) return out;
  if (value->is_text()) return {value->as_text()};
  for (const json::Value& item : value->items()) out.push_back(item.as_text());
  return out;
}

inline void read_table_hints(const json::Value& value, TableHints& hints) {
  hints.primary_key = case_texts(value.find("primary_key"));
  hints.merge_key = case_texts(value.find("merge_key"));
  if (const json::Value* found = value.find("write_disposition")) hints.write_disposition = *found;
  if (const json::Value* found = value.find("columns")) hints.columns = *found;
  if (const json::Value* found = value.find("schema_contract")) hints.schema_contract = *found;
  if (const json::Value* found = value.find("references")) hints.references = *found;
  hints.table_format = value.text_or("table_format", "");
  hints.file_format = value.text_or("file_format", "");
}

inline ResourceHints read_resource_hints(const json::Value& value) {
  ResourceHints hints;
  hints.name = value.text_or("name", "");
  hints.table_name = value.text_or("table_name", "");
  hints.cursor_column = value.text_or("cursor", "");
  read_table_hints(value, hints);
  if (const json::Value* found = value.find("max_table_nesting")) hints.max_table_nesting = found->as_int();
  if (const json::Value* nested = value.find("nested_hints")) {
    for (const json::Value& item : nested->items()) {
      NestedHints child;
      child.path = case_texts(item.find("path"));
      read_table_hints(item, child);
      hints.nested.push_back(std::move(child));
    }
  }
  return hints;
}

struct CaseAnswer {
  Schema schema{"none"};
  MemorySink sink;
  std::vector<std::string> warnings;
  std::uint64_t slow_rows = 0;
};

inline json::Rows rows_of(const std::shared_ptr<const json::Document>& document, json::Ref list) {
  json::Rows rows{.document = document, .rows = {}};
  json::Ref row(list.cell() + 1);
  for (std::size_t i = 0; i < list.size(); ++i, row = row.next()) rows.rows.push_back(row);
  return rows;
}

/// Settings that a source gives to its schema: those of the schema, and of the normalizer.
inline void apply_case_settings(const json::Value& options, Schema& schema) {
  if (const json::Value* settings = options.find("settings")) {
    for (const auto& [key, value] : settings->members()) schema.settings().set(key, value);
  }
  if (const json::Value* config = options.find("config")) {
    for (const auto& [key, value] : config->members()) schema.normalizers()["json"]["config"].set(key, value);
  }
  if (!options.bool_or("breaks_paths", true)) schema.normalizers().set("use_break_path_on_normalize", false);
}

/// The table that a page of a resource goes to.
inline std::string case_table(const json::Value& options, std::string_view page_table) {
  for (const json::Value& resource : options.find("resources")->items()) {
    if (resource.text_or("name", "") == page_table) return resource.text_or("table_name", std::string(page_table));
  }
  return std::string(page_table);
}

/// Resources that pages name and that have no hints: they are declared all the same.
inline std::vector<std::string> undeclared_resources(const json::Value& options) {
  std::vector<std::string> names;
  for (const json::Value& page : options.find("pages")->items()) {
    const std::string name = page.text_or("table", "");
    const auto& resources = options.find("resources")->items();
    const bool has_hints = std::any_of(resources.begin(), resources.end(),
                                       [&](const json::Value& r) { return r.text_or("name", "") == name; });
    if (!has_hints && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

/// `request`: {"name", "naming"?, "length_max"?, "load_id", "settings"?, "config"?, "breaks_paths"?, "resources":
/// [hints...], "pages": [{"table", "rows"}...]}. `stored` is the schema of an earlier run, null for none.
inline Result<std::unique_ptr<CaseAnswer>> run_normalize_case(json::Ref request,
                                                              const std::shared_ptr<const json::Document>& document,
                                                              const json::Value& stored, bool slow) {
  const json::Value options = json::to_value(request);
  LODE_ASSIGN(const auto naming, Naming::make(options.text_or("naming", "snake_case"),
                                              static_cast<std::uint32_t>(options.int_or("length_max", 0))));
  auto answer = std::make_unique<CaseAnswer>();
  answer->schema = Schema(options.text_or("name", "s"), naming->convention());
  if (stored.is_object()) {
    LODE_ASSIGN(answer->schema, Schema::from_json(stored));
  }
  apply_case_settings(options, answer->schema);
  NormalizerCore core(naming, answer->schema, answer->sink,
                      {.load_id = options.text_or("load_id", "1"), .columns_max = 100'000});
  if (slow) core.use_slow_path_only();
  for (const json::Value& resource : options.find("resources")->items()) {
    LODE_TRY(core.declare(read_resource_hints(resource)));
  }
  for (const std::string& name : undeclared_resources(options)) {
    ResourceHints hints;
    hints.name = name;
    LODE_TRY(core.declare(hints));
  }
  answer->schema.bump();
  const json::Ref pages = request.find("pages");
  json::Ref page(pages.cell() + 1);
  for (std::size_t i = 0; i < pages.size(); ++i, page = page.next()) {
    LODE_TRY(core.add(case_table(options, page.find("table").as_text()), rows_of(document, page.find("rows"))));
  }
  LODE_TRY(core.finish());
  answer->schema.bump();
  answer->warnings = core.warnings();
  answer->slow_rows = core.slow_rows();
  return answer;
}

}  // namespace lode
