// Quarantine: the table of rows that break a contract.
#include "runtime/quarantine.h"

#include "json/write.h"

namespace lode {
namespace {

using json::Value;

ResourceHints table_hints() {
  ResourceHints hints;
  hints.name = kQuarantineTable;
  hints.write_disposition = "append";
  // Whatever the source's contract forbids, this table may be made.
  hints.schema_contract = "evolve";
  hints.extra.set("description", "Rows that break a schema contract, kept by lode");
  hints.columns = Value::list();
  const auto column = [&](std::string_view name, std::string_view type, bool nullable) {
    hints.columns.push_back(Value::object({{"name", name}, {"data_type", type}, {"nullable", nullable}}));
  };
  column("resource", "text", false);
  column("table_name", "text", false);
  column("reason", "text", false);
  column("contract", "text", true);
  column("path", "text", false);
  column("page", "bigint", false);
  column("origin", "text", true);
  column("raw_row", "json", true);
  return hints;
}

Value text_or_null(const std::string& text) { return text.empty() ? Value() : Value(text); }

}  // namespace

// A row may be any value; as text all of them fit a json column.
void Quarantine::add(QuarantinedRow row) {
  waiting_.push_back(Value::object({{"resource", row.resource},
                                    {"table_name", row.table},
                                    {"reason", row.reason},
                                    {"contract", text_or_null(row.contract)},
                                    {"path", row.path},
                                    {"page", static_cast<std::int64_t>(row.page)},
                                    {"origin", text_or_null(row.origin)},
                                    {"raw_row", json::write(row.row)}}));
}

Status Quarantine::flush(Normalizer& normalizer) {
  if (waiting_.empty()) return {};
  if (!is_declared_) LODE_TRY(normalizer.declare(table_hints()));
  is_declared_ = true;
  json::DocumentBuilder builder;
  for (const Value& row : waiting_) builder.value(row);
  json::Rows rows;
  rows.document = builder.finish();
  for (std::size_t i = 0; i < waiting_.size(); ++i) rows.rows.push_back(rows.document->root(i));
  rows_ += waiting_.size();
  waiting_.clear();
  return normalizer.add(kQuarantineTable, rows);
}

}  // namespace lode
