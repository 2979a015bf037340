// Reading what was loaded: connections that are used again, schemas that grow, rows page by page.
#include "runtime/dataset_reader.h"

#include "destinations/builtin.h"
#include "load/loader.h"
#include "support/catch.h"
#include "support/postgres_server.h"
#include "support/scratch.h"
#include "support/test_package.h"

using namespace lode;
using namespace lode::test;

namespace {

constexpr LoadRetry kNoRetry{.attempts_max = 1};

// Loads rows {id, …} into table `name` of the dataset.
Schema load(const json::Value& destination, const ScratchFolder& folder, const std::string& load_id,
            const std::string& name, const std::vector<std::string>& columns, const std::vector<Row>& rows,
            Schema schema = Schema("shop")) {
  TestPackage package(folder.path(), load_id, std::move(schema));
  std::vector<Column> made;
  for (const std::string& one : columns) made.push_back(column(one, DataType::kBigint));
  package.table(name, "append", made);
  package.rows(name, columns, rows);
  const LoadPackage sealed = package.seal();
  const auto opened = make_destination(destination, "shop_data", Env::real());
  REQUIRE((*opened)->connect().ok());
  const Status loaded = load_package(sealed, **opened, Env::real(), kNoRetry);
  INFO(loaded.render());
  REQUIRE(loaded.ok());
  return sealed.schema();
}

std::vector<Row> numbers(int count) {
  std::vector<Row> rows;
  for (int i = 0; i < count; ++i) rows.push_back({i});
  return rows;
}

json::Value table(const std::string& name) { return json::Value::object({{"table", name}}); }
json::Value sql(const std::string& text) { return json::Value::object({{"sql", text}}); }

std::unique_ptr<DatasetRows> ask(DatasetReader& reader, const json::Value& question) {
  Result<std::unique_ptr<DatasetRows>> rows = reader.ask(question, {});
  INFO(rows.status().render());
  REQUIRE(rows.ok());
  return std::move(*rows);
}

// Rows of each page.
std::vector<std::size_t> pages(DatasetRows& rows) {
  std::vector<std::size_t> sizes;
  for (;;) {
    Result<std::optional<Page>> page = rows.next_page();
    INFO(page.status().render());
    REQUIRE(page.ok());
    if (!*page) return sizes;
    sizes.push_back((*page)->rows.rows.size());
  }
}

}  // namespace

TEST_CASE("rows come in pages, several questions at a time") {
  ScratchFolder folder;
  const json::Value destination = "sqlite:///" + (folder.path() / "shop.db").string();
  load(destination, folder, "1.000001", "numbers", {"id"}, numbers(5000));
  const auto reader = DatasetReader::make(destination, "shop_data", "", Env::real());
  const auto first = ask(*reader, table("numbers"));
  const auto second = ask(*reader, sql("SELECT id, id FROM numbers LIMIT 3"));
  CHECK(second->columns() == std::vector<std::string>{"id", "id_2"});
  CHECK(pages(*second) == std::vector<std::size_t>{3});
  CHECK(pages(*first) == std::vector<std::size_t>{100, 2000, 2000, 900});
  CHECK(first->next_page().value() == std::nullopt);
  // One that is left in the middle.
  { CHECK(ask(*reader, table("numbers"))->next_page().value()->rows.rows.size() == 100); }
  CHECK(pages(*ask(*reader, sql("SELECT 1"))) == std::vector<std::size_t>{1});
}

TEST_CASE("tables and columns of later loads are found") {
  ScratchFolder folder;
  const json::Value destination = "sqlite:///" + (folder.path() / "shop.db").string();
  const auto reader = DatasetReader::make(destination, "shop_data", "", Env::real());
  CHECK(reader->ask(table("numbers"), {}).status().code() == Code::kQueryUnknown);
  const Schema schema = load(destination, folder, "1.000001", "numbers", {"id"}, numbers(1));
  CHECK(pages(*ask(*reader, table("numbers"))).size() == 1);
  load(destination, folder, "1.000002", "others", {"id"}, numbers(2), schema);
  CHECK(reader->sql_of(table("others")).value() == "SELECT * FROM main.others AS \"others\"");
  const auto counts = ask(*reader, json::Value::object({{"count", json::Value::object()}}));
  const Page page = counts->next_page().value().value();
  REQUIRE(page.rows.rows.size() == 2);
  CHECK(json::to_value(page.rows.rows[1]) == json::Value::object({{"table_name", "others"}, {"row_count", 2}}));
}

TEST_CASE("a query that fails or is stopped leaves the reader usable") {
  ScratchFolder folder;
  const json::Value destination = "sqlite:///" + (folder.path() / "shop.db").string();
  load(destination, folder, "1.000001", "numbers", {"id"}, numbers(10));
  const auto reader = DatasetReader::make(destination, "shop_data", "", Env::real());
  CHECK(reader->ask(sql("SELECT nothing"), {}).status().code() == Code::kDestinationRefused);
  CHECK(reader->ask(sql("DELETE FROM numbers"), {}).status().code() == Code::kDestinationReadOnly);
  std::stop_source stop;
  const auto stopped = reader->ask(table("numbers"), stop.get_token());
  stop.request_stop();
  CHECK((*stopped)->next_page().status().code() == Code::kCancelled);
  CHECK(pages(*ask(*reader, table("numbers"))) == std::vector<std::size_t>{10});
}

TEST_CASE("a connection that the server has closed is opened again") {
  ScratchFolder folder;
  const json::Value destination = PostgresServer::get().url();
  const auto reader = DatasetReader::make(destination, "shop_data", "", Env::real());
  load(destination, folder, "1.000001", "numbers", {"id"}, numbers(3));
  CHECK(pages(*ask(*reader, table("numbers"))) == std::vector<std::size_t>{3});
  PostgresSession session;
  session.run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = "
      "current_database()");
  CHECK(pages(*ask(*reader, table("numbers"))) == std::vector<std::size_t>{3});
}
