// The PostgreSQL destination against a real server: types, values, errors.
#include "destinations/builtin.h"
#include "destinations/postgres/copy_rows.h"
#include "load/loader.h"
#include "support/catch.h"
#include "support/postgres_server.h"
#include "support/test_package.h"

using namespace lode;
using namespace lode::test;

namespace {

using Lines = std::vector<std::string>;
using json::Kind;
constexpr LoadRetry kOnce{.attempts_max = 1};

json::Value number(Kind kind, std::int64_t value) { return json::Value::of_number(kind, value); }
json::Value decimal(std::string text) { return json::Value::of_text(Kind::kDecimal, std::move(text)); }

// A dataset of its own, looked at from outside.
struct Shop {
  std::string dataset = PostgresServer::get().new_dataset();
  PostgresSession session;
  ScratchFolder folder;

  std::unique_ptr<Destination> connect(json::Value options = json::Value::object()) const {
    options.set("type", "postgres");
    if (options.find("url") == nullptr) options.set("url", PostgresServer::get().url());
    auto made = make_destination(options, dataset, Env::real());
    INFO(made.status().render());
    REQUIRE(made.ok());
    const Status connected = (*made)->connect();
    INFO(connected.render());
    REQUIRE(connected.ok());
    return std::move(*made);
  }
  Status load(const LoadPackage& package, json::Value options = json::Value::object()) const {
    return load_package(package, *connect(std::move(options)), Env::real(), kOnce);
  }
  std::string table(const std::string& name) const { return "\"" + dataset + "\".\"" + name + "\""; }
  Lines columns(const std::string& name) {
    return session.query(
        "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute "
        "WHERE attrelid = '" +
        table(name) + "'::regclass AND attnum > 0 ORDER BY attnum");
  }
};

// One job of one table; the columns as they are declared.
LoadPackage package_of(const Shop& shop, const std::string& load_id, const std::vector<Column>& columns,
                       const std::vector<Row>& rows, Schema schema = Schema("shop"),
                       const std::string& disposition = "append") {
  TestPackage package(shop.folder.path(), load_id, std::move(schema));
  package.table("things", disposition, columns);
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(column.name());
  package.rows("things", names, rows);
  return package.seal();
}

Column with(Column column, const std::string& property, json::Value value) {
  column.set(property, std::move(value));
  return column;
}

void must(const Status& status) {
  INFO(status.render());
  REQUIRE(status.ok());
}

}  // namespace

TEST_CASE("postgres: the types and constraints of dlt") {
  Shop shop;
  const std::vector<Column> columns = {
      column("a", DataType::kText),
      with(column("b", DataType::kText), "precision", 20),
      column("c", DataType::kDouble),
      column("d", DataType::kBool),
      column("e", DataType::kTimestamp),
      with(column("f", DataType::kTimestamp), "precision", 3),
      with(column("g", DataType::kTimestamp), "timezone", false),
      column("h", DataType::kBigint),
      with(column("i", DataType::kBigint), "precision", 16),
      with(column("j", DataType::kBigint), "precision", 32),
      column("k", DataType::kBinary),
      column("l", DataType::kJson),
      column("m", DataType::kDecimal),
      with(column("n", DataType::kDecimal), "precision", 10),
      column("o", DataType::kWei),
      column("p", DataType::kDate),
      column("q", DataType::kTime),
      with(column("r", DataType::kTime), "precision", 3),
      column("id", DataType::kBigint, {"primary_key"}),
      column("_dlt_id", DataType::kText, {"row_key", "unique"}),
  };
  Row row(columns.size(), nullptr);
  row[18] = 1;
  row[19] = "x";
  must(shop.load(package_of(shop, "1.000001", columns, {row})));
  CHECK(shop.columns("things") == Lines{"a|character varying|f",
                                        "b|character varying(20)|f",
                                        "c|double precision|f",
                                        "d|boolean|f",
                                        "e|timestamp with time zone|f",
                                        "f|timestamp(3) with time zone|f",
                                        "g|timestamp without time zone|f",
                                        "h|bigint|f",
                                        "i|smallint|f",
                                        "j|integer|f",
                                        "k|bytea|f",
                                        "l|jsonb|f",
                                        "m|numeric(38,9)|f",
                                        "n|numeric(10,9)|f",
                                        "o|numeric(156,78)|f",
                                        "p|date|f",
                                        "q|time without time zone|f",
                                        "r|time(3) without time zone|f",
                                        "id|bigint|t",
                                        "_dlt_id|character varying|f"});
  CHECK(shop.session.refusal("INSERT INTO " + shop.table("things") + " (id, _dlt_id) VALUES (2, 'x')") == "23505");
  CHECK(shop.columns("_dlt_loads") == Lines{"load_id|character varying(64)|t", "schema_name|character varying|f",
                                            "status|bigint|t", "inserted_at|timestamp with time zone|t",
                                            "schema_version_hash|character varying|f"});
}

