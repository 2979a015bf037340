// SQLite: files, the tables in them, and what happens when people have changed them.
#include <filesystem>

#include "destinations/builtin.h"
#include "load/loader.h"
#include "support/catch.h"
#include "support/scratch.h"
#include "support/sqlite_file.h"
#include "support/test_package.h"

using namespace lode;
using namespace lode::test;

namespace {

using Lines = std::vector<std::string>;

std::unique_ptr<Destination> open(const Path& main_file, const std::string& dataset) {
  auto made = make_destination("sqlite:///" + main_file.string(), dataset, Env::real());
  REQUIRE(made.ok());
  const Status status = (*made)->connect();
  INFO(status.render());
  REQUIRE(status.ok());
  return std::move(*made);
}

// Loads into shop__data.db; the warnings.
Lines load(const ScratchFolder& folder, const LoadPackage& package) {
  const auto destination = open(folder / "shop.db", "data");
  PackageLoader loader(*destination, Env::real(), {}, {.attempts_max = 1});
  const Status status = loader.load(package);
  INFO(status.render());
  REQUIRE(status.ok());
  return loader.warnings();
}

LoadPackage orders(const ScratchFolder& folder, const std::string& load_id, std::vector<Row> rows,
                   Schema schema = Schema("shop"), std::vector<Column> more = {}) {
  TestPackage package(folder.path(), load_id, std::move(schema));
  package.table("orders", "append", {column("id", DataType::kBigint), column("name", DataType::kText)});
  package.table("orders", "append", more);
  package.rows("orders", {"id", "name"}, rows);
  return package.seal();
}

std::string mode_of(const Path& file) { return SqliteFile(file).query("PRAGMA journal_mode")[0]; }

}  // namespace

TEST_CASE("sqlite: a dataset is a file beside the main one; main is the main one") {
  ScratchFolder folder;
  const LoadPackage package = orders(folder, "1.000001", {{1, "Ada"}});
  for (const std::string dataset : {"data", "Shop Data", "main", ""}) {
    const auto destination = open(folder / "shop.db", dataset);
    REQUIRE(load_package(package, *destination, Env::real()).ok());
    destination->close();
  }
  CHECK(SqliteFile(folder / "shop__data.db").query("SELECT name FROM orders") == Lines{"Ada"});
  CHECK(SqliteFile(folder / "shop__shop_data.db").query("SELECT name FROM orders") == Lines{"Ada"});
  CHECK(SqliteFile(folder / "shop.db").query("SELECT name FROM orders") == Lines{"Ada"});
  const auto bare = open(folder / "plain", "data");
  REQUIRE(load_package(package, *bare, Env::real()).ok());
  CHECK(std::filesystem::exists(folder / "plain__data"));
}

