// What every destination that can be asked must answer.
#include <algorithm>
#include <thread>

#include "conformance/suite_parts.h"
#include "json/write.h"
#include "sql/select_builder.h"

namespace lode::test::suite {
namespace {

std::unique_ptr<Destination> asked(DestinationTraits& traits) {
  std::unique_ptr<Destination> destination = traits.open();
  must(destination->connect_to_query());
  return destination;
}

std::unique_ptr<QueryRows> ask(Destination& destination, const std::string& sql,
                               const std::vector<json::Value>& parameters = {}, std::stop_token stop = {}) {
  Result<std::unique_ptr<QueryRows>> rows = destination.query(sql, parameters, std::move(stop));
  INFO(sql << "\n" << rows.status().render());
  REQUIRE(rows.ok());
  return std::move(*rows);
}

bool has_next(QueryRows& rows) {
  const Result<bool> next = rows.next();
  INFO(next.status().render());
  REQUIRE(next.ok());
  return *next;
}

json::Value one(Destination& destination, const std::string& sql, const std::vector<json::Value>& parameters = {}) {
  const std::unique_ptr<QueryRows> rows = ask(destination, sql, parameters);
  REQUIRE(has_next(*rows));
  return rows->value(0);
}

// "1|Ada" for each row.
Lines lines_of(Destination& destination, const SqlText& text) {
  const std::unique_ptr<QueryRows> rows = ask(destination, text.sql, text.parameters);
  Lines lines;
  while (has_next(*rows)) {
    std::string line;
    for (std::size_t i = 0; i < rows->columns().size(); ++i) {
      const json::Value value = rows->value(i);
      if (i > 0) line += "|";
      line += value.is_text() ? value.as_text() : json::write(value);
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

struct Typed {
  std::string name;
  DataType type;
  json::Value value;
};

std::vector<Typed> typed_samples() {
  return {{"txt", DataType::kText, "a 'text' of ünïcode"},
          {"big", DataType::kBigint, INT64_MIN},
          {"dbl", DataType::kDouble, 0.1},
          {"whole", DataType::kDouble, 3.0},
          {"yes", DataType::kBool, true},
          {"stamp", DataType::kTimestamp, json::Value::of_number(Kind::kTimestamp, 1'704'164'645'678'000)},
          {"whole_stamp", DataType::kTimestamp, json::Value::of_number(Kind::kTimestamp, -1'000'000)},
          {"day", DataType::kDate, json::Value::of_number(Kind::kDate, 19724)},
          {"moment", DataType::kTime, json::Value::of_number(Kind::kTime, 11'045'678'000)},
          {"dec", DataType::kDecimal, json::Value::of_text(Kind::kDecimal, "12.50")},
          {"wei", DataType::kWei, json::Value::of_text(Kind::kDecimal, "100000000000000000")},
          {"bin", DataType::kBinary, json::Value::of_text(Kind::kBinary, std::string("\x01\x00\xFF", 3))},
          {"no_bin", DataType::kBinary, json::Value::of_text(Kind::kBinary, "")},
          {"doc", DataType::kJson, R"({"a":[1,2.5,null,"é"]})"},
          {"absent", DataType::kTimestamp, nullptr}};
}

LoadPackage samples_package(const ScratchFolder& folder) {
  TestPackage package(folder.path(), "1.000001");
  std::vector<Column> columns;
  std::vector<std::string> names;
  Row row;
  for (const Typed& sample : typed_samples()) {
    columns.push_back(column(sample.name, sample.type));
    names.push_back(sample.name);
    row.push_back(sample.value);
  }
  package.table("samples", "append", columns);
  package.rows("samples", names, {row});
  return package.seal();
}

constexpr const char* kEndless =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n WHERE i < 0";

}  // namespace

// Also through a subquery, and where the column is asked for by a relation.
void query_values_have_types(DestinationTraits& traits) {
  if (!traits.has_queries()) return;
  ScratchFolder folder;
  load(traits, samples_package(folder));
  const auto destination = asked(traits);
  for (const Typed& sample : typed_samples()) {
    const std::string name = sample.name;
    json::Value expected = sample.value;
    if (name == "dec") expected = json::Value::of_text(Kind::kDecimal, traits.reads_back("decimal", "12.50"));
    if (name == "wei") expected = json::Value::of_text(Kind::kDecimal, traits.reads_back("wei", "100000000000000000"));
    if (name == "doc") {
      expected = json::Value::object({{"a", json::Value::list({1, 2.5, nullptr, "é"})}});
    }
    for (const std::string& sql :
         {"SELECT " + name + " FROM samples", "SELECT s." + name + " FROM (SELECT * FROM samples) AS s"}) {
      const json::Value found = one(*destination, sql);
      INFO(name << " is " << kind_name(found.kind()) << " " << json::write(found));
      CHECK(found == expected);
    }
  }
}

void queries_take_parameters(DestinationTraits& traits) {
  if (!traits.has_queries()) return;
  ScratchFolder folder;
  load(traits, samples_package(folder));
  const auto destination = asked(traits);
  const std::vector<Typed> samples = typed_samples();
  for (const Typed& sample : samples) {
    if (sample.type == DataType::kJson || sample.value.is_null()) continue;
    INFO(sample.name);
    CHECK(one(*destination, "SELECT count(*) FROM samples WHERE " + sample.name + " = ?", {sample.value}) == 1);
  }
  const std::string sql = "SELECT count(*) FROM samples WHERE big < $1 AND txt <> $2 AND big < $1";
  CHECK(one(*destination, sql, {0, "?"}) == 1);
  CHECK(one(*destination, "SELECT count(*) FROM samples WHERE txt <> '?' AND big < ? -- why?", {0}) == 1);
  CHECK(one(*destination, "SELECT count(*) FROM samples WHERE absent = ?", {nullptr}) == 0);
  CHECK(one(*destination, "SELECT CAST(? AS varchar(40))", {json::Value::list({1, "a"})}) == "[1,\"a\"]");
  CHECK(destination->query("SELECT ?", {}).status().ok() == false);
  CHECK(destination->query("SELECT ?", {1, 2}).status().code() == Code::kQueryParameters);
  CHECK(destination->query("SELECT 1", {1}).status().code() == Code::kQueryParameters);
}

void queries_only_read(DestinationTraits& traits) {
  if (!traits.has_queries()) return;
  ScratchFolder folder;
  load(traits, orders_package(folder, "1.000001", "append", {{1, "Ada", "a"}}));
  const auto destination = asked(traits);
  for (const char* const sql : {"DELETE FROM orders", "DROP TABLE orders", "UPDATE orders SET id = 2",
                                "INSERT INTO orders (id) VALUES (3)", "CREATE TABLE others (id bigint)"}) {
    INFO(sql);
    const Status refused = destination->query(sql, {}).status();
    INFO(refused.render());
    CHECK(refused.code() == Code::kDestinationReadOnly);
  }
  CHECK_FALSE(destination->query("SELECT 1; DELETE FROM orders", {}).ok());
  CHECK_FALSE(destination->query("-- nothing", {}).ok());
  CHECK(one(*destination, "SELECT id FROM orders; -- and no more") == 1);
  CHECK(rows(traits, "orders", {"id"}) == Lines{"1"});
}

void queries_see_later_loads(DestinationTraits& traits) {
  if (!traits.has_queries()) return;
  ScratchFolder folder;
  const auto early = asked(traits);
  CHECK_FALSE(early->query("SELECT count(*) FROM orders", {}).ok());
  const LoadPackage first = orders_package(folder, "1.000001", "append", {{1, "Ada", "a"}});
  load(traits, first);
  CHECK(one(*early, "SELECT count(*) FROM orders") == 1);
  {
    // Somebody is in the middle of a query while the second load comes.
    const auto reader = asked(traits);
    const std::unique_ptr<QueryRows> open = ask(*reader, "SELECT id FROM orders");
    CHECK(has_next(*open));
    TestPackage second(folder.path(), "1.000002", first.schema());
    std::vector<Row> many;
    for (int i = 0; i < 2000; ++i) many.push_back({i, "x", "y" + std::to_string(i)});
    second.rows("orders", kOrderNames, many);
    load(traits, second.seal());
    CHECK_FALSE(has_next(*open));
  }
  CHECK(one(*early, "SELECT count(*) FROM orders") == 2001);
}

void queries_are_stopped(DestinationTraits& traits) {
  if (!traits.has_queries()) return;
  ScratchFolder folder;
  load(traits, orders_package(folder, "1.000001", "append", {{1, "Ada", "a"}, {2, "Bob", "b"}}));
  const auto destination = asked(traits);
  for (const int delay_ms : {0, 1, 50}) {
    std::stop_source stop;
    std::jthread stopper([&stop, delay_ms] {
      std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));
      stop.request_stop();
    });
    const Result<std::unique_ptr<QueryRows>> found = destination->query(kEndless, {}, stop.get_token());
    const Status outcome = found.ok() ? (*found)->next().status() : found.status();
    INFO(outcome.render());
    CHECK(outcome.code() == Code::kCancelled);
  }
  // Between two rows.
  {
    std::stop_source stop;
    const std::unique_ptr<QueryRows> rows = ask(*destination, "SELECT id FROM orders", {}, stop.get_token());
    CHECK(has_next(*rows));
    stop.request_stop();
    CHECK(rows->next().status().code() == Code::kCancelled);
  }
  CHECK(one(*destination, "SELECT count(*) FROM orders") == 2);
}

void relations_find_rows(DestinationTraits& traits) {
  if (!traits.has_queries()) return;
  ScratchFolder folder;
  const LoadPackage package =
      nested_package(folder, "1.000001", "append", {{1, "Ada", "a"}, {2, nullptr, "b"}, {3, "it's", "c"}},
                     {{"x", "a", "l1"}, {"y", "a", "l2"}, {"z", "c", "l3"}});
  load(traits, package);
  const auto destination = asked(traits);
  REQUIRE(one(*destination, "SELECT count(*) FROM orders") == 3);
  SelectTables tables;
  tables.schemas = {&package.schema()};
  tables.query_name = [&](std::string_view table) { return destination->query_name(table); };
  tables.place = "dataset";
  const auto from = [&](std::string_view table) {
    return SelectBuilder::from(*destination->query_dialect(), tables, table).value();
  };
  const auto found = [&](const SelectBuilder& builder) { return lines_of(*destination, builder.text()); };

  SelectBuilder orders = from("orders");
  must(orders.select({"id", "name"}));
  must(orders.order_by("id", true));
  CHECK(found(orders) == Lines{"3|it's", "2|null", "1|Ada"});
  SelectBuilder first = orders;
  first.limit(2);
  must(first.where("name", "!=", nullptr));
  CHECK(found(first) == Lines{"3|it's"});
  SelectBuilder named = orders;
  must(named.where("name", "in", json::Value::list({"it's", nullptr})));
  must(named.where_sql("id > ?", {1}));
  CHECK(found(named) == Lines{"3|it's", "2|null"});
  SelectBuilder counted = named;
  counted.count();
  CHECK(found(counted) == Lines{"2"});
  SelectBuilder greatest = from("orders");
  must(greatest.extreme("id", true));
  CHECK(found(greatest) == Lines{"3"});

  SelectBuilder joined = from("orders");
  must(joined.join({"orders__lines", "left", "lines"}));
  must(joined.join({"orders__lines__tags", "left", "tags"}));
  must(joined.select({"id", "lines__sku", "tags__sku"}));
  must(joined.order_by("id", false));
  must(joined.order_by("lines__sku", false));
  CHECK(found(joined) == Lines{"1|x|tag-x", "1|y|tag-y", "2|null|null", "3|z|tag-z"});

  const SqlText counts =
      count_statement(*destination->query_dialect(), tables, {tables.find("orders"), tables.find("orders__lines")}, "");
  Lines lines = lines_of(*destination, counts);
  CHECK(lines == Lines{"orders|3", "orders__lines|3"});
}

void names_of_schemas(DestinationTraits& traits) {
  if (!traits.has_queries()) return;
  CHECK(connected(traits)->saved_schema_names().value().empty());
  ScratchFolder first;
  ScratchFolder second;
  load(traits, orders_package(first, "1.000001", "append", {{1, "Ada", "a"}}));
  load(traits, orders_package(second, "1.000002", "append", {{2, "Bob", "b"}}, Schema("crm")));
  Lines names = asked(traits)->saved_schema_names().value();
  std::sort(names.begin(), names.end());
  CHECK(names == Lines{"crm", "shop"});
}

}  // namespace lode::test::suite
