// SQL made from schemas: the text. What it does is tested with real databases in tests/conformance.
#include "sql/dialect.h"
#include "sql/merge.h"
#include "sql/statements.h"
#include "support/catch.h"

using namespace lode;

namespace {

Column made(const std::string& name, DataType type, std::vector<std::pair<std::string, json::Value>> properties = {},
            bool nullable = true) {
  Column column(name, type, nullable);
  for (auto& [key, value] : properties) column.set(key, value);
  return column;
}

std::string type_of(DataType type, std::vector<std::pair<std::string, json::Value>> properties = {}) {
  return sqlite_dialect().column_type(made("c", type, std::move(properties)));
}

MergeTables places() {
  MergeTables tables;
  tables.final_name = [](const Table& table) { return "f." + table.name(); };
  tables.staging_name = [](const Table& table) { return "s." + table.name(); };
  tables.temporary_name = [](std::string_view name) { return "t." + std::string(name); };
  return tables;
}

}  // namespace

// Expected: what SQLAlchemy's SQLite dialect renders for dlt's types.
TEST_CASE("sqlite types are those that dlt creates") {
  CHECK(type_of(DataType::kText) == "TEXT");
  CHECK(type_of(DataType::kText, {{"precision", 40}}) == "VARCHAR(40)");
  CHECK(type_of(DataType::kText, {{"unique", true}}) == "VARCHAR(128)");
  CHECK(type_of(DataType::kText, {{"unique", true}, {"precision", 64}}) == "VARCHAR(64)");
  CHECK(type_of(DataType::kDouble) == "DOUBLE");
  CHECK(type_of(DataType::kBool) == "BOOLEAN");
  CHECK(type_of(DataType::kBigint) == "BIGINT");
  CHECK(type_of(DataType::kBigint, {{"precision", 16}}) == "SMALLINT");
  CHECK(type_of(DataType::kBigint, {{"precision", 32}}) == "INTEGER");
  CHECK(type_of(DataType::kBigint, {{"precision", 64}}) == "BIGINT");
  CHECK(type_of(DataType::kTimestamp) == "DATETIME");
  CHECK(type_of(DataType::kTimestamp, {{"timezone", false}, {"precision", 3}}) == "DATETIME");
  CHECK(type_of(DataType::kDate) == "DATE");
  CHECK(type_of(DataType::kTime) == "TIME");
  CHECK(type_of(DataType::kDecimal) == "NUMERIC(38, 9)");
  CHECK(type_of(DataType::kDecimal, {{"precision", 10}, {"scale", 2}}) == "NUMERIC(10, 2)");
  CHECK(type_of(DataType::kDecimal, {{"precision", 10}}) == "NUMERIC(10)");
  CHECK(type_of(DataType::kWei) == "NUMERIC(38, 0)");
  CHECK(type_of(DataType::kBinary) == "BLOB");
  CHECK(type_of(DataType::kBinary, {{"precision", 10}}) == "BLOB");
  CHECK(type_of(DataType::kJson) == "JSON");
}

TEST_CASE("names are quoted where they have to be") {
  const Dialect& dialect = sqlite_dialect();
  for (const char* plain : {"orders", "_dlt_id", "a$b", "value", "rowid", "a1"})
    CHECK(spell_name(dialect, plain) == plain);
  for (const char* odd : {"order", "group", "Order", "1a", "$a", "a b", "é", "key", "returning", "a-b"}) {
    CHECK(spell_name(dialect, odd) == "\"" + std::string(odd) + "\"");
  }
  CHECK(spell_name(dialect, "a\"b") == "\"a\"\"b\"");
  CHECK(quote_name(dialect, "orders") == "\"orders\"");
}

TEST_CASE("tables are created in SQLAlchemy's words") {
  const std::vector<Column> columns = {made("id", DataType::kBigint, {}, false), made("order", DataType::kText),
                                       made("_dlt_id", DataType::kText, {{"unique", true}}, false)};
  CHECK(create_table(sqlite_dialect(), "orders", columns) ==
        "CREATE TABLE orders (\n\tid BIGINT NOT NULL, \n\t\"order\" TEXT, \n\t_dlt_id VARCHAR(128) NOT NULL\n)");
  CHECK(add_column(sqlite_dialect(), "orders", columns[1], false) == "ALTER TABLE orders ADD COLUMN \"order\" TEXT");
  CHECK(add_column(sqlite_dialect(), "orders", columns[0], true) == "ALTER TABLE orders ADD COLUMN id BIGINT NOT NULL");
  CHECK(insert_into(sqlite_dialect(), "orders", {"a", "b"}) == "INSERT INTO orders (\"a\", \"b\")");
}

TEST_CASE("merge: a table with keys is staged, one without is not") {
  Table table = Table::root("orders");
  table.merge_column(made("id", DataType::kBigint));
  CHECK_FALSE(merge_needs_staging(table));
  for (const char* flag : {"primary_key", "merge_key", "hard_delete"}) {
    Table keyed = table;
    keyed.find("id")->set(flag, true);
    CHECK(merge_needs_staging(keyed));
  }
}