TEST_CASE("sqlite: connecting creates nothing") {
  ScratchFolder folder;
  const auto destination = open(folder / "shop.db", "data");
  CHECK(destination->newest_load_id().value().empty());
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("sqlite: a file that appears after connecting is seen") {
  ScratchFolder folder;
  const auto early = open(folder / "shop.db", "data");
  CHECK_FALSE(early->is_loaded("1.000001").value());
  load(folder, orders(folder, "1.000001", {{1, "Ada"}}));
  CHECK(early->is_loaded("1.000001").value());
}

TEST_CASE("sqlite: new files are in WAL mode, the mode of others is left alone") {
  ScratchFolder folder;
  load(folder, orders(folder, "1.000001", {{1, "Ada"}}));
  CHECK(mode_of(folder / "shop__data.db") == "wal");
  SqliteFile(folder / "shop__data.db").run("PRAGMA journal_mode=TRUNCATE");
  const std::string before = mode_of(folder / "shop__data.db");
  load(folder, orders(folder, "1.000002", {{2, "Bob"}}));
  CHECK(before == "delete");  // TRUNCATE is not kept in the file, but that it is not WAL is
  CHECK(mode_of(folder / "shop__data.db") == "delete");
}

// The expected text was made by dlt with SQLAlchemy.
TEST_CASE("sqlite: tables look as if dlt had made them") {
  ScratchFolder folder;
  TestPackage package(folder.path(), "1.000001");
  Column p("p", DataType::kDecimal);
  p.set("precision", 10);
  p.set("scale", 2);
  Column t40("t40", DataType::kText);
  t40.set("precision", 40);
  Column small("small", DataType::kBigint);
  small.set("precision", 16);
  Column uq("uq", DataType::kText);
  uq.set("unique", true);
  package.table("orders", "append",
                {p, t40, small, Column("w", DataType::kWei), Column("j", DataType::kJson),
                 Column("tm3", DataType::kTime), uq, Column("id", DataType::kBigint, false),
                 Column("f", DataType::kDouble), Column("b", DataType::kBool), Column("ts", DataType::kTimestamp),
                 Column("d", DataType::kDate), Column("dec", DataType::kDecimal), Column("bin", DataType::kBinary),
                 Column("order", DataType::kText), Column("_dlt_load_id", DataType::kText, false)});
  package.rows("orders", {"id", "_dlt_load_id"}, {{1, "1.000001"}});
  package.state_row();
  load(folder, package.seal());
  TestPackage second(folder.path(), "1.000002", package.schema);
  second.table("orders", "append", {column("group", DataType::kText), column("c__d", DataType::kDouble)});
  second.rows("orders", {"id", "_dlt_load_id", "group"}, {{1, "1.000002", "x"}});
  load(folder, second.seal());

  SqliteFile file(folder / "shop__data.db");
  const auto sql = [&](const std::string& table) {
    return file.query("SELECT sql FROM sqlite_master WHERE name = '" + table + "'")[0];
  };
  CHECK(sql("orders") ==
        "CREATE TABLE orders (\n\tp NUMERIC(10, 2), \n\tt40 VARCHAR(40), \n\tsmall SMALLINT, \n\tw NUMERIC(38, 0), "
        "\n\tj JSON, "
        "\n\ttm3 TIME, \n\tuq VARCHAR(128), \n\tid BIGINT NOT NULL, \n\tf DOUBLE, \n\tb BOOLEAN, \n\tts DATETIME, "
        "\n\td DATE, "
        "\n\tdec NUMERIC(38, 9), \n\tbin BLOB, \n\t\"order\" TEXT, \n\t_dlt_load_id TEXT NOT NULL\n, \"group\" TEXT, "
        "c__d DOUBLE)");
  CHECK(sql("_dlt_pipeline_state") ==
        "CREATE TABLE _dlt_pipeline_state (\n\tversion BIGINT NOT NULL, \n\tengine_version BIGINT NOT NULL, "
        "\n\tpipeline_name TEXT "
        "NOT NULL, \n\tstate TEXT NOT NULL, \n\tcreated_at DATETIME NOT NULL, \n\tversion_hash TEXT, \n\t_dlt_load_id "
        "VARCHAR(64) "
        "NOT NULL, \n\t_dlt_id VARCHAR(128)\n)");  // NOT NULL at the end with dlt; this test's column may be null
  CHECK(sql("_dlt_version") ==
        "CREATE TABLE _dlt_version (\n\tversion BIGINT NOT NULL, \n\tengine_version BIGINT NOT NULL, \n\tinserted_at "
        "DATETIME NOT "
        "NULL, \n\tschema_name TEXT NOT NULL, \n\tversion_hash TEXT NOT NULL, \n\tschema TEXT NOT NULL\n)");
  CHECK(sql("_dlt_loads") ==
        "CREATE TABLE _dlt_loads (\n\tload_id VARCHAR(64) NOT NULL, \n\tschema_name TEXT, \n\tstatus BIGINT NOT NULL, "
        "\n\tinserted_at "
        "DATETIME NOT NULL, \n\tschema_version_hash TEXT\n)");
}

TEST_CASE("sqlite: a table and a column dropped by hand come back, though the schema's version is known") {
  ScratchFolder folder;
  const LoadPackage first = orders(folder, "1.000001", {{1, "Ada"}});
  load(folder, first);
  SqliteFile(folder / "shop__data.db").run("ALTER TABLE orders DROP COLUMN name");
  load(folder, orders(folder, "1.000002", {{2, "Bob"}}, first.schema()));
  CHECK(SqliteFile(folder / "shop__data.db").query("SELECT id, name FROM orders ORDER BY id") ==
        Lines{"1|null", "2|Bob"});
  SqliteFile(folder / "shop__data.db").run("DROP TABLE orders");
  load(folder, orders(folder, "1.000003", {{3, "Cy"}}, first.schema()));
  CHECK(SqliteFile(folder / "shop__data.db").query("SELECT id, name FROM orders") == Lines{"3|Cy"});
}

TEST_CASE("sqlite: columns that others added are left alone, names are compared without regard to case") {
  ScratchFolder folder;
  SqliteFile(folder / "shop__data.db").run("CREATE TABLE Orders (ID BIGINT, Name TEXT, extra TEXT DEFAULT 'x')");
  load(folder, orders(folder, "1.000001", {{1, "Ada"}}));
  CHECK(SqliteFile(folder / "shop__data.db").query("SELECT * FROM orders") == Lines{"1|Ada|x"});
}

TEST_CASE("sqlite: a required column that comes late is nullable where there are rows, and that is said") {
  ScratchFolder folder;
  const LoadPackage first = orders(folder, "1.000001", {{1, "Ada"}});
  CHECK(load(folder, first).empty());
  const LoadPackage second =
      orders(folder, "1.000002", {{2, "Bob"}}, first.schema(), {Column("must", DataType::kText, false)});
  const Lines warnings = load(folder, second);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("'must'") != std::string::npos);
  CHECK(SqliteFile(folder / "shop__data.db").query("SELECT id, must FROM orders ORDER BY id") ==
        Lines{"1|null", "2|null"});

  SqliteFile(folder / "shop__data.db").run("CREATE TABLE empty_one (a BIGINT)");
  TestPackage third(folder.path(), "1.000003", second.schema());
  third.table("empty_one", "append", {column("a", DataType::kBigint), Column("must", DataType::kText, false)});
  third.rows("empty_one", {"a", "must"}, {{1, "x"}});
  CHECK(load(folder, third.seal()).empty());
  CHECK(SqliteFile(folder / "shop__data.db")
            .query("SELECT \"notnull\" FROM pragma_table_info('empty_one') WHERE name = 'must'") == Lines{"1"});
}

