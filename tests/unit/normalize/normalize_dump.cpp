// normalize_dump: normalizes cases and prints the tables, for comparison with dlt (tests/interop/normalize_diff.py).
// Standard input: one case a line, as in support/normalize_case.h, with "schema" (of an earlier run) and "slow"
// besides. Standard output: one line a case, {"schema", "tables": [{"name", "rows"}...], "warnings"} or {"error",
// "message"}; values that JSON lacks as dlt's typed JSON.
#include <iostream>
#include <string>

#include "json/parse.h"
#include "json/write.h"
#include "support/normalize_case.h"

using namespace lode;

namespace {

json::Value show(const CaseAnswer& answer) {
  json::Value out = json::Value::object();
  out.set("schema", answer.schema.to_json());
  json::Value tables = json::Value::list();
  for (const MemorySink::TableRows& table : answer.sink.tables) {
    json::Value entry = json::Value::object();
    entry.set("name", table.name);
    entry.set("rows", json::Value::list(table.rows));
    tables.push_back(std::move(entry));
  }
  out.set("tables", std::move(tables));
  json::Value warnings = json::Value::list();
  for (const std::string& warning : answer.warnings) warnings.push_back(warning);
  out.set("warnings", std::move(warnings));
  out.set("slow_rows", static_cast<std::int64_t>(answer.slow_rows));
  return out;
}

json::Value show(const Status& status) {
  json::Value out = json::Value::object();
  out.set("error", code_name(status.code()));
  out.set("message", status.render());
  return out;
}

json::Value run(json::Parser& parser, const std::string& line) {
  const auto document = parser.parse(line);
  if (!document) return show(document.status());
  const json::Ref request = (*document)->root(0);
  const json::Ref stored = request.find("schema");
  const json::Ref slow = request.find("slow");
  const auto answer =
      run_normalize_case(request, *document, stored ? json::to_value(stored) : json::Value(), slow && slow.as_bool());
  return answer ? show(**answer) : show(answer.status());
}

}  // namespace

int main() {
  json::Parser parser(json::Typing::kTyped);
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << json::write(run(parser, line), {.typing = json::Typing::kTyped}) << '\n';
  }
  return 0;
}
