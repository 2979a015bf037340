// What every destination that can merge must do.
#include "conformance/merged_resource.h"

namespace lode::test::suite {

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

void merge_with_null_keys(DestinationTraits& traits) {
  if (!merges(traits)) return;
  SECTION("a primary key") {
    MergedResource t(traits, R"({"name": "t", "write_disposition": "merge", "primary_key": ["a", "b"],
      "columns": {"b": {"nullable": true}}})");
    t.run(R"([{"a": 1, "b": 1, "v": 1}, {"a": 2, "b": null, "v": 1}])");
    t.run(R"([{"a": 1, "b": 1, "v": 2}, {"a": 2, "b": null, "v": 2}])");  // null is no known value
    CHECK(t.rows("t", {"a", "b", "v"}) == Lines{"1|1|2", "2|null|1", "2|null|2"});
  }
  SECTION("a merge key of scd2") {
    MergedResource t(traits, R"({"name": "t", "merge_key": "a", "columns": {"a": {"nullable": true}},
      "write_disposition": {"disposition": "merge", "strategy": "scd2"}})");
    t.run(R"([{"a": 1, "v": 1}, {"a": null, "v": 1}])");
    t.run(R"([{"a": 1, "v": 2}, {"a": null, "v": 2}])");
    CHECK(t.rows("t", {"a", "v", "_dlt_valid_to"}) ==
          Lines{"1|1|" + t.time_of_run(2), "1|2|null", "null|1|null", "null|2|null"});
  }
}

}  // namespace lode::test::suite
