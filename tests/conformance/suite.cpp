// What every destination must do.
#include "conformance/suite.h"

#include <algorithm>
#include <filesystem>

#include "json/write.h"
#include "load/loader.h"
#include "support/scratch.h"
#include "support/test_package.h"

namespace lode::test::suite {
namespace {

using Lines = std::vector<std::string>;
using json::Kind;

constexpr LoadRetry kNoRetry{.attempts_max = 1};

void must(const Status& status) {
  INFO(status.render());
  REQUIRE(status.ok());
}

std::unique_ptr<Destination> connected(DestinationTraits& traits) {
  std::unique_ptr<Destination> destination = traits.open();
  must(destination->connect());
  return destination;
}

void load(DestinationTraits& traits, const LoadPackage& package) {
  const auto destination = connected(traits);
  must(load_package(package, *destination, Env::real(), kNoRetry));
}

Lines rows(DestinationTraits& traits, const std::string& table, const std::vector<std::string>& columns) {
  const auto found = traits.rows(table, columns);
  INFO("table " << table);
  REQUIRE(found.has_value());
  return *found;
}

bool merges(DestinationTraits& traits) { return traits.open()->capabilities().merge; }

std::vector<Column> order_columns() {
  return {column("id", DataType::kBigint, {"primary_key"}), column("name", DataType::kText),
          column("_dlt_id", DataType::kText, {"row_key", "unique"})};
}

std::vector<Column> line_columns() {
  return {column("sku", DataType::kText), column("_dlt_root_id", DataType::kText, {"root_key"}),
          column("_dlt_parent_id", DataType::kText, {"parent_key"}), column("_dlt_list_idx", DataType::kBigint),
          column("_dlt_id", DataType::kText, {"row_key", "unique"})};
}

const std::vector<std::string> kOrderNames = {"id", "name", "_dlt_id"};
const std::vector<std::string> kLineNames = {"sku", "_dlt_root_id", "_dlt_parent_id", "_dlt_list_idx", "_dlt_id"};

// A package with the table "orders" and the rows given as {id, name, _dlt_id}.
LoadPackage orders_package(const ScratchFolder& folder, const std::string& load_id, const std::string& disposition,
                           const std::vector<Row>& orders, Schema schema = Schema("shop")) {
  TestPackage package(folder.path(), load_id, std::move(schema));
  package.table("orders", disposition, order_columns());
  package.rows("orders", kOrderNames, orders);
  return package.seal();
}

struct Line {
  const char* sku;
  const char* order;  // _dlt_id of its order
  const char* id;     // its own _dlt_id
};

// The same with the nested table "orders__lines" and, below that, "orders__lines__tags": one tag a line, named as its
// sku.
LoadPackage nested_package(const ScratchFolder& folder, const std::string& load_id, const std::string& disposition,
                           const std::vector<Row>& orders, const std::vector<Line>& lines,
                           Schema schema = Schema("shop")) {
  TestPackage package(folder.path(), load_id, std::move(schema));
  package.table("orders", disposition, order_columns());
  package.table("orders__lines", "", line_columns(), "orders");
  package.table("orders__lines__tags", "", line_columns(), "orders__lines");
  package.rows("orders", kOrderNames, orders);
  std::vector<Row> line_rows;
  std::vector<Row> tag_rows;
  for (const Line& line : lines) {
    line_rows.push_back({line.sku, line.order, line.order, 0, line.id});
    tag_rows.push_back({std::string("tag-") + line.sku, line.order, line.id, 0, std::string("t") + line.id});
  }
  if (!lines.empty()) {
    package.rows("orders__lines", kLineNames, line_rows);
    package.rows("orders__lines__tags", kLineNames, tag_rows);
  }
  return package.seal();
}

}  // namespace

void empty_dataset_knows_nothing(DestinationTraits& traits) {
  const auto destination = connected(traits);
  CHECK_FALSE(destination->saved_state("shop").value().has_value());
  CHECK_FALSE(destination->saved_schema("shop").value().has_value());
  CHECK_FALSE(destination->is_loaded("1.000000").value());
  CHECK(destination->newest_load_id().value().empty());
  CHECK_FALSE(destination->display().empty());
  must(destination->connect());  // again: no effect
}

void append_adds_rows(DestinationTraits& traits) {
  ScratchFolder folder;
  const LoadPackage first = orders_package(folder, "1.000001", "append", {{1, "Ada", "a"}, {2, nullptr, "b"}});
  load(traits, first);
  CHECK(rows(traits, "orders", kOrderNames) == Lines{"1|Ada|a", "2|null|b"});
  load(traits, orders_package(folder, "1.000002", "append", {{1, "Ada again", "c"}}, first.schema()));
  CHECK(rows(traits, "orders", kOrderNames) == Lines{"1|Ada again|c", "1|Ada|a", "2|null|b"});
}

void append_of_nested_tables(DestinationTraits& traits) {
  ScratchFolder folder;
  load(traits, nested_package(folder, "1.000001", "append", {{1, "Ada", "a"}}, {{"x", "a", "l1"}, {"y", "a", "l2"}}));
  CHECK(rows(traits, "orders__lines", {"sku", "_dlt_parent_id"}) == Lines{"x|a", "y|a"});
  CHECK(rows(traits, "orders__lines__tags", {"sku", "_dlt_parent_id"}) == Lines{"tag-x|l1", "tag-y|l2"});
}

void several_jobs_of_one_table(DestinationTraits& traits) {
  ScratchFolder folder;
  TestPackage package(folder.path(), "1.000001");
  package.table("orders", "append", order_columns());
  package.rows("orders", {"id"}, {{1}, {2}});
  package.rows("orders", {"name", "id"}, {{"Ada", 3}});
  package.rows("orders", kOrderNames, {});
  load(traits, package.seal());
  CHECK(rows(traits, "orders", {"id", "name"}) == Lines{"1|null", "2|null", "3|Ada"});
}

void columns_added_inside_a_job(DestinationTraits& traits) {
  ScratchFolder folder;
  auto writer = PackageWriter::create(Env::real(), folder.path(), "1.000001", {}).value();
  RowFileWriter& file = *writer->writer_for("orders").value().writer;
  Schema schema("shop");
  Table table = Table::root("orders");
  std::vector<Row> kept;
  for (int i = 0; i < 40; ++i) {
    const std::string name = "c" + std::to_string(i);
    must(file.add_column({name, DataType::kBigint}));
    table.merge_column(Column(name, DataType::kBigint));
    std::vector<json::Cell> cells(static_cast<std::size_t>(i) + 1, cell_of(json::Value(i)));
    must(file.write(cells));
  }
  table.set_seen_data();
  schema.add_table(std::move(table));
  schema.bump();
  must(writer->seal(schema, PipelineState("shop")));
  load(traits, LoadPackage::open(Env::real(), writer->sealed_folder()).value());
  const Lines found = rows(traits, "orders", {"c0", "c38", "c39"});
  REQUIRE(found.size() == 40);
  CHECK(std::count(found.begin(), found.end(), "5|null|null") == 1);
  CHECK(std::count(found.begin(), found.end(), "38|38|null") == 1);
  CHECK(std::count(found.begin(), found.end(), "39|39|39") == 1);
}

void replace_empties_first(DestinationTraits& traits) {
  ScratchFolder folder;
  const LoadPackage first = orders_package(folder, "1.000001", "replace", {{1, "Ada", "a"}, {2, "Bob", "b"}});
  load(traits, first);
  TestPackage second(folder.path(), "1.000002", first.schema());
  second.table("orders", "replace", order_columns());
  second.rows("orders", kOrderNames, {{3, "Cy", "c"}});
  second.rows("orders", kOrderNames, {{4, "Di", "d"}});
  load(traits, second.seal());
  CHECK(rows(traits, "orders", {"id", "name"}) == Lines{"3|Cy", "4|Di"});
}

void replace_empties_nested_tables(DestinationTraits& traits) {
  ScratchFolder folder;
  const LoadPackage first =
      nested_package(folder, "1.000001", "replace", {{1, "Ada", "a"}}, {{"x", "a", "l1"}, {"y", "a", "l2"}});
  load(traits, first);
  // No nested rows this time: theirs go all the same.
  load(traits, nested_package(folder, "1.000002", "replace", {{2, "Bob", "b"}}, {}, first.schema()));
  CHECK(rows(traits, "orders", {"id"}) == Lines{"2"});
  CHECK(rows(traits, "orders__lines", {"sku"}).empty());
  CHECK(rows(traits, "orders__lines__tags", {"sku"}).empty());
}

void replace_with_a_job_without_rows(DestinationTraits& traits) {
  ScratchFolder folder;
  const LoadPackage first = nested_package(folder, "1.000001", "replace", {{1, "Ada", "a"}}, {{"x", "a", "l1"}});
  load(traits, first);
  TestPackage second(folder.path(), "1.000002", first.schema());
  second.rows("orders", {}, {});
  load(traits, second.seal());
  CHECK(rows(traits, "orders", {"id"}).empty());
  CHECK(rows(traits, "orders__lines", {"sku"}).empty());
}

void replaced_tables_without_jobs(DestinationTraits& traits) {
  ScratchFolder folder;
  const LoadPackage first = nested_package(folder, "1.000001", "replace", {{1, "Ada", "a"}}, {{"x", "a", "l1"}});
  load(traits, first);
  const auto destination = connected(traits);
  PackageLoader loader(*destination, Env::real(), {}, kNoRetry);
  must(loader.begin("1.000002"));
  must(loader.commit(first.schema(), {"orders"}));
  CHECK(rows(traits, "orders", {"id"}).empty());
  CHECK(rows(traits, "orders__lines", {"sku"}).empty());
  CHECK(destination->is_loaded("1.000002").value());
}

void merge_on_primary_key(DestinationTraits& traits) {
  if (!merges(traits)) return;
  ScratchFolder folder;
  const LoadPackage first =
      orders_package(folder, "1.000001", "merge", {{1, "Ada", "a"}, {2, "Bob", "b"}, {3, "Cy", "c"}});
  load(traits, first);
  CHECK(rows(traits, "orders", kOrderNames) == Lines{"1|Ada|a", "2|Bob|b", "3|Cy|c"});
  load(traits, orders_package(folder, "1.000002", "merge", {{2, "Bea", "d"}, {4, "Di", "e"}}, first.schema()));
  CHECK(rows(traits, "orders", kOrderNames) == Lines{"1|Ada|a", "2|Bea|d", "3|Cy|c", "4|Di|e"});
}

void merge_on_composite_key(DestinationTraits& traits) {
  if (!merges(traits)) return;
  ScratchFolder folder;
  const auto package_of = [&](const std::string& load_id, const std::vector<Row>& values, Schema schema) {
    TestPackage package(folder.path(), load_id, std::move(schema));
    package.table("prices", "merge",
                  {column("shop", DataType::kText, {"primary_key"}), column("day", DataType::kDate, {"primary_key"}),
                   column("price", DataType::kDouble)});
    package.rows("prices", {"shop", "day", "price"}, values);
    return package.seal();
  };
  const auto day = [](int number) { return json::Value::of_number(Kind::kDate, number); };
  const LoadPackage first =
      package_of("1.000001", {{"x", day(0), 1.5}, {"x", day(1), 2.5}, {"y", day(0), 3.5}}, Schema("shop"));
  load(traits, first);
  load(traits, package_of("1.000002", {{"x", day(1), 20.5}, {"y", day(1), 4.5}}, first.schema()));
  CHECK(rows(traits, "prices", {"shop", "price"}) == Lines{"x|1.5", "x|20.5", "y|3.5", "y|4.5"});
}

void merge_on_merge_key(DestinationTraits& traits) {
  if (!merges(traits)) return;
  ScratchFolder folder;
  const auto package_of = [&](const std::string& load_id, const std::vector<Row>& values, Schema schema) {
    TestPackage package(folder.path(), load_id, std::move(schema));
    package.table("events", "merge", {column("day", DataType::kText, {"merge_key"}), column("what", DataType::kText)});
    package.rows("events", {"day", "what"}, values);
    return package.seal();
  };
  const LoadPackage first = package_of("1.000001", {{"mon", "a"}, {"mon", "b"}, {"tue", "c"}}, Schema("shop"));
  load(traits, first);
  // The batch replaces the whole of monday, and its rows are not de-duplicated.
  load(traits, package_of("1.000002", {{"mon", "d"}, {"mon", "e"}, {"wed", "f"}}, first.schema()));
  CHECK(rows(traits, "events", {"day", "what"}) == Lines{"mon|d", "mon|e", "tue|c", "wed|f"});
}

void merge_without_keys_appends(DestinationTraits& traits) {
  if (!merges(traits)) return;
  ScratchFolder folder;
  for (const char* load_id : {"1.000001", "1.000002"}) {
    TestPackage package(folder.path(), load_id);
    package.table("events", "merge", {column("what", DataType::kText)});
    package.rows("events", {"what"}, {{"a"}});
    load(traits, package.seal());
  }
  CHECK(rows(traits, "events", {"what"}) == Lines{"a", "a"});
}

void merge_keeps_the_first_of_a_batch(DestinationTraits& traits) {
  if (!merges(traits)) return;
  ScratchFolder folder;
  load(traits, orders_package(folder, "1.000001", "merge",
                              {{1, "first", "a"}, {2, "x", "b"}, {1, "second", "c"}, {1, "third", "d"}}));
  CHECK(rows(traits, "orders", {"id", "name"}) == Lines{"1|first", "2|x"});
}

void merge_with_dedup_sort(DestinationTraits& traits) {
  if (!merges(traits)) return;
  for (const std::string order : {"desc", "asc"}) {
    ScratchFolder folder;
    TestPackage package(folder.path(), order == "desc" ? "1.000001" : "1.000002");
    const std::string table = "orders_" + order;
    package.table(table, "merge",
                  {column("id", DataType::kBigint, {"primary_key"}), column("name", DataType::kText),
                   column("version", DataType::kBigint, {"dedup_sort=" + order})});
    package.rows(table, {"id", "name", "version"}, {{1, "two", 2}, {1, "nine", 9}, {1, "one", 1}, {2, "x", 1}});
    load(traits, package.seal());
    CHECK(rows(traits, table, {"id", "name"}) == Lines{order == "desc" ? "1|nine" : "1|one", "2|x"});
  }
}

void merge_with_hard_delete(DestinationTraits& traits) {
  if (!merges(traits)) return;
  ScratchFolder folder;
  const auto package_of = [&](const std::string& load_id, const std::vector<Row>& values, Schema schema) {
    TestPackage package(folder.path(), load_id, std::move(schema));
    package.table("orders", "merge",
                  {column("id", DataType::kBigint, {"primary_key"}), column("name", DataType::kText),
                   column("deleted", DataType::kBool, {"hard_delete"})});
    package.rows("orders", {"id", "name", "deleted"}, values);
    return package.seal();
  };
  const LoadPackage first = package_of(
      "1.000001", {{1, "Ada", nullptr}, {2, "Bob", false}, {3, "Cy", true}, {4, "Di", false}}, Schema("shop"));
  load(traits, first);
  CHECK(rows(traits, "orders", {"id", "name"}) == Lines{"1|Ada", "2|Bob", "4|Di"});
  // 2: of two versions the first counts, and it is a deletion. 4: the other way around.
  load(traits, package_of("1.000002",
                          {{1, "Ada", true}, {2, "Bob", true}, {2, "Bea", false}, {4, "Dee", false}, {4, "-", true}},
                          first.schema()));
  CHECK(rows(traits, "orders", {"id", "name"}) == Lines{"4|Dee"});
}

void merge_replaces_nested_rows(DestinationTraits& traits) {
  if (!merges(traits)) return;
  ScratchFolder folder;
  const LoadPackage first =
      nested_package(folder, "1.000001", "merge", {{1, "Ada", "a"}, {2, "Bob", "b"}, {3, "Cy", "c"}},
                     {{"x", "a", "l1"}, {"y", "a", "l2"}, {"z", "b", "l3"}, {"w", "c", "l4"}});
  load(traits, first);
  CHECK(rows(traits, "orders__lines", {"sku", "_dlt_root_id"}) == Lines{"w|c", "x|a", "y|a", "z|b"});
  // 1 gets another line; 2 loses its only one; 3 is not in the batch.
  load(traits, nested_package(folder, "1.000002", "merge", {{1, "Ada", "a2"}, {2, "Bob", "b2"}}, {{"q", "a2", "l5"}},
                              first.schema()));
  CHECK(rows(traits, "orders", kOrderNames) == Lines{"1|Ada|a2", "2|Bob|b2", "3|Cy|c"});
  CHECK(rows(traits, "orders__lines", {"sku", "_dlt_root_id"}) == Lines{"q|a2", "w|c"});
  CHECK(rows(traits, "orders__lines__tags", {"sku", "_dlt_root_id"}) == Lines{"tag-q|a2", "tag-w|c"});
  // A batch without any nested row.
  load(traits, nested_package(folder, "1.000003", "merge", {{1, "Ada", "a3"}, {3, "Cy", "c3"}}, {}, first.schema()));
  CHECK(rows(traits, "orders__lines", {"sku"}).empty());
  CHECK(rows(traits, "orders__lines__tags", {"sku"}).empty());
}

void merge_dedups_nested_rows(DestinationTraits& traits) {
  if (!merges(traits)) return;
  ScratchFolder folder;
  load(traits, nested_package(folder, "1.000001", "merge", {{1, "first", "a"}, {1, "second", "b"}, {2, "x", "c"}},
                              {{"of-first", "a", "l1"}, {"of-second", "b", "l2"}, {"of-x", "c", "l3"}}));
  CHECK(rows(traits, "orders", {"id", "name"}) == Lines{"1|first", "2|x"});
  CHECK(rows(traits, "orders__lines", {"sku"}) == Lines{"of-first", "of-x"});
  CHECK(rows(traits, "orders__lines__tags", {"sku"}) == Lines{"tag-of-first", "tag-of-x"});
}

void merge_with_hard_delete_and_nested(DestinationTraits& traits) {
  if (!merges(traits)) return;
  ScratchFolder folder;
  const auto package_of = [&](const std::string& load_id, const std::vector<Row>& orders, const std::vector<Row>& lines,
                              Schema schema) {
    TestPackage package(folder.path(), load_id, std::move(schema));
    std::vector<Column> columns = order_columns();
    columns.push_back(column("deleted_at", DataType::kTimestamp, {"hard_delete"}));
    package.table("orders", "merge", columns);
    package.table("orders__lines", "", line_columns(), "orders");
    package.rows("orders", {"id", "deleted_at", "_dlt_id"}, orders);
    package.rows("orders__lines", kLineNames, lines);
    return package.seal();
  };
  const json::Value now = json::Value::of_number(Kind::kTimestamp, 1'700'000'000'000'000);
  const LoadPackage first = package_of("1.000001", {{1, nullptr, "a"}, {2, nullptr, "b"}},
                                       {{"x", "a", "a", 0, "l1"}, {"y", "b", "b", 0, "l2"}}, Schema("shop"));
  load(traits, first);
  load(traits, package_of("1.000002", {{2, now, "c"}}, {{"z", "c", "c", 0, "l3"}}, first.schema()));
  CHECK(rows(traits, "orders", {"id"}) == Lines{"1"});
  CHECK(rows(traits, "orders__lines", {"sku"}) == Lines{"x"});
}

void merge_after_new_columns(DestinationTraits& traits) {
  if (!merges(traits)) return;
  ScratchFolder folder;
  const LoadPackage first = orders_package(folder, "1.000001", "merge", {{1, "Ada", "a"}, {2, "Bob", "b"}});
  load(traits, first);
  TestPackage second(folder.path(), "1.000002", first.schema());
  second.table("orders", "merge", {column("city", DataType::kText)});
  second.rows("orders", {"id", "city", "_dlt_id"}, {{2, "Rome", "c"}});
  load(traits, second.seal());
  CHECK(rows(traits, "orders", {"id", "name", "city"}) == Lines{"1|Ada|null", "2|null|Rome"});
}

void merge_in_several_jobs(DestinationTraits& traits) {
  if (!merges(traits)) return;
  ScratchFolder folder;
  const LoadPackage first = orders_package(folder, "1.000001", "merge", {{1, "Ada", "a"}});
  load(traits, first);
  TestPackage second(folder.path(), "1.000002", first.schema());
  second.rows("orders", kOrderNames, {{1, "Abe", "b"}, {2, "Bob", "c"}});
  second.table("orders", "merge", {column("city", DataType::kText)});  // known from the second job on
  second.rows("orders", {"city", "id", "_dlt_id"}, {{"Rome", 3, "d"}, {"Oslo", 2, "e"}});
  load(traits, second.seal());
  CHECK(rows(traits, "orders", {"id", "name", "city"}) == Lines{"1|Abe|null", "2|Bob|null", "3|null|Rome"});
}

void new_columns_are_null_in_old_rows(DestinationTraits& traits) {
  ScratchFolder folder;
  const LoadPackage first = orders_package(folder, "1.000001", "append", {{1, "Ada", "a"}});
  load(traits, first);
  TestPackage second(folder.path(), "1.000002", first.schema());
  second.table("orders", "append", {column("city", DataType::kText), column("score", DataType::kDouble)});
  second.table("players", "append", {column("nick", DataType::kText)});
  second.rows("orders", {"id", "city", "score", "_dlt_id"}, {{2, "Rome", 0.5, "b"}});
  second.rows("players", {"nick"}, {{"zed"}});
  load(traits, second.seal());
  CHECK(rows(traits, "orders", {"id", "name", "city", "score"}) == Lines{"1|Ada|null|null", "2|null|Rome|0.5"});
  CHECK(rows(traits, "players", {"nick"}) == Lines{"zed"});
}

void loads_and_versions_are_recorded(DestinationTraits& traits) {
  ScratchFolder folder;
  const LoadPackage first = orders_package(folder, "1.000001", "append", {{1, "Ada", "a"}});
  load(traits, first);
  const LoadPackage second = orders_package(folder, "1.000002", "append", {{2, "Bob", "b"}}, first.schema());
  load(traits, second);
  const std::string hash = first.schema().version_hash();
  CHECK(rows(traits, "_dlt_loads", {"load_id", "schema_name", "status", "schema_version_hash"}) ==
        Lines{"1.000001|shop|0|" + hash, "1.000002|shop|0|" + hash});
  CHECK(rows(traits, "_dlt_version", {"schema_name", "version_hash"}) == Lines{"shop|" + hash});
  TestPackage third(folder.path(), "1.000003", first.schema());
  third.table("orders", "append", {column("city", DataType::kText)});
  third.rows("orders", {"id", "city"}, {{3, "Rome"}});
  const LoadPackage changed = third.seal();
  load(traits, changed);
  CHECK(changed.schema().version_hash() != hash);
  CHECK(rows(traits, "_dlt_version", {"version_hash"}).size() == 2);
  const auto destination = connected(traits);
  CHECK(destination->newest_load_id().value() == "1.000003");
  CHECK(destination->is_loaded("1.000002").value());
  CHECK_FALSE(destination->is_loaded("1.000004").value());
}

void same_package_twice_is_loaded_once(DestinationTraits& traits) {
  ScratchFolder folder;
  const LoadPackage package = orders_package(folder, "1.000001", "append", {{1, "Ada", "a"}});
  load(traits, package);
  load(traits, package);
  CHECK(rows(traits, "orders", {"id"}) == Lines{"1"});
  CHECK(rows(traits, "_dlt_loads", {"load_id"}) == Lines{"1.000001"});
}

void rollback_leaves_nothing(DestinationTraits& traits) {
  ScratchFolder folder;
  const LoadPackage first = orders_package(folder, "1.000001", "replace", {{1, "Ada", "a"}});
  load(traits, first);
  TestPackage second(folder.path(), "1.000002", first.schema());
  second.table("orders", "replace", {column("city", DataType::kText)});
  second.table("players", "append", {column("nick", DataType::kText)});
  const Job orders = second.rows("orders", {"id", "city"}, {{2, "Rome"}});
  const Job players = second.rows("players", {"nick"}, {{"zed"}});
  const auto destination = connected(traits);
  must(destination->begin("1.000002"));
  must(destination->migrate(second.schema).status());
  must(destination->load(orders, second.schema, {}));
  must(destination->load(players, second.schema, {}));
  destination->rollback();
  CHECK(rows(traits, "orders", {"id", "name"}) == Lines{"1|Ada"});
  CHECK(traits.rows("players", {"nick"}).value_or(Lines{}).empty());
  CHECK_FALSE(destination->is_loaded("1.000002").value());
  destination->rollback();  // again, and without a transaction: no effect
  // The same connection goes on as if nothing had been.
  must(load_package(second.seal(), *destination, Env::real(), kNoRetry));
  CHECK(rows(traits, "orders", {"id", "city"}) == Lines{"2|Rome"});
  CHECK(rows(traits, "players", {"nick"}) == Lines{"zed"});
}

void rows_are_invisible_until_the_commit(DestinationTraits& traits) {
  if (!traits.isolates()) return;
  ScratchFolder folder;
  const LoadPackage first = orders_package(folder, "1.000001", "append", {{1, "Ada", "a"}});
  load(traits, first);
  const LoadPackage second = orders_package(folder, "1.000002", "append", {{2, "Bob", "b"}}, first.schema());
  const auto destination = connected(traits);
  must(destination->begin("1.000002"));
  must(destination->migrate(second.schema()).status());
  must(destination->load(second.jobs()[0], second.schema(), {}));
  CHECK(rows(traits, "orders", {"id"}) == Lines{"1"});
  CHECK_FALSE(connected(traits)->is_loaded("1.000002").value());
  must(destination->commit({"1.000002", "shop", second.schema().version_hash(), 1'700'000'000'000'000}, second.schema(),
                           {}));
  CHECK(rows(traits, "orders", {"id"}) == Lines{"1", "2"});
  CHECK(connected(traits)->is_loaded("1.000002").value());
}

void state_round_trip(DestinationTraits& traits) {
  ScratchFolder folder;
  Schema schema("shop");
  for (int number = 1; number <= 3; ++number) {
    TestPackage package(folder.path(), "1.00000" + std::to_string(number), schema);
    package.state.resource_state("shop", "orders").set("cursor", number);
    package.state.document()["_local"].set("first_run", false);
    package.state_row();
    load(traits, package.seal());
    schema = package.schema;
  }
  const auto destination = connected(traits);
  const std::optional<PipelineState> state = destination->saved_state("shop").value();
  REQUIRE(state.has_value());
  CHECK(state->document().find_path({"sources", "shop", "resources", "orders", "cursor"})->as_int() == 3);
  CHECK(state->content_hash() == state->version_hash());
  CHECK(state->document().find_path({"_local", "first_run"}) == nullptr);
  CHECK_FALSE(destination->saved_state("another").value().has_value());
}

void schema_round_trip(DestinationTraits& traits) {
  ScratchFolder folder;
  const LoadPackage first = orders_package(folder, "1.000001", "append", {{1, "Ada", "a"}});
  load(traits, first);
  TestPackage second(folder.path(), "1.000002", first.schema());
  second.table("orders", "append", {column("city", DataType::kText)});
  second.rows("orders", {"id", "city"}, {{2, "Rome"}});
  load(traits, second.seal());
  TestPackage other(folder.path(), "1.000003", Schema("other"));
  other.table("players", "append", {column("nick", DataType::kText)});
  other.rows("players", {"nick"}, {{"zed"}});
  load(traits, other.seal());
  const auto destination = connected(traits);
  const std::optional<Schema> schema = destination->saved_schema("shop").value();
  REQUIRE(schema.has_value());
  CHECK(schema->version_hash() == second.schema.version_hash());
  CHECK(schema->content_hash() == second.schema.version_hash());
  CHECK(json::write(schema->to_json()) == json::write(second.schema.to_json()));
  CHECK_FALSE(destination->saved_schema("none").value().has_value());
}

void early_load_then_commit(DestinationTraits& traits) {
  ScratchFolder folder;
  const auto destination = connected(traits);
  if (!destination->capabilities().loads_while_extracting) return;
  TestPackage package(folder.path(), "1.000001");
  PackageLoader loader(*destination, Env::real(), {}, kNoRetry);
  must(loader.begin("1.000001"));
  package.table("orders", "append", order_columns());
  must(loader.add_job(package.rows("orders", {"id", "name"}, {{1, "Ada"}}), package.schema));
  package.table("orders", "append", {column("city", DataType::kText)});
  must(loader.add_job(package.rows("orders", {"id", "city"}, {{2, "Rome"}}), package.schema));
  CHECK(loader.rows_loaded() == 2);
  if (traits.isolates()) CHECK(traits.rows("orders", {"id"}).value_or(Lines{}).empty());
  package.schema.bump();
  must(loader.commit(package.schema));
  CHECK(rows(traits, "orders", {"id", "name", "city"}) == Lines{"1|Ada|null", "2|null|Rome"});
  CHECK(destination->saved_schema("shop").value()->version_hash() == package.schema.version_hash());
}

void early_load_finished_by_the_package(DestinationTraits& traits) {
  ScratchFolder folder;
  const auto destination = connected(traits);
  if (!destination->capabilities().loads_while_extracting) return;
  TestPackage package(folder.path(), "1.000001");
  PackageLoader loader(*destination, Env::real(), {}, kNoRetry);
  must(loader.begin("1.000001"));
  package.table("orders", "append", order_columns());
  must(loader.add_job(package.rows("orders", {"id", "name"}, {{1, "Ada"}}), package.schema));
  package.rows("orders", {"id", "name"}, {{2, "Bob"}});
  must(loader.finish(package.seal()));
  CHECK(rows(traits, "orders", {"id", "name"}) == Lines{"1|Ada", "2|Bob"});
  CHECK(destination->is_loaded("1.000001").value());
}

void cancelled_load_leaves_nothing(DestinationTraits& traits) {
  ScratchFolder folder;
  const LoadPackage first = orders_package(folder, "1.000001", "append", {{1, "Ada", "a"}});
  load(traits, first);
  std::vector<Row> many;
  for (int i = 0; i < 20'000; ++i) many.push_back({i, "x", "y"});
  TestPackage second(folder.path(), "1.000002", first.schema());
  second.rows("orders", kOrderNames, {{2, "Bob", "b"}});
  second.rows("orders", kOrderNames, many);
  const LoadPackage package = second.seal();
  const auto destination = connected(traits);
  std::stop_source stop;
  PackageLoader loader(*destination, Env::real(), stop.get_token(), kNoRetry);
  loader.on_progress([&](const LoadProgress& progress) {
    CHECK(progress.jobs_total == 2);
    stop.request_stop();
  });
  CHECK(loader.load(package).code() == Code::kCancelled);
  CHECK(rows(traits, "orders", {"id"}) == Lines{"1"});
  // The destination itself stops in the middle of a job, too.
  must(destination->begin("1.000002"));
  CHECK(destination->load(package.jobs()[1], package.schema(), stop.get_token()).code() == Code::kCancelled);
  destination->rollback();
  CHECK(rows(traits, "orders", {"id"}) == Lines{"1"});
  must(load_package(package, *destination, Env::real(), kNoRetry));
  CHECK(rows(traits, "orders", {"id"}).size() == 20'002);
}

void damaged_job_leaves_nothing(DestinationTraits& traits) {
  ScratchFolder folder;
  const LoadPackage first = orders_package(folder, "1.000001", "append", {{1, "Ada", "a"}});
  load(traits, first);
  std::vector<Row> many;
  for (int i = 0; i < 5000; ++i) many.push_back({i, "some text that fills the file", "y"});
  TestPackage second(folder.path(), "1.000002", first.schema());
  second.rows("orders", kOrderNames, many);
  const LoadPackage package = second.seal();
  // In the last block, so that rows before it are in the transaction already.
  std::string bytes = Env::real().read_file(package.jobs()[0].path).value();
  bytes[bytes.size() - 100] = static_cast<char>(bytes[bytes.size() - 100] ^ 1);
  must(Env::real().write_file(package.jobs()[0].path, bytes));
  const auto destination = connected(traits);
  const Status status = load_package(package, *destination, Env::real(), kNoRetry);
  CHECK(status.code() == Code::kPackageCorrupt);
  CHECK(status.render().find(package.folder().string()) != std::string::npos);
  CHECK(rows(traits, "orders", {"id"}) == Lines{"1"});
  CHECK_FALSE(destination->is_loaded("1.000002").value());
}

void types_round_trip(DestinationTraits& traits) {
  ScratchFolder folder;
  struct Sample {
    std::string name;
    DataType type;
    json::Value value;
    std::string usual;
  };
  const std::vector<Sample> samples = {
      {"text", DataType::kText, "a 'quoted' \"text\" of ünïcode \xF0\x9F\x8E\xB2",
       "a 'quoted' \"text\" of ünïcode \xF0\x9F\x8E\xB2"},
      {"empty", DataType::kText, "", ""},
      {"integer", DataType::kBigint, std::int64_t{-9007199254740993}, "-9007199254740993"},
      {"greatest", DataType::kBigint, INT64_MAX, "9223372036854775807"},
      {"least", DataType::kBigint, INT64_MIN, "-9223372036854775808"},
      {"double", DataType::kDouble, 0.1, "0.1"},
      {"bool", DataType::kBool, true, "true"},
      {"timestamp", DataType::kTimestamp, json::Value::of_number(Kind::kTimestamp, 1'704'164'645'678'000),
       "2024-01-02 03:04:05.678000"},
      {"date", DataType::kDate, json::Value::of_number(Kind::kDate, 19724), "2024-01-02"},
      {"time", DataType::kTime, json::Value::of_number(Kind::kTime, 11'045'678'000), "03:04:05.678000"},
      {"decimal", DataType::kDecimal, json::Value::of_text(Kind::kDecimal, "12.50"), "12.50"},
      {"wei", DataType::kWei, json::Value::of_text(Kind::kDecimal, "100000000000000000"), "100000000000000000"},
      {"binary", DataType::kBinary,
       json::Value::of_text(Kind::kBinary, std::string("\x01\x02"
                                                       "abc",
                                                       5)),
       "\x01\x02"
       "abc"},
      {"json", DataType::kJson, R"({"a":[1,2.5,null,"é"]})", R"({"a":[1,2.5,null,"é"]})"},
      {"nothing", DataType::kDouble, nullptr, "null"},
  };
  TestPackage package(folder.path(), "1.000001");
  std::vector<Column> columns;
  std::vector<std::string> names;
  Row row;
  for (const Sample& sample : samples) {
    columns.push_back(column(sample.name, sample.type));
    names.push_back(sample.name);
    row.push_back(sample.value);
  }
  package.table("samples", "append", columns);
  package.rows("samples", names, {row});
  load(traits, package.seal());
  for (const Sample& sample : samples) {
    CHECK(rows(traits, "samples", {sample.name}) == Lines{traits.reads_back(sample.name, sample.usual)});
  }
}

void odd_names(DestinationTraits& traits) {
  ScratchFolder folder;
  const std::vector<std::string> names = {"order", "group",     "select", "rowid", "c0",    "a$b",        "_x",
                                          "table", "returning", "values", "index", "limit", "_1st_place", "no"};
  TestPackage package(folder.path(), "1.000001");
  std::vector<Column> columns;
  Row row;
  for (const std::string& name : names) {
    columns.push_back(column(name, DataType::kText));
    row.push_back("value of " + name);
  }
  for (const std::string table : {"order", "rowid", "lode_rows", "main", "_tab$le"}) {
    package.table(table, "append", columns);
    package.rows(table, names, {row});
  }
  load(traits, package.seal());
  for (const std::string table : {"order", "rowid", "lode_rows", "main", "_tab$le"}) {
    for (const std::string& name : names) CHECK(rows(traits, table, {name}) == Lines{"value of " + name});
  }
}

}  // namespace lode::test::suite
