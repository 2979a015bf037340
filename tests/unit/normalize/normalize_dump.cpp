// normalize_dump: normalizes cases and prints the tables, for comparison with dlt (tests/interop/normalize_diff.py).
// Standard input: one case a line, {"name", "schema"?, "naming"?, "length_max"?, "load_id", "resources": [hints...],
// "pages": [{"table", "rows"}...], "slow"?}. Standard output: one line a case, {"schema", "tables": [{"name", "rows"}...],
// "warnings"} or {"error", "message"}; values that JSON lacks as dlt's typed JSON.
#include <iostream>
#include <string>

#include "json/parse.h"
#include "json/write.h"
#include "normalize/core.h"
#include "schema/hints.h"
#include "support/memory_sink.h"

using namespace lode;

namespace {

std::vector<std::string> texts(const json::Value* value) {
  std::vector<std::string> out;
  if (value == nullptr) return out;
  if (value->is_text()) return {value->as_text()};
  for (const json::Value& item : value->items()) out.push_back(item.as_text());
  return out;
}

ResourceHints read_hints(const json::Value& value) {
  ResourceHints hints;
  hints.name = value.text_or("name", "");
  hints.primary_key = texts(value.find("primary_key"));
  hints.merge_key = texts(value.find("merge_key"));
  if (const json::Value* found = value.find("write_disposition")) hints.write_disposition = *found;
  if (const json::Value* found = value.find("columns")) hints.columns = *found;
  if (const json::Value* found = value.find("schema_contract")) hints.schema_contract = *found;
  if (const json::Value* found = value.find("max_table_nesting")) hints.max_table_nesting = found->as_int();
  if (const json::Value* nested = value.find("nested_hints")) {
    for (const json::Value& item : nested->items()) {
      NestedHints child;
      child.path = texts(item.find("path"));
      child.primary_key = texts(item.find("primary_key"));
      child.merge_key = texts(item.find("merge_key"));
      if (const json::Value* found = item.find("columns")) child.columns = *found;
      if (const json::Value* found = item.find("write_disposition")) child.write_disposition = *found;
      hints.nested.push_back(std::move(child));
    }
  }
  return hints;
}

Result<json::Value> run(json::Ref request, const std::shared_ptr<const json::Document>& document) {
  const json::Value options = json::to_value(request);
  LODE_ASSIGN(const auto naming, Naming::make(options.text_or("naming", "snake_case"),
                                              static_cast<std::uint32_t>(options.int_or("length_max", 0))));
  Schema schema(options.text_or("name", "s"), naming->convention());
  if (const json::Value* stored = options.find("schema"); stored != nullptr && stored->is_object()) {
    LODE_ASSIGN(schema, Schema::from_json(*stored));
  }
  if (const json::Value* settings = options.find("settings")) {
    for (const auto& [key, value] : settings->members()) schema.settings().set(key, value);
  }
  MemorySink sink;
  NormalizerCore core(naming, schema, sink, {.load_id = options.text_or("load_id", "1"), .columns_max = 100'000});
  for (const json::Value& resource : options.find("resources")->items()) LODE_TRY(core.declare(read_hints(resource)));
  schema.bump();
  if (options.bool_or("slow", false)) core.use_slow_path_only();
  json::Ref page = request.find("pages").first_child();
  for (std::size_t i = 0; i < request.find("pages").size(); ++i, page = page.next()) {
    json::Rows rows{.document = document, .rows = {}};
    const json::Ref list = page.find("rows");
    json::Ref row(list.cell() + 1);
    for (std::size_t k = 0; k < list.size(); ++k, row = row.next()) rows.rows.push_back(row);
    LODE_TRY(core.add(page.find("table").as_text(), rows));
  }
  LODE_TRY(core.finish());
  schema.bump();
  json::Value out = json::Value::object();
  out.set("schema", schema.to_json());
  json::Value tables = json::Value::list();
  for (const MemorySink::TableRows& table : sink.tables) {
    json::Value entry = json::Value::object();
    entry.set("name", table.name);
    entry.set("rows", json::Value::list(table.rows));
    tables.push_back(std::move(entry));
  }
  out.set("tables", std::move(tables));
  json::Value warnings = json::Value::list();
  for (const std::string& warning : core.warnings()) warnings.push_back(warning);
  out.set("warnings", std::move(warnings));
  out.set("slow_rows", static_cast<std::int64_t>(core.slow_rows()));
  return out;
}

}  // namespace

int main() {
  json::Parser parser;
  for (std::string line; std::getline(std::cin, line);) {
    json::Value answer;
    if (auto document = parser.parse(line)) {
      Result<json::Value> result = run((*document)->root(0), *document);
      if (result) {
        answer = std::move(*result);
      } else {
        answer.set("error", code_name(result.status().code()));
        answer.set("message", result.status().render());
      }
    } else {
      answer.set("error", code_name(document.status().code()));
      answer.set("message", document.status().render());
    }
    std::cout << json::write(answer, {.typing = json::Typing::kTyped}) << '\n';
  }
  return 0;
}
