// SELECT statements made step by step: the text. What databases find with it is tested in tests/conformance.
#include "sql/select_builder.h"

#include "json/write.h"
#include "schema/system_tables.h"
#include "support/catch.h"

using namespace lode;

namespace {

class Shop {
 public:
  Shop() : schema_("shop") {
    Table orders = Table::root("orders");
    for (const auto& [name, type] : {std::pair<const char*, DataType>{"id", DataType::kBigint},
                                     {"status", DataType::kText},
                                     {"created_at", DataType::kTimestamp},
                                     {"customer_id", DataType::kBigint},
                                     {"_dlt_load_id", DataType::kText},
                                     {"_dlt_id", DataType::kText}}) {
      orders.merge_column(Column(name, type));
    }
    orders.merge_column(Column("declared", DataType::kNone));
    orders.props().set("references",
                       json::Value::list({json::Value::object({{"referenced_table", "customers"},
                                                               {"columns", json::Value::list({"customer_id"})},
                                                               {"referenced_columns", json::Value::list({"id"})}})}));
    schema_.add_table(std::move(orders));
    Table customers = Table::root("customers");
    customers.merge_column(Column("id", DataType::kBigint));
    customers.merge_column(Column("name", DataType::kText));
    schema_.add_table(std::move(customers));
    add_nested("orders__items", "orders");
    add_nested("orders__items__tags", "orders__items");
    tables_.schemas = {&schema_};
    tables_.query_name = [](std::string_view table) { return "main." + std::string(table); };
    tables_.place = "dataset shop_data";
  }

  SelectBuilder from(std::string_view table) {
    Result<SelectBuilder> builder = SelectBuilder::from(sqlite_dialect(), tables_, table);
    REQUIRE(builder.ok());
    return std::move(*builder);
  }
  Status missing(std::string_view table) { return SelectBuilder::from(sqlite_dialect(), tables_, table).status(); }
  const SelectTables& tables() const { return tables_; }

 private:
  void add_nested(const char* name, const char* parent) {
    Table table = Table::child(name, parent);
    table.merge_column(Column("sku", DataType::kText));
    Column key("_dlt_parent_id", DataType::kText);
    key.set("parent_key", true);
    table.merge_column(std::move(key));
    table.merge_column(Column("_dlt_id", DataType::kText));
    schema_.add_table(std::move(table));
  }

  Schema schema_;
  SelectTables tables_;
};

void must(const Status& status) {
  INFO(status.render());
  REQUIRE(status.ok());
}

std::string sql(const SelectBuilder& builder) { return builder.text().sql; }

std::string parameters(const SelectBuilder& builder) {
  json::Value list = json::Value::list();
  for (const json::Value& value : builder.text().parameters) list.push_back(value);
  return json::write(list);
}

const std::string kAll = "SELECT * FROM main.orders AS \"orders\"";

}  // namespace

TEST_CASE("steps become one SELECT") {
  Shop shop;
  SelectBuilder orders = shop.from("orders");
  CHECK(sql(orders) == kAll);
  const SelectBuilder all = orders;
  must(orders.select({"id", "status"}));
  must(orders.where("status", "=", "paid"));
  must(orders.where("id", ">=", 5));
  must(orders.order_by("created_at", true));
  must(orders.order_by("id", false));
  orders.limit(10);
  orders.limit(20);
  CHECK(
      sql(orders) ==
      "SELECT \"orders\".\"id\", \"orders\".\"status\" FROM main.orders AS \"orders\" WHERE \"orders\".\"status\" = ?1 "
      "AND \"orders\".\"id\" >= ?2 ORDER BY \"orders\".\"created_at\" DESC, \"orders\".\"id\" LIMIT 10");
  CHECK(parameters(orders) == "[\"paid\",5]");
  CHECK(sql(all) == kAll);  // a copy goes its own way
}

TEST_CASE("a step after a limit sees the limited rows") {
  Shop shop;
  SelectBuilder orders = shop.from("orders");
  must(orders.order_by("id", true));
  orders.limit(3);
  const std::string first = "SELECT * FROM main.orders AS \"orders\" ORDER BY \"orders\".\"id\" DESC LIMIT 3";
  const std::string within = "FROM (" + first + ") AS \"orders\"";

  SelectBuilder filtered = orders;
  must(filtered.where("status", "eq", "paid"));
  CHECK(sql(filtered) == "SELECT * " + within + " WHERE \"orders\".\"status\" = ?1 ORDER BY \"orders\".\"id\" DESC");
  must(filtered.order_by("status", false));
  CHECK(sql(filtered) == "SELECT * " + within + " WHERE \"orders\".\"status\" = ?1 ORDER BY \"orders\".\"status\"");
  SelectBuilder counted = orders;
  counted.count();
  CHECK(sql(counted) == "SELECT count(*) " + within);
  must(orders.extreme("created_at", true));
  CHECK(sql(orders) ==
        "SELECT \"orders\".\"created_at\" " + within +
            " WHERE \"orders\".\"created_at\" IS NOT NULL ORDER BY \"orders\".\"created_at\" DESC LIMIT 1");
}