TEST_CASE("postgres: without create_indexes nothing is unique") {
  Shop shop;
  const std::vector<Column> columns = {column("_dlt_id", DataType::kText, {"row_key", "unique"})};
  must(shop.load(package_of(shop, "1.000001", columns, {{"x"}, {"x"}}),
                 json::Value::object({{"create_indexes", false}})));
  CHECK(shop.session.query("SELECT count(*) FROM " + shop.table("things")) == Lines{"2"});
}

TEST_CASE("postgres: decimals keep every digit") {
  Shop shop;
  const Lines decimals = {"0",
                          "-0.5",
                          "12.50",
                          "10000",
                          "9999.9999",
                          "0.0001",
                          "-123456789.000000001",
                          "0.00001",
                          "1e3",
                          "1.5E-7",
                          "+7",
                          "00012.30",
                          "100000000.1",
                          "99999999999999999999.5",
                          "NaN",
                          "12345678901234567890123456789.123456789",
                          "0.000000000",
                          "1e-9",
                          "10.00010000"};
  std::vector<Row> rows;
  int id = 0;
  for (const std::string& text : decimals) rows.push_back({++id, decimal(text)});
  // Without a scale of its own numeric(100,40) shows 40 places: compared as numbers with what PostgreSQL reads itself.
  std::vector<Column> columns = {column("id", DataType::kBigint), column("price", DataType::kDecimal)};
  columns[1].set("precision", 100);
  columns[1].set("scale", 40);
  must(shop.load(package_of(shop, "1.000001", columns, rows)));
  const Lines found = shop.session.query("SELECT price FROM " + shop.table("things") + " ORDER BY id");
  REQUIRE(found.size() == decimals.size());
  for (std::size_t i = 0; i < decimals.size(); ++i) {
    INFO(decimals[i]);
    CHECK(shop.session.query("SELECT '" + decimals[i] + "'::numeric(100,40)") == Lines{found[i]});
  }
}

