// Normalized rows in the job files of a package: read back, over several files and pages.
#include <map>

#include "format/row_file.h"
#include "json/parse.h"
#include "json/write.h"
#include "normalize/normalizer.h"
#include "support/catch.h"
#include "support/normalize_case.h"
#include "support/scratch.h"

using namespace lode;

namespace {

// Rows of all files of a package, by table.
std::map<std::string, std::vector<std::string>> read_jobs(const std::vector<Job>& jobs) {
  std::map<std::string, std::vector<std::string>> rows;
  for (const Job& job : jobs) {
    auto reader = *RowFileReader::open(Env::real(), job.path);
    for (;;) {
      const RowFileReader::Event event = *reader->next();
      if (event == RowFileReader::Event::kEnd) break;
      if (event != RowFileReader::Event::kRow) continue;
      json::Value row = json::Value::object();
      for (std::size_t i = 0; i < reader->cells().size(); ++i) {
        if (!is_dlt_name(reader->columns()[i].name))
          row.set(reader->columns()[i].name, json::to_value(json::Ref(&reader->cells()[i])));
      }
      rows[job.table].push_back(json::write(row));
    }
  }
  return rows;
}

}  // namespace

TEST_CASE("rows and late columns reach the files, also those begun after a rotation") {
  test::ScratchFolder folder;
  auto package = *PackageWriter::create(Env::real(), folder.path(), "1.0", {.file_bytes_max = 1});
  Schema schema("s");
  Normalizer normalizer(*Naming::make("snake_case", 0), schema, *package, {.load_id = "1.0"});
  const auto add = [&](std::string text) {
    const auto document = *json::Parser().parse(std::move(text));
    const Status status = normalizer.add("t", rows_of(document, document->root(0)));
    INFO(status.render());
    REQUIRE(status.ok());
  };
  add(R"([{"id":1,"l":[1]},{"id":2,"name":"b"}])");
  add(R"([{"id":3,"at":"2024-01-02T03:04:05Z"}])");
  REQUIRE(normalizer.finish().ok());
  REQUIRE(package->close_files().ok());
  CHECK(package->jobs().size() == 3);
  auto rows = read_jobs(package->jobs());
  CHECK(rows["t"] == std::vector<std::string>{R"({"id":1})", R"({"id":2,"name":"b"})",
                                              R"({"id":3,"name":null,"at":"2024-01-02T03:04:05+00:00"})"});
  CHECK(rows["t__l"] == std::vector<std::string>{R"({"value":1})"});
}

TEST_CASE("table names that cannot be names of files are refused") {
  test::ScratchFolder folder;
  auto package = *PackageWriter::create(Env::real(), folder.path(), "1.0", {});
  Schema schema("s", "direct");
  Normalizer normalizer(*Naming::make("direct", 0), schema, *package, {.load_id = "1.0"});
  const auto document = *json::Parser().parse(R"([{"../x":[1]}])");
  const Status status = normalizer.add("t", rows_of(document, document->root(0)));
  CHECK(status.code() == Code::kSchemaInvalid);
}