TEST_CASE("comparisons with nulls, lists and timestamps") {
  Shop shop;
  const auto condition = [&](std::string_view column, std::string_view operation, const json::Value& value) {
    SelectBuilder orders = shop.from("orders");
    must(orders.where(column, operation, value));
    return sql(orders).substr(kAll.size() + 7) + " " + parameters(orders);
  };
  CHECK(condition("id", "=", nullptr) == "\"orders\".\"id\" IS NULL []");
  CHECK(condition("id", "!=", nullptr) == "\"orders\".\"id\" IS NOT NULL []");
  CHECK(condition("id", "in", json::Value::list({1, 2})) == "\"orders\".\"id\" IN (?1, ?2) [1,2]");
  CHECK(condition("id", "in", 1) == "\"orders\".\"id\" IN (?1) [1]");
  CHECK(condition("id", "in", json::Value::list()) == "1 = 0 []");
  CHECK(condition("id", "not_in", json::Value::list()) == "1 = 1 []");
  CHECK(condition("id", "in", json::Value::list({nullptr})) == "\"orders\".\"id\" IS NULL []");
  CHECK(condition("id", "in", json::Value::list({1, nullptr})) ==
        "(\"orders\".\"id\" IN (?1) OR \"orders\".\"id\" IS NULL) [1]");
  CHECK(condition("id", "not_in", json::Value::list({1, nullptr})) ==
        "(\"orders\".\"id\" NOT IN (?1) AND \"orders\".\"id\" IS NOT NULL) [1]");
  CHECK(condition("status", "LIKE", "p%") == "\"orders\".\"status\" LIKE ?1 [\"p%\"]");
  // As text it would be later than all timestamps of its day that SQLite keeps.
  SelectBuilder orders = shop.from("orders");
  must(orders.where("created_at", ">", "2024-01-02T03:04:05Z"));
  must(orders.where("created_at", ">", "2024-01-02"));
  CHECK(orders.text().parameters[0] == json::Value::of_number(json::Kind::kTimestamp, 1'704'164'645'000'000));
  CHECK(orders.text().parameters[1] == json::Value::of_number(json::Kind::kTimestamp, 1'704'153'600'000'000));
  CHECK(condition("status", "=", "2024-01-02") == "\"orders\".\"status\" = ?1 [\"2024-01-02\"]");
}

TEST_CASE("conditions in SQL are kept apart and numbered through") {
  Shop shop;
  SelectBuilder orders = shop.from("orders");
  must(orders.where("id", ">", 1));
  must(orders.where_sql("status = ? OR status = ? -- either", {"paid", "sent"}));
  must(orders.where("id", "<", 9));
  CHECK(sql(orders) == kAll +
                           " WHERE \"orders\".\"id\" > ?1 AND (status = ?2 OR status = ?3 -- either\n) AND "
                           "\"orders\".\"id\" < ?4");
  CHECK(parameters(orders) == "[1,\"paid\",\"sent\",9]");
  CHECK(orders.where_sql("status = ?", {}).code() == Code::kQueryParameters);
  CHECK(orders.where_sql("  ", {}).code() == Code::kQueryInvalid);
}

TEST_CASE("unknown names are answered with those that were meant") {
  Shop shop;
  SelectBuilder orders = shop.from("orders");
  const Status column = orders.where("staus", "=", 1);
  CHECK(column.code() == Code::kQueryUnknown);
  CHECK(column.render() ==
        "table 'orders' has no column 'staus'\n  did you mean 'status'?\n"
        "  its columns: id, status, created_at, customer_id, _dlt_load_id, _dlt_id\n  [query.unknown_name]");
  CHECK(orders.select({"id", "declared"}).code() == Code::kQueryUnknown);  // no row ever had it
  CHECK(orders.order_by("iid", true).code() == Code::kQueryUnknown);
  const Status table = shop.missing("order");
  CHECK(table.message() == "dataset shop_data has no table 'order'");
  CHECK(table.render().find("did you mean 'orders'?") != std::string::npos);
  CHECK(shop.missing("'; DROP TABLE orders").code() == Code::kQueryUnknown);
}

TEST_CASE("what makes no sense is refused") {
  Shop shop;
  SelectBuilder orders = shop.from("orders");
  CHECK(orders.where("id", "equals", 1).code() == Code::kQueryInvalid);
  CHECK(orders.where("id", ">", nullptr).code() == Code::kQueryInvalid);
  CHECK(orders.where("id", "=", json::Value::list({1})).code() == Code::kQueryInvalid);
  CHECK(orders.select({}).code() == Code::kQueryInvalid);
  must(orders.select({"id"}));
  CHECK(orders.select({"status"}).code() == Code::kQueryUnknown);
  CHECK(orders.join({"orders__items__tags", "inner", ""}).code() == Code::kQueryInvalid);
  CHECK(orders.join({"orders__items", "sideways", ""}).code() == Code::kQueryInvalid);
  CHECK(orders.join({"orders__items", "inner", "orders"}).code() == Code::kQueryInvalid);
}

TEST_CASE("rows of nested tables came with the loads of their parents") {
  Shop shop;
  SelectBuilder orders = shop.from("orders");
  must(orders.from_loads({"1.5", "1.6"}));
  CHECK(sql(orders) == kAll + " WHERE \"orders\".\"_dlt_load_id\" IN (?1, ?2)");
  SelectBuilder items = shop.from("orders__items");
  must(items.from_loads({"1.5"}));
  CHECK(sql(items) ==
        "SELECT * FROM main.orders__items AS \"orders__items\" WHERE \"orders__items\".\"_dlt_parent_id\" IN (SELECT "
        "\"of "
        "orders__items\".\"_dlt_id\" FROM main.orders AS \"of orders__items\" WHERE \"of "
        "orders__items\".\"_dlt_load_id\" IN (?1))");
  SelectBuilder customers = shop.from("customers");
  CHECK(customers.from_loads({"1.5"}).code() == Code::kQueryInvalid);
}

TEST_CASE("joins follow what the schema knows") {
  Shop shop;
  SelectBuilder orders = shop.from("orders");
  must(orders.select({"id", "_dlt_id", "customer_id"}));
  must(orders.join({"orders__items", "inner", "items"}));
  must(orders.select({"id", "items__sku"}));
  const std::string joined =
      "(SELECT \"orders\".\"id\" AS \"id\", \"orders\".\"_dlt_id\" AS \"_dlt_id\", \"orders\".\"customer_id\" AS "
      "\"customer_id\", \"items\".\"sku\" AS \"items__sku\", \"items\".\"_dlt_parent_id\" AS "
      "\"items___dlt_parent_id\", "
      "\"items\".\"_dlt_id\" AS \"items___dlt_id\" FROM (SELECT \"orders\".\"id\", \"orders\".\"_dlt_id\", "
      "\"orders\".\"customer_id\" FROM main.orders AS \"orders\") AS \"orders\" INNER JOIN main.orders__items AS "
      "\"items\" ON \"items\".\"_dlt_parent_id\" = \"orders\".\"_dlt_id\") AS \"orders\"";
  CHECK(sql(orders) == "SELECT \"orders\".\"id\", \"orders\".\"items__sku\" FROM " + joined);

  // Up, along a reference, and from a table that was joined.
  SelectBuilder items = shop.from("orders__items");
  must(items.join({"orders", "left", ""}));
  CHECK(sql(items).find("LEFT JOIN main.orders AS \"orders\" ON \"orders\".\"_dlt_id\" = "
                        "\"orders__items\".\"_dlt_parent_id\"") != std::string::npos);
  must(items.join({"customers", "left", ""}));
  CHECK(sql(items).find("ON \"customers\".\"id\" = \"orders__items\".\"orders__customer_id\"") != std::string::npos);
  CHECK(items.join({"customers", "left", ""}).code() == Code::kQueryInvalid);
  SelectBuilder customers = shop.from("customers");
  must(customers.join({"orders", "inner", ""}));
  CHECK(sql(customers).find("ON \"orders\".\"customer_id\" = \"customers\".\"id\"") != std::string::npos);

  SelectBuilder without_key = shop.from("orders");
  must(without_key.select({"id"}));
  CHECK(without_key.join({"customers", "inner", ""}).code() == Code::kQueryUnknown);
}

TEST_CASE("rows of tables are counted in one statement") {
  Shop shop;
  const SelectTables& tables = shop.tables();
  const std::vector<const Table*> counted = {tables.find("orders"), tables.find("orders__items")};
  CHECK(count_statement(sqlite_dialect(), tables, counted, "").sql ==
        "SELECT 'orders' AS table_name, count(*) AS row_count FROM main.orders UNION ALL SELECT 'orders__items' AS "
        "table_name, count(*) AS row_count FROM main.orders__items");
  const SqlText of_load = count_statement(sqlite_dialect(), tables, counted, "1.5");
  CHECK(of_load.sql ==
        "SELECT 'orders' AS table_name, count(*) AS row_count FROM main.orders WHERE \"_dlt_load_id\" = ?1");
  CHECK(of_load.parameters.size() == 1);
  CHECK(count_statement(sqlite_dialect(), tables, {}, "").sql.empty());
}
