// Whole documents against dlt: document_golden.jsonl, one case a line as support/normalize_case.h reads it, "again" (on
// the schema that the case before left), and what dlt made of it: the schema's hash, rows by table, or the error. Row
// ids are compared by the rows that they link: "row N" is the N-th id that appears.
#include <fstream>
#include <map>
#include <string>

#include "json/parse.h"
#include "json/write.h"
#include "support/catch.h"
#include "support/normalize_case.h"

using namespace lode;

namespace {

bool is_id_column(std::string_view column) {
  return column.starts_with("_dlt_id") || column.starts_with("_dlt_parent_id") || column.starts_with("_dlt_root_id");
}

// Rows by table in the order of names, ids replaced, empty binary left out, JSON columns as values.
json::Value canonical(const CaseAnswer& answer) {
  std::map<std::string, const MemorySink::TableRows*> by_name;
  for (const MemorySink::TableRows& table : answer.sink.tables) {
    if (!table.rows.empty()) by_name[table.name] = &table;
  }
  std::map<std::string, std::size_t> ids;
  json::Value tables = json::Value::object();
  for (const auto& [name, table] : by_name) {
    json::Value rows = json::Value::list();
    for (json::Value row : table->rows) {
      std::erase_if(row.members(), [](const json::Value::Member& member) {
        return member.second.kind() == json::Kind::kBinary && member.second.as_text().empty();
      });
      for (auto& [column, value] : row.members()) {
        if (is_id_column(column) && value.is_text() && value.as_text().size() == 14) {
          value = "row " + std::to_string(ids.emplace(value.as_text(), ids.size()).first->second);
        }
        if (answer.schema.find_table(name)->find(column)->type() == DataType::kJson)
          value = *json::parse_value(value.as_text());
      }
      rows.push_back(std::move(row));
    }
    tables.set(name, std::move(rows));
  }
  return tables;
}

std::string columns_of(const Schema& schema) {
  json::Value out = json::Value::object();
  for (const Table& table : schema.tables()) {
    if (is_dlt_name(table.name())) continue;
    json::Value columns = json::Value::list();
    for (const Column& column : table.columns()) {
      columns.push_back(column.name() + " " + (column.complete() ? std::string(type_name(column.type())) : "None"));
    }
    out.set(table.name(), std::move(columns));
  }
  return json::write(out, {.sort_keys = true});
}

}  // namespace

TEST_CASE("documents become the tables that dlt makes, on both paths") {
  std::ifstream file("tests/unit/normalize/document_golden.jsonl");
  REQUIRE(file);
  json::Parser parser(json::Typing::kTyped);
  json::Value stored;
  int checked = 0;
  for (std::string line; std::getline(file, line); ++checked) {
    const auto document = *parser.parse(line);
    const json::Ref golden = document->root(0);
    const json::Ref expect = golden.find("expect");
    const bool again = golden.find("again").as_bool();
    json::Value left;
    for (const bool slow : {false, true}) {
      INFO((slow ? "slow path: " : "fast path: ") << line.substr(0, 4000));
      const auto answer = run_normalize_case(golden.find("case"), document, again ? stored : json::Value(), slow);
      if (!answer) {
        INFO(answer.status().render());
        REQUIRE(expect.find("error"));
        CHECK(code_name(answer.status().code()) == expect.find("error").as_text());
        continue;
      }
      REQUIRE_FALSE(expect.find("error"));
      CHECK(columns_of((*answer)->schema) == json::write(json::to_value(expect.find("columns")), {.sort_keys = true}));
      CHECK((*answer)->schema.version_hash() == expect.find("version_hash").as_text());
      CHECK(json::write(canonical(**answer), {.sort_keys = true}) ==
            json::write(json::to_value(expect.find("tables")), {.sort_keys = true}));
      left = (*answer)->schema.to_json();
    }
    if (left.is_object()) stored = left;
  }
  CHECK(checked > 200);
}
