// The suite: what replaces rows, and what drops and empties tables.
#include "conformance/suite_parts.h"

namespace lode::test::suite {

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

static std::vector<ReplaceStrategy> strategies(DestinationTraits& traits) {
  return traits.open()->capabilities().replace_strategies;
}

// With every strategy a package replaces a table and its nested tables: those that have rows and those that have none,
// with new columns and without.
void replace_by_every_strategy(DestinationTraits& traits) {
  ScratchFolder folder;
  Schema schema("shop");
  int number = 0;
  const auto next_id = [&] { return "1.00000" + std::to_string(++number); };
  for (const ReplaceStrategy strategy : strategies(traits)) {
    traits.replace_strategy = replace_strategy_name(strategy);
    INFO(traits.replace_strategy);
    const LoadPackage first = nested_package(folder, next_id(), "replace", {{1, "Ada", "a"}, {2, "Bob", "b"}},
                                             {{"x", "a", "l1"}, {"y", "a", "l2"}}, schema);
    load(traits, first);
    CHECK(rows(traits, "orders", {"id", "name"}) == Lines{"1|Ada", "2|Bob"});
    CHECK(rows(traits, "orders__lines", {"sku"}) == Lines{"x", "y"});
    CHECK(rows(traits, "orders__lines__tags", {"sku"}) == Lines{"tag-x", "tag-y"});

    const std::string added = "added_" + std::to_string(number);
    TestPackage second(folder.path(), next_id(), first.schema());
    second.table("orders", "replace", {column(added, DataType::kText)});
    second.rows("orders", {"id", "_dlt_id"}, {{3, "c"}});
    second.rows("orders", {"id", added, "_dlt_id"}, {{4, "new", "d"}});
    const LoadPackage sealed = second.seal();
    load(traits, sealed);
    CHECK(rows(traits, "orders", {"id", "name", added}) == Lines{"3|null|null", "4|null|new"});
    CHECK(rows(traits, "orders__lines", {"sku"}).empty());
    CHECK(rows(traits, "orders__lines__tags", {"sku"}).empty());
    schema = sealed.schema();

    // The same connection replaces once more, and the tables are as good as those before.
    const auto destination = connected(traits);
    for (const char* name : {"Cy", "Di"}) {
      const LoadPackage again =
          nested_package(folder, next_id(), "replace", {{5, name, "e"}}, {{"z", "e", "l3"}}, schema);
      must(load_package(again, *destination, Env::real(), kNoRetry));
      schema = again.schema();
      CHECK(rows(traits, "orders", {"id", "name"}) == Lines{std::string("5|") + name});
      CHECK(rows(traits, "orders__lines", {"sku"}) == Lines{"z"});
    }
  }
}

// Strategies that stage let readers go on until the commit, and a rollback leaves what was there.
void staged_replace_keeps_readers_going(DestinationTraits& traits) {
  if (!traits.isolates()) return;
  ScratchFolder folder;
  const LoadPackage first = nested_package(folder, "1.000001", "replace", {{1, "Ada", "a"}}, {{"x", "a", "l1"}});
  load(traits, first);
  Schema schema = first.schema();
  for (const ReplaceStrategy strategy : strategies(traits)) {
    if (strategy == ReplaceStrategy::kTruncateAndInsert) continue;
    traits.replace_strategy = replace_strategy_name(strategy);
    INFO(traits.replace_strategy);
    const LoadPackage second = nested_package(folder, strategy == ReplaceStrategy::kInsertFromStaging ? "2" : "3",
                                              "replace", {{2, "Bob", "b"}}, {}, schema);
    const auto destination = connected(traits);
    must(destination->begin(second.load_id()));
    must(destination->migrate(second.schema()).status());
    for (const Job& job : second.jobs()) must(destination->load(job, second.schema(), {}));
    CHECK(rows(traits, "orders", {"id"}) == Lines{"1"});
    destination->rollback();
    CHECK(rows(traits, "orders", {"id"}) == Lines{"1"});
    CHECK(rows(traits, "orders__lines", {"sku"}) == Lines{"x"});
  }
}

void dropped_tables_are_made_anew(DestinationTraits& traits) {
  ScratchFolder folder;
  const LoadPackage first = nested_package(folder, "1.000001", "append", {{1, "Ada", "a"}}, {{"x", "a", "l1"}});
  load(traits, first);
  TestPackage second(folder.path(), "1.000002", Schema("shop"));
  second.table("orders", "append", {column("id", DataType::kText)});  // another type than before
  const Job job = second.rows("orders", {"id"}, {{"one"}});
  const LoadPackage sealed = second.seal();
  const std::vector<std::string> tables = {"orders", "orders__lines", "orders__lines__tags", "never_made"};
  const auto destination = connected(traits);
  for (const bool commits : {false, true}) {
    must(destination->begin("1.000002"));
    must(destination->drop_tables(tables, "shop"));
    must(destination->migrate(sealed.schema()).status());
    must(destination->load(sealed.jobs()[0], sealed.schema(), {}));
    if (commits) {
      must(destination->commit({"1.000002", "shop", sealed.schema().version_hash(), 1'700'000'000'000'000},
                               sealed.schema(), {}));
    } else {
      destination->rollback();
      CHECK(rows(traits, "orders", {"id", "name"}) == Lines{"1|Ada"});
      CHECK(rows(traits, "orders__lines", {"sku"}) == Lines{"x"});
      CHECK(destination->saved_schema("shop").value()->version_hash() == first.schema().version_hash());
    }
  }
  CHECK(rows(traits, "orders", {"id"}) == Lines{"one"});
  CHECK_FALSE(traits.rows("orders__lines", {"sku"}).has_value());
  CHECK(rows(traits, "_dlt_version", {"version_hash"}) == Lines{sealed.schema().version_hash()});
}

void emptied_tables_take_new_rows(DestinationTraits& traits) {
  ScratchFolder folder;
  const LoadPackage first = nested_package(folder, "1.000001", "append", {{1, "Ada", "a"}}, {{"x", "a", "l1"}});
  load(traits, first);
  const LoadPackage second = orders_package(folder, "1.000002", "append", {{2, "Bob", "b"}}, first.schema());
  const auto destination = connected(traits);
  must(destination->begin("1.000002"));
  must(destination->empty_tables({"orders", "orders__lines", "never_made"}));
  must(destination->migrate(second.schema()).status());
  must(destination->load(second.jobs()[0], second.schema(), {}));
  must(destination->commit({"1.000002", "shop", second.schema().version_hash(), 1'700'000'000'000'000}, second.schema(),
                           {}));
  CHECK(rows(traits, "orders", {"id"}) == Lines{"2"});
  CHECK(rows(traits, "orders__lines", {"sku"}).empty());
  CHECK(rows(traits, "orders__lines__tags", {"sku"}) == Lines{"tag-x"});
}

}  // namespace lode::test::suite