TEST_CASE("postgres: the ends of the ranges, and what is not a number") {
  Shop shop;
  const std::vector<Column> columns = {column("at", DataType::kTimestamp), column("day", DataType::kDate),
                                       column("real", DataType::kDouble)};
  const double infinity = std::numeric_limits<double>::infinity();
  must(shop.load(
      package_of(shop, "1.000001", columns,
                 {{number(Kind::kTimestamp, -62'135'596'800'000'000), number(Kind::kDate, -719'162), -infinity},
                  {number(Kind::kTimestamp, 253'402'300'799'999'999), number(Kind::kDate, 2'932'896), 1e308},
                  {number(Kind::kTimestamp, -1), number(Kind::kDate, 0), 5e-324}})));
  CHECK(shop.session.query("SELECT * FROM " + shop.table("things") + " ORDER BY at") ==
        Lines{"0001-01-01 00:00:00+00|0001-01-01|-Infinity", "1969-12-31 23:59:59.999999+00|1970-01-01|5e-324",
              "9999-12-31 23:59:59.999999+00|9999-12-31|1e+308"});
}

TEST_CASE("postgres: an error names table, column and row") {
  Shop shop;
  const std::vector<Column> columns = {column("id", DataType::kBigint), column("name", DataType::kText)};
  const LoadPackage first = package_of(shop, "1.000001", columns, {{1, "Ada"}});
  must(shop.load(first));
  SECTION("a text longer than the column") {
    shop.session.run("ALTER TABLE " + shop.table("things") + " ALTER name TYPE varchar(3)");
    const Status status =
        shop.load(package_of(shop, "1.000002", columns, {{1, "Bob"}, {2, "Barbara"}}, first.schema()));
    INFO(status.render());
    CHECK(status.code() == Code::kLoadIntegrity);
    for (const char* part :
         {"value too long", "SQLSTATE: 22001", "column: name", "row: 2 of its file", "table 'things'"})
      CHECK(status.render().find(part) != std::string::npos);
  }
  SECTION("a text with NUL") {
    const Status status =
        shop.load(package_of(shop, "1.000002", columns, {{1, std::string("a\0b", 3)}}, first.schema()));
    CHECK(status.code() == Code::kLoadIntegrity);
    CHECK(status.render().find("column: name") != std::string::npos);
    CHECK(status.render().find("row: 1 of its file") != std::string::npos);
  }
  SECTION("a number beyond a smaller column") {
    shop.session.run("ALTER TABLE " + shop.table("things") + " ALTER id TYPE smallint");
    const Status status = shop.load(package_of(shop, "1.000002", columns, {{40'000, "Bob"}}, first.schema()));
    CHECK(status.code() == Code::kLoadIntegrity);
    CHECK(status.render().find("value: 40000") != std::string::npos);
  }
  SECTION("a constraint that somebody added") {
    shop.session.run("ALTER TABLE " + shop.table("things") + " ADD CONSTRAINT named CHECK (name <> 'Bob')");
    const Status status = shop.load(package_of(shop, "1.000002", columns, {{2, "Bob"}}, first.schema()));
    CHECK(status.code() == Code::kLoadIntegrity);
    CHECK(status.render().find("constraint: named") != std::string::npos);
    CHECK(status.render().find("row: 1 of its file") != std::string::npos);
  }
  CHECK(shop.session.query("SELECT count(*) FROM " + shop.table("things")) == Lines{"1"});
  CHECK(shop.session.query("SELECT count(*) FROM " + shop.table("_dlt_loads")) == Lines{"1"});
}

TEST_CASE("postgres: a dataset that a person altered") {
  Shop shop;
  const std::vector<Column> columns = {column("id", DataType::kBigint), column("name", DataType::kText)};
  const LoadPackage first = package_of(shop, "1.000001", columns, {{1, "Ada"}});
  must(shop.load(first));
  SECTION("a column was dropped: it is made again") {
    shop.session.run("ALTER TABLE " + shop.table("things") + " DROP name");
    must(shop.load(package_of(shop, "1.000002", columns, {{2, "Bob"}}, first.schema())));
    CHECK(shop.session.query("SELECT id, name FROM " + shop.table("things") + " ORDER BY id") ==
          Lines{"1|null", "2|Bob"});
  }
  SECTION("a type was changed: the server casts") {
    shop.session.run("ALTER TABLE " + shop.table("things") + " ALTER id TYPE text");
    must(shop.load(package_of(shop, "1.000002", columns, {{2, "Bob"}}, first.schema())));
    CHECK(shop.session.query("SELECT id, name FROM " + shop.table("things") + " ORDER BY id") ==
          Lines{"1|Ada", "2|Bob"});
    const Status status = [&] {
      shop.session.run("TRUNCATE " + shop.table("things"));
      shop.session.run("ALTER TABLE " + shop.table("things") + " ALTER name TYPE date USING NULL");
      return shop.load(package_of(shop, "1.000003", columns, {{2, "Bob"}}, first.schema()));
    }();
    CHECK(status.code() == Code::kLoadIntegrity);
    CHECK(status.render().find("invalid input syntax for type date: \"Bob\"") != std::string::npos);
  }
  SECTION("the table was renamed: it is made again") {
    shop.session.run("ALTER TABLE " + shop.table("things") + " RENAME TO old_things");
    must(shop.load(package_of(shop, "1.000002", columns, {{2, "Bob"}}, first.schema())));
    CHECK(shop.session.query("SELECT id FROM " + shop.table("things")) == Lines{"2"});
    CHECK(shop.session.query("SELECT id FROM " + shop.table("old_things")) == Lines{"1"});
  }
}

TEST_CASE("postgres: names and types that it does not have are refused before anything is written") {
  Shop shop;
  const std::string long_name(64, 'x');
  const Status name = shop.load(package_of(shop, "1.000001", {column(long_name, DataType::kText)}, {{"a"}}));
  CHECK(name.code() == Code::kSchemaInvalid);
  CHECK(name.message().find("64 bytes") != std::string::npos);
  const Status type =
      shop.load(package_of(shop, "1.000002", {with(column("n", DataType::kBigint), "precision", 128)}, {{1}}));
  CHECK(type.code() == Code::kSchemaInvalid);
  CHECK(shop.session.query("SELECT 1 FROM pg_namespace WHERE nspname = '" + shop.dataset + "'").empty());
}

TEST_CASE("postgres: NOT NULL for a new column of a table with rows is a warning") {
  Shop shop;
  const LoadPackage first = package_of(shop, "1.000001", {column("id", DataType::kBigint)}, {{1}});
  must(shop.load(first));
  const std::vector<Column> columns = {column("id", DataType::kBigint),
                                       column("key", DataType::kText, {"primary_key"})};
  const auto destination = shop.connect();
  PackageLoader loader(*destination, Env::real(), {}, kOnce);
  must(loader.load(package_of(shop, "1.000002", columns, {{2, "b"}}, first.schema())));
  REQUIRE(loader.warnings().size() == 1);
  CHECK(loader.warnings()[0].find("'key'") != std::string::npos);
}

TEST_CASE("postgres: flavors load the same rows by other means") {
  for (const char* flavor : {"citus", "cockroachdb"}) {
    Shop shop;
    const json::Value options = json::Value::object({{"flavor", flavor}});
    const std::vector<Column> columns = {column("id", DataType::kBigint, {"primary_key"}),
                                         column("name", DataType::kText, {"dedup_sort=desc"}),
                                         column("_dlt_id", DataType::kText, {"unique"})};
    const LoadPackage first =
        package_of(shop, "1.000001", columns, {{1, "Ada", "a"}, {2, "Bob", "b"}}, Schema("shop"), "merge");
    must(shop.load(first, options));
    must(shop.load(package_of(shop, "1.000002", columns, {{2, "Bea", "c"}, {2, "Bo", "d"}}, first.schema(), "merge"),
                   options));
    CHECK(shop.session.query("SELECT id, name FROM " + shop.table("things") + " ORDER BY id") ==
          Lines{"1|Ada", "2|Bo"});
    CHECK(shop.session.refusal("INSERT INTO " + shop.table("things") + " VALUES (9, 'x', 'a')") == "23505");
  }
}
