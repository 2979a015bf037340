// What every destination must do.
#include <algorithm>

#include "conformance/suite_parts.h"
#include "json/write.h"

namespace lode::test::suite {

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

void queries_find_rows(DestinationTraits& traits) {
  ScratchFolder folder;
  if (!traits.has_queries()) {
    CHECK(connected(traits)->query("SELECT 1", {}).status().code() == Code::kDestinationRefused);
    return;
  }
  load(traits, orders_package(folder, "1.000001", "append", {{1, "Ada", "a"}, {2, nullptr, "b"}, {3, "Cy", "c"}}));
  const auto destination = connected(traits);
  const auto found = destination->query("SELECT id, name, 1.5 AS half FROM orders WHERE id < $1 ORDER BY id DESC", {3});
  INFO(found.status().render());
  REQUIRE(found.ok());
  QueryRows& rows = **found;
  CHECK(rows.columns() == Lines{"id", "name", "half"});
  REQUIRE(rows.next().value());
  CHECK(rows.value(0) == json::Value(2));
  CHECK(rows.value(1).is_null());
  REQUIRE(rows.next().value());
  CHECK(rows.value(1) == json::Value("Ada"));
  CHECK_FALSE(rows.next().value());

  CHECK_FALSE(destination->query("SELECT nothing FROM orders", {}).ok());
  // One that is left in the middle does not harm the next.
  REQUIRE((*destination->query("SELECT id FROM orders", {}))->next().value());
  const auto none = destination->query("SELECT id FROM orders WHERE name = $1", {"Nobody"});
  CHECK((*none)->columns() == Lines{"id"});
  CHECK_FALSE((*none)->next().value());
}

// "orders: id, name"
static Lines show(const SchemaChange& change) {
  Lines lines;
  for (const SchemaChange::TableChange& table : change.tables) {
    std::string line = table.table + (table.is_new ? " is new:" : ":");
    for (const Column& column : table.columns) line += " " + column.name();
    lines.push_back(std::move(line));
  }
  return lines;
}

void a_plan_is_what_migrating_does(DestinationTraits& traits) {
  ScratchFolder folder;
  const auto planned = [&](const Schema& schema) {
    const auto looking = traits.open();
    must(looking->connect_read_only());
    const MigrationPlan plan = looking->plan_migration(schema).value();
    CHECK(plan.statements.empty() == plan.change.empty());
    return show(plan.change);
  };
  const auto migrated = [&](const Schema& schema) {
    const auto destination = connected(traits);
    must(destination->begin("1.000009"));
    const Lines change = show(destination->migrate(schema).value());
    destination->rollback();
    return change;
  };
  const LoadPackage first = nested_package(folder, "1.000001", "append", {{1, "Ada", "a"}}, {{"x", "a", "l1"}});
  CHECK(planned(first.schema()).empty() != traits.has_ddl());
  CHECK(planned(first.schema()) == migrated(first.schema()));
  CHECK_FALSE(traits.rows("orders", {"id"}).has_value());
  load(traits, first);
  CHECK(planned(first.schema()).empty());
  Schema more = first.schema();
  more.find_table("orders")->merge_column(column("city", DataType::kText, {"unique"}));
  CHECK(planned(more) == (traits.has_ddl() ? Lines{"orders: city"} : Lines()));
  CHECK(planned(more) == migrated(more));
  CHECK(rows(traits, "orders", {"id"}) == Lines{"1"});
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

// Two runs that read the same cursors: only one of them is loaded, whichever comes first.
void overtaken_package_is_refused(DestinationTraits& traits) {
  ScratchFolder folder;
  Schema schema("shop");
  const auto package = [&](const std::string& load_id, const std::string& follows, int cursor) {
    TestPackage made(folder.path(), load_id, schema, follows);
    made.table("orders", "append", order_columns());
    made.rows("orders", {"id"}, {{cursor}});
    made.state.resource_state("shop", "orders").set("cursor", cursor);
    made.state_row();
    return made.seal();
  };
  const LoadPackage first = package("1.000001", "", 1);
  schema = first.schema();
  const LoadPackage as_first_too = package("1.000002", "", 2);
  load(traits, first);
  const auto destination = connected(traits);
  const Status refused = load_package(as_first_too, *destination, Env::real(), {.attempts_max = 3});
  CHECK(refused.code() == Code::kOvertaken);
  CHECK(refused.message().find("another run of pipeline 'shop' was committed") != std::string::npos);
  CHECK(rows(traits, "orders", {"id"}) == Lines{"1"});
  CHECK_FALSE(destination->is_loaded("1.000002").value());
  load(traits, package("1.000003", first.state().content_hash(), 3));
  CHECK(rows(traits, "orders", {"id"}) == Lines{"1", "3"});
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
  for (int i = 0; i < 20'000; ++i) many.push_back({i, "x", "y" + std::to_string(i)});
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
  for (int i = 0; i < 5000; ++i) many.push_back({i, "some text that fills the file", "y" + std::to_string(i)});
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