TEST_CASE("sqlite: a value that a column refuses is reported with its row") {
  ScratchFolder folder;
  TestPackage package(folder.path(), "1.000001");
  package.table("orders", "append", {Column("id", DataType::kBigint, false)});
  package.rows("orders", {"id"}, {{1}, {2}, {nullptr}, {4}});
  const auto destination = open(folder / "shop.db", "data");
  const Status status = load_package(package.seal(), *destination, Env::real());
  CHECK(status.code() == Code::kLoadIntegrity);
  CHECK(status.message() ==
        "load 1.000001: table 'orders', file 1 of 1: sqlite: NOT NULL constraint failed: orders.id");
  CHECK(status.render().find("row: 3 of its file") != std::string::npos);
}

TEST_CASE("sqlite: no number is changed silently") {
  ScratchFolder folder;
  using json::Kind;
  TestPackage package(folder.path(), "1.000001");
  package.table("sums", "append", {column("sum", DataType::kDecimal)});
  package.rows("sums", {"sum"},
               {{json::Value::of_text(Kind::kDecimal, "0.1")},
                {json::Value::of_text(Kind::kDecimal, "12345678901234567890.12")},
                {json::Value::of_text(Kind::kDecimal, "12345678901234567891.12")}});
  const Lines warnings = load(folder, package.seal());
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("table 'sums', column 'sum': 2 decimals") == 0);
  CHECK(warnings[0].find("12345678901234567890.12") != std::string::npos);

  TestPackage big(folder.path(), "1.000002");
  big.table("counts", "append", {column("count", DataType::kBigint)});
  big.rows("counts", {"count"}, {{1}, {json::Value::of_text(Kind::kBigInt, "9223372036854775808")}});
  const auto destination = open(folder / "shop.db", "data");
  const Status status = load_package(big.seal(), *destination, Env::real());
  CHECK(status.code() == Code::kDestinationRefused);
  CHECK(status.render().find("9223372036854775808") != std::string::npos);
  CHECK(status.render().find("row: 2 of its file") != std::string::npos);
  CHECK(SqliteFile(folder / "shop__data.db").query("SELECT count(*) FROM sqlite_master WHERE name = 'counts'") ==
        Lines{"0"});
}

