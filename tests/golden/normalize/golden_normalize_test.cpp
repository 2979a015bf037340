// Runs recorded from dlt, replayed: invented.jsonl and recorded.jsonl hold one run a line, {"case", "again", "expect",
// "decided"?}. A case is as support/normalize_case.h reads it; "again" goes on with the schema that the line before
// left; "expect" is dlt's answer: the schema's hash, columns, rows by table, or the error; "decided" names the points
// in which lode decides otherwise (docs/differences-from-dlt.md), "expect" is then dlt changed in these points. Random
// ids are "row N" there, and must stand for the same row wherever they appear; ids that are hashes must be equal.
#include <cmath>
#include <fstream>
#include <map>
#include <string>

#include "json/parse.h"
#include "json/write.h"
#include "support/catch.h"
#include "support/normalize_case.h"

using namespace lode;

namespace {

// What typed JSON cannot say: bytes that are empty, numbers that are not finite.
bool is_unsayable(const json::Value::Member& member) {
  const json::Value& value = member.second;
  if (value.kind() == json::Kind::kBinary) return value.as_text().empty();
  return value.kind() == json::Kind::kDouble && !std::isfinite(value.as_double());
}

// Pairs the ids of dlt's rows ("row 3") with ours.
class Ids {
 public:
  bool pair(const std::string& theirs, const std::string& ours) {
    return ours_.emplace(theirs, ours).first->second == ours && theirs_.emplace(ours, theirs).first->second == theirs;
  }

 private:
  std::map<std::string, std::string> ours_;
  std::map<std::string, std::string> theirs_;
};

json::Value parsed(const json::Value& text) {
  const auto value = json::parse_value(text.as_text());
  return value ? *value : text;
}

// Rows of one table as they are recorded. JSON columns are compared as values.
json::Value rows_of_table(const MemorySink::TableRows& table, const Table& schema, json::Value& expected, Ids& ids) {
  json::Value rows = json::Value::list();
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    json::Value row = table.rows[i];
    std::erase_if(row.members(), is_unsayable);
    json::Value* theirs = i < expected.size() ? &expected.items()[i] : nullptr;
    for (auto& [column, value] : row.members()) {
      json::Value* other = theirs == nullptr ? nullptr : theirs->find(column);
      if (other != nullptr && other->is_text() && value.is_text()) {
        if (other->as_text().starts_with("row ") && ids.pair(other->as_text(), value.as_text())) value = *other;
        if (schema.find(column)->type() == DataType::kJson) {
          value = parsed(value);
          *other = parsed(*other);
        }
      }
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

void check_rows(const CaseAnswer& answer, json::Value expected) {
  std::map<std::string, const MemorySink::TableRows*> by_name;
  for (const MemorySink::TableRows& table : answer.sink.tables) {
    if (!table.rows.empty()) by_name[table.name] = &table;
  }
  Ids ids;
  CHECK(by_name.size() == expected.size());
  for (auto& [name, rows] : expected.members()) {
    INFO("table " << name);
    const auto ours = by_name.find(name);
    REQUIRE(ours != by_name.end());
    const json::Value found = rows_of_table(*ours->second, *answer.schema.find_table(name), rows, ids);
    CHECK(json::write(found, {.sort_keys = true}) == json::write(rows, {.sort_keys = true}));
  }
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

// Replays the runs of a file on one path; returns how many there were.
int replay(const std::string& path, bool slow) {
  std::ifstream file(path);
  REQUIRE(file);
  json::Parser parser(json::Typing::kTyped);
  json::Value stored;
  int runs = 0;
  for (std::string line; std::getline(file, line); ++runs) {
    const auto document = *parser.parse(line);
    const json::Ref golden = document->root(0);
    const json::Ref expect = golden.find("expect");
    INFO((slow ? "slow path: " : "fast path: ") << line.substr(0, 4000));
    const bool again = golden.find("again").as_bool();
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
    check_rows(**answer, json::to_value(expect.find("tables")));
    stored = (*answer)->schema.to_json();
  }
  return runs;
}

}  // namespace

TEST_CASE("invented documents become the tables that dlt makes, on both paths") {
  CHECK(replay("tests/golden/normalize/invented.jsonl", false) >= 350);
  CHECK(replay("tests/golden/normalize/invented.jsonl", true) >= 350);
}

TEST_CASE("documents of public sources become the tables that dlt makes, on both paths") {
  CHECK(replay("tests/golden/normalize/recorded.jsonl", false) >= 40);
  CHECK(replay("tests/golden/normalize/recorded.jsonl", true) >= 40);
}