TEST_CASE("merge: a single table") {
  Table table = Table::root("orders");
  table.merge_column(made("id", DataType::kBigint, {{"primary_key", true}}));
  table.merge_column(made("name", DataType::kText));
  const std::vector<std::string> statements = merge_statements(sqlite_dialect(), {&table}, places()).value();
  REQUIRE(statements.size() == 2);
  CHECK(statements[0] ==
        "DELETE FROM f.orders AS d WHERE EXISTS (SELECT 1 FROM s.orders AS s WHERE d.\"id\" = s.\"id\")");
  CHECK(statements[1] ==
        "INSERT INTO f.orders (\"id\", \"name\") SELECT \"id\", \"name\" FROM (SELECT *, ROW_NUMBER() OVER (PARTITION "
        "BY \"id\" "
        "ORDER BY _rowid_) AS _dlt_dedup_rn FROM s.orders) AS numbered WHERE _dlt_dedup_rn = 1");
  MergeTables distinct = places();
  distinct.is_distinct = true;
  CHECK(merge_statements(sqlite_dialect(), {&table}, distinct).value()[1] ==
        "INSERT INTO f.orders (\"id\", \"name\") SELECT \"id\", \"name\" FROM s.orders");
}

TEST_CASE("merge: an upsert looks through the table once") {
  Table table = Table::root("orders");
  table.props().set("x-merge-strategy", "upsert");
  table.merge_column(made("id", DataType::kBigint, {{"primary_key", true}}));
  table.merge_column(made("v", DataType::kText));
  table.merge_column(made("_dlt_id", DataType::kText, {{"row_key", true}}));
  MergeTables distinct = places();
  distinct.is_distinct = true;
  const std::vector<std::string> found = merge_statements(postgres_dialect(), {&table}, distinct).value();
  REQUIRE(found.size() == 7);
  CHECK(found[0] == "LOCK TABLE f.orders IN SHARE ROW EXCLUSIVE MODE");
  CHECK(
      found[2] ==
      "CREATE TEMPORARY TABLE t.matched AS SELECT s.\"id\" AS k0, d.ctid AS place FROM f.orders AS d JOIN s.orders AS "
      "s ON d.\"id\" = s.\"id\"");
  CHECK(
      found[4] ==
      "UPDATE f.orders AS d SET \"v\" = s.\"v\", \"_dlt_id\" = split_part(s.\"_dlt_id\", chr(31), 1) FROM s.orders AS "
      "s WHERE d.ctid = ANY (ARRAY(SELECT place FROM t.matched)) AND d.\"id\" = s.\"id\"");
  CHECK(
      found[5] ==
      "INSERT INTO f.orders (\"id\", \"v\", \"_dlt_id\") SELECT s.\"id\", s.\"v\", split_part(s.\"_dlt_id\", chr(31), "
      "1) FROM s.orders AS s LEFT JOIN t.matched AS m ON m.k0 = s.\"id\" WHERE m.k0 IS NULL");
  // Where rows have no place, by their keys.
  const std::vector<std::string> by_key = merge_statements(postgres_dialect(false), {&table}, distinct).value();
  CHECK(by_key[2].find("FROM s.orders AS s WHERE d.\"id\" = s.\"id\"") != std::string::npos);
}

TEST_CASE("merge: nested tables need something that ties them to their root") {
  Table root = Table::root("orders");
  root.merge_column(made("id", DataType::kBigint, {{"primary_key", true}}));
  root.merge_column(made("_dlt_id", DataType::kText, {{"row_key", true}}));
  Table child = Table::child("orders__lines", "orders");
  child.merge_column(made("sku", DataType::kText));
  Table grandchild = Table::child("orders__lines__tags", "orders__lines");
  grandchild.merge_column(made("_dlt_parent_id", DataType::kText, {{"parent_key", true}}));

  Result<std::vector<std::string>> none = merge_statements(sqlite_dialect(), {&root, &child}, places());
  CHECK(none.status().code() == Code::kSchemaInvalid);
  CHECK(none.status().message().find("orders__lines") != std::string::npos);

  child.merge_column(made("_dlt_parent_id", DataType::kText, {{"parent_key", true}}));
  const std::vector<std::string> by_parent = merge_statements(sqlite_dialect(), {&root, &child}, places()).value();
  CHECK(by_parent[2] == "DELETE FROM f.orders__lines WHERE \"_dlt_parent_id\" IN (SELECT id FROM t.deleted)");

  // The parent key of a grandchild names a line, not an order: the lines are asked, and so go last.
  child.merge_column(made("_dlt_id", DataType::kText, {{"row_key", true}}));
  const std::vector<std::string> by_parents =
      merge_statements(sqlite_dialect(), {&root, &child, &grandchild}, places()).value();
  CHECK(by_parents[2] ==
        "DELETE FROM f.orders__lines__tags WHERE \"_dlt_parent_id\" IN (SELECT \"_dlt_id\" FROM f.orders__lines WHERE "
        "\"_dlt_parent_id\" IN (SELECT id FROM t.deleted))");
  CHECK(by_parents[3] == "DELETE FROM f.orders__lines WHERE \"_dlt_parent_id\" IN (SELECT id FROM t.deleted)");
  child.merge_column(made("_dlt_root_id", DataType::kText, {{"root_key", true}}));
  grandchild.merge_column(made("_dlt_root_id", DataType::kText, {{"root_key", true}}));
  const std::vector<std::string> by_root =
      merge_statements(sqlite_dialect(), {&root, &child, &grandchild}, places()).value();
  CHECK(by_root[2] == "DELETE FROM f.orders__lines__tags WHERE \"_dlt_root_id\" IN (SELECT id FROM t.deleted)");

  root.find("_dlt_id")->erase("row_key");
  root.find("id")->erase("primary_key");
  root.find("id")->set("merge_key", true);
  CHECK(merge_statements(sqlite_dialect(), {&root, &child}, places()).status().code() == Code::kSchemaInvalid);
}