TEST_CASE("sqlite: every word of SQL can be a column") {
  ScratchFolder folder;
  TestPackage package(folder.path(), "1.000001");
  std::vector<Column> columns;
  std::vector<std::string> names;
  Row row;
  for (int i = 0; i < sqlite3_keyword_count(); ++i) {
    const char* word = nullptr;
    int size = 0;
    REQUIRE(sqlite3_keyword_name(i, &word, &size) == SQLITE_OK);
    std::string name(word, static_cast<std::size_t>(size));
    for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    columns.push_back(column(name, DataType::kText));
    names.push_back(name);
    row.push_back(i);
    columns.back().set("data_type", "bigint");
  }
  package.table("words", "append", columns);
  package.rows("words", names, {row});
  load(folder, package.seal());
  TestPackage later(folder.path(), "1.000002");
  later.table("later", "append", {column("a", DataType::kBigint)});
  later.rows("later", {"a"}, {{1}});
  load(folder, later.seal());
  TestPackage added(folder.path(), "1.000003", later.schema);
  added.table("later", "append", columns);
  added.rows("later", names, {row});
  load(folder, added.seal());
  CHECK(SqliteFile(folder / "shop__data.db").query("SELECT count(*) FROM later WHERE \"returning\" IS NOT NULL") ==
        Lines{"1"});
}

TEST_CASE("sqlite: a state or version table that others made half does no harm") {
  ScratchFolder folder;
  SqliteFile(folder / "shop__data.db").run("CREATE TABLE _dlt_loads (load_id TEXT)");
  const auto destination = open(folder / "shop.db", "data");
  CHECK_FALSE(destination->saved_state("shop").value().has_value());
  CHECK_FALSE(destination->saved_schema("shop").value().has_value());
  CHECK(destination->newest_load_id().value().empty());
  REQUIRE(load_package(orders(folder, "1.000001", {{1, "Ada"}}), *destination, Env::real()).ok());
  CHECK(destination->is_loaded("1.000001").value());
}

TEST_CASE("sqlite: looking changes nothing and makes no file") {
  ScratchFolder folder;
  const auto looks = [&](const std::string& dataset) {
    auto made = make_destination("sqlite:///" + (folder / "shop.db").string(), dataset, Env::real());
    REQUIRE(made.ok());
    REQUIRE((*made)->connect_read_only().ok());
    return std::move(*made);
  };
  const auto files = [&] {
    Lines names;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
      if (entry.is_regular_file()) names.push_back(entry.path().filename().string());
    }
    return names;
  };
  const LoadPackage package = orders(folder, "1.000001", {{1, "Ada"}});
  {
    const auto destination = looks("data");
    CHECK_FALSE(destination->saved_schema("shop").value().has_value());
    const MigrationPlan plan = destination->plan_migration(package.schema()).value();
    REQUIRE(plan.statements.size() == 3);
    CHECK(plan.statements[2].table == "orders");
    CHECK(plan.statements[2].sql.starts_with("CREATE TABLE main.orders ("));
  }
  CHECK(files().empty());

  load(folder, package);
  REQUIRE(mode_of(folder / "shop__data.db") == "wal");
  REQUIRE(files() == Lines{"shop__data.db"});
  const auto destination = looks("data");
  CHECK(destination->saved_schema("shop").value().has_value());
  CHECK(destination->newest_load_id().value() == "1.000001");
  CHECK(destination->plan_migration(package.schema()).value().statements.empty());
  Schema more = package.schema();
  more.find_table("orders")->merge_column(column("age", DataType::kBigint));
  const MigrationPlan plan = destination->plan_migration(more).value();
  REQUIRE(plan.statements.size() == 1);
  CHECK(plan.statements[0].sql == "ALTER TABLE main.orders ADD COLUMN age BIGINT");
  CHECK(destination->plan_migration(more).value().statements.size() == 1);
  CHECK(files() == Lines{"shop__data.db"});
}

TEST_CASE("sqlite: who looks sees what a writer has committed, also when it is still in the journal") {
  ScratchFolder folder;
  const std::string odd = "a b%20c?mode=memory#d.db";  // not an option of a URI
  SqliteFile writer(folder / odd);
  writer.run("PRAGMA journal_mode=WAL");
  writer.run("CREATE TABLE _dlt_loads (load_id TEXT)");
  writer.run("INSERT INTO _dlt_loads VALUES ('1.5')");
  const json::Value spec = json::Value::object({{"type", "sqlite"}, {"file", (folder / odd).string()}});
  auto made = make_destination(spec, "main", Env::real());
  REQUIRE(made.ok());
  REQUIRE((*made)->connect_read_only().ok());
  CHECK((*made)->newest_load_id().value() == "1.5");
}
