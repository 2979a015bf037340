// Load packages: what was sealed is opened again, whole or not at all.
#include "package/load_package.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/cells.h"
#include "support/scratch.h"

using namespace lode;
using namespace lode::test;
using json::Cell;

namespace {

Env& env() { return Env::real(); }

std::unique_ptr<PackageWriter> create(const Path& folder, const std::string& load_id,
                                      PackageWriter::Options options = {}) {
  auto writer = PackageWriter::create(env(), folder, load_id, std::move(options));
  REQUIRE(writer.ok());
  return std::move(*writer);
}

void write_rows(PackageWriter& package, const std::string& table, int count, std::string_view text = "some text") {
  const PackageWriter::Target target = package.writer_for(table).value();
  if (target.is_fresh) {
    REQUIRE(target.writer->add_column({"id", DataType::kBigint}).ok());
    REQUIRE(target.writer->add_column({"text", DataType::kText}).ok());
  }
  for (int i = 0; i < count; ++i) REQUIRE(target.writer->write(std::vector<Cell>{int_cell(i), text_cell(text)}).ok());
  REQUIRE(package.rotate_if_full(table).ok());
}

Schema sample_schema() {
  Schema schema("shop");
  Table table("orders");
  table.merge_column(Column("id", DataType::kBigint, false));
  table.merge_column(Column("text", DataType::kText));
  table.props().set("write_disposition", "append");
  table.props().set("resource", "orders");
  schema.add_table(table);
  schema.bump();
  return schema;
}

PipelineState sample_state() {
  PipelineState state("shop");
  state.resource_state("shop", "orders")
      .set("cursor", json::Value::of_number(json::Kind::kTimestamp, 1'700'000'000'000'000));
  state.document()["_local"].set("first_run", false);
  state.bump();
  return state;
}

// A sealed package with two tables. Its folder.
Path sealed(const ScratchFolder& folder, const std::string& load_id = "100.000001") {
  auto writer = create(folder.path(), load_id);
  write_rows(*writer, "orders", 3);
  write_rows(*writer, "lines", 2);
  REQUIRE(writer->seal(sample_schema(), sample_state()).ok());
  return writer->sealed_folder();
}

Path some_job(const Path& folder, std::string_view table) {
  for (const auto& entry : std::filesystem::directory_iterator(folder / "jobs")) {
    if (entry.path().filename().string().rfind(std::string(table) + ".", 0) == 0) return entry.path();
  }
  FAIL("no job of " << table);
  return {};
}

std::vector<std::string> files_below(const Path& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path().filename().string());
  }
  return files;
}

}  // namespace

TEST_CASE("package: what is sealed is opened again") {
  ScratchFolder folder;
  const Path path = sealed(folder);
  CHECK(path == folder / "load" / "normalized" / "100.000001");
  const Result<LoadPackage> package = LoadPackage::open(env(), path);
  REQUIRE(package.ok());
  CHECK(package->load_id() == "100.000001");
  CHECK(package->folder() == path);
  CHECK(package->created_at_us() > 0);
  CHECK(package->schema().version_hash() == sample_schema().version_hash());
  CHECK(package->state().content_hash() == sample_state().content_hash());
  CHECK(package->state().document().find_path({"_local", "first_run"})->as_bool() == false);
  REQUIRE(package->jobs().size() == 2);
  CHECK(package->jobs()[0].table == "lines");
  CHECK(package->jobs()[1].table == "orders");
  CHECK(package->jobs()[1].rows == 3);
  CHECK(package->jobs()[1].bytes == std::filesystem::file_size(package->jobs()[1].path));
  auto reader = RowFileReader::open(env(), package->jobs()[1].path);
  REQUIRE(reader.ok());
  CHECK((*reader)->row_count() == 3);
  CHECK(std::filesystem::is_empty(folder / "load" / "new"));
}

TEST_CASE("package: job file names follow dlt's grammar") {
  ScratchFolder folder;
  auto writer = create(folder.path(), "1.0");
  write_rows(*writer, "orders__lines", 1);
  REQUIRE(writer->close_files().ok());
  const std::string name = writer->jobs().front().file_name;
  CHECK(name.size() == std::string("orders__lines.0123456789.0.rows").size());
  CHECK(name.rfind("orders__lines.", 0) == 0);
  CHECK(name.substr(name.size() - 7) == ".0.rows");
  const std::string id = name.substr(14, 10);
  CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
}

TEST_CASE("package: files rotate by size and are handed on when they are complete") {
  ScratchFolder folder;
  std::vector<Job> handed;
  std::uint64_t rows_seen = 0;
  PackageWriter::Options options;
  options.file_bytes_max = 100'000;
  options.on_job = [&](const Job& job) {
    handed.push_back(job);
    // A job can be read as soon as it is handed on.
    auto reader = RowFileReader::open(env(), job.path);
    REQUIRE(reader.ok());
    rows_seen += (*reader)->row_count();
  };
  auto writer = create(folder.path(), "1.0", std::move(options));
  for (int page = 0; page < 20; ++page) write_rows(*writer, "orders", 1000, "a text of thirty bytes, more or");
  CHECK(handed.size() >= 5);
  CHECK(writer->row_counts().at("orders") == 20'000);
  REQUIRE(writer->close_files().ok());
  CHECK(rows_seen == 20'000);
  CHECK(writer->row_counts().at("orders") == 20'000);
  std::set<std::string> names;
  std::uint64_t bytes = 0;
  for (const Job& job : handed) {
    names.insert(job.file_name);
    bytes += job.bytes;
  }
  CHECK(names.size() == handed.size());
  CHECK(writer->bytes() == bytes);
  REQUIRE(writer->seal(sample_schema(), sample_state()).ok());
  const Result<LoadPackage> package = LoadPackage::open(env(), writer->sealed_folder());
  REQUIRE(package.ok());
  REQUIRE(package->jobs().size() == handed.size());
  for (std::size_t i = 0; i < handed.size(); ++i) CHECK(package->jobs()[i].file_name == handed[i].file_name);
}

TEST_CASE("package: more open files than are kept unsynced") {
  ScratchFolder folder;
  auto writer = create(folder.path(), "1.0");
  for (int i = 0; i < 50; ++i) write_rows(*writer, "table_" + std::to_string(i), 1);
  REQUIRE(writer->seal(sample_schema(), sample_state()).ok());
  const Result<LoadPackage> package = LoadPackage::open(env(), writer->sealed_folder());
  REQUIRE(package.ok());
  CHECK(package->jobs().size() == 50);
}

TEST_CASE("package: a table without rows has a job without rows") {
  ScratchFolder folder;
  auto writer = create(folder.path(), "1.0");
  CHECK(writer->is_empty());
  REQUIRE(writer->writer_for("orders").ok());
  CHECK_FALSE(writer->is_empty());
  REQUIRE(writer->seal(sample_schema(), sample_state()).ok());
  const Result<LoadPackage> package = LoadPackage::open(env(), writer->sealed_folder());
  REQUIRE(package.ok());
  REQUIRE(package->jobs().size() == 1);
  CHECK(package->jobs()[0].rows == 0);
}

TEST_CASE("package: dropping the writer before it is sealed leaves nothing") {
  ScratchFolder folder;
  {
    auto writer = create(folder.path(), "1.0");
    write_rows(*writer, "orders", 3);
  }
  CHECK(files_below(folder.path()).empty());
}

TEST_CASE("package: the sealed package outlives its writer") {
  ScratchFolder folder;
  CHECK(LoadPackage::open(env(), sealed(folder)).ok());
}

TEST_CASE("package: pending packages, oldest first; what a crash left unfinished is deleted") {
  ScratchFolder folder;
  CHECK(LoadPackage::pending(env(), folder.path())->empty());
  sealed(folder, "100.000002");
  sealed(folder, "100.000001");
  std::filesystem::create_directories(folder / "load" / "new" / "100.000003" / "jobs");
  const std::vector<Path> pending = *LoadPackage::pending(env(), folder.path());
  REQUIRE(pending.size() == 2);
  CHECK(pending[0].filename() == "100.000001");
  CHECK(pending[1].filename() == "100.000002");
  CHECK_FALSE(std::filesystem::exists(folder / "load" / "new" / "100.000003"));
}

TEST_CASE("package: after the commit it is removed, also when a crash comes between") {
  ScratchFolder folder;
  sealed(folder, "100.000001");
  Result<LoadPackage> package = LoadPackage::open(env(), folder / "load" / "normalized" / "100.000001");
  REQUIRE(package.ok());
  REQUIRE(package->remove(env()).ok());
  CHECK(LoadPackage::pending(env(), folder.path())->empty());

  const Path interrupted = sealed(folder, "100.000002");
  std::filesystem::remove(interrupted / "manifest.json");
  CHECK(LoadPackage::pending(env(), folder.path())->empty());
  CHECK_FALSE(std::filesystem::exists(interrupted));
}

TEST_CASE("package: a damaged package is refused, and says what is wrong") {
  ScratchFolder folder;
  const Path path = sealed(folder);
  const auto refusal = [&] {
    const Status status = LoadPackage::open(env(), path).status();
    CHECK(status.code() == Code::kPackageCorrupt);
    CHECK(status.message().find(path.string()) != std::string::npos);
    return status.render();
  };
  SECTION("a job file is missing") {
    std::filesystem::remove(some_job(path, "orders"));
    CHECK(refusal().find("is missing") != std::string::npos);
  }
  SECTION("a job file is cut off") {
    const Path job = some_job(path, "orders");
    std::filesystem::resize_file(job, std::filesystem::file_size(job) - 1);
    CHECK(refusal().find("bytes instead of") != std::string::npos);
  }
  SECTION("a job file was exchanged") {
    ScratchFolder other;
    auto writer = create(other.path(), "1.0");
    write_rows(*writer, "orders", 3, "some tex!");
    REQUIRE(writer->close_files().ok());
    std::filesystem::copy_file(writer->jobs().front().path, some_job(path, "orders"),
                               std::filesystem::copy_options::overwrite_existing);
    CHECK(refusal().find("not the one that was sealed") != std::string::npos);
  }
  SECTION("any byte of the manifest is changed, or its end is missing") {
    const std::string manifest = *env().read_file(path / "manifest.json");
    for (std::size_t at = 0; at < manifest.size(); at += 7) {
      std::string changed = manifest;
      changed[at] = static_cast<char>(changed[at] ^ 1);
      REQUIRE(env().write_file(path / "manifest.json", changed).ok());
      refusal();
    }
    for (const std::size_t size : {std::size_t{0}, std::size_t{5}, manifest.size() / 2, manifest.size() - 1}) {
      REQUIRE(env().write_file(path / "manifest.json", manifest.substr(0, size)).ok());
      refusal();
    }
  }
  SECTION("there is no manifest") {
    std::filesystem::remove(path / "manifest.json");
    refusal();
  }
}

TEST_CASE("package: what is to be dropped and emptied is sealed with it") {
  const ScratchFolder folder;
  auto writer = create(folder.path(), "1.000001");
  write_rows(*writer, "orders", 1);
  REQUIRE(writer->seal(sample_schema(), sample_state(), {{"a", "a__b"}, {"c"}}).ok());
  const LoadPackage package = LoadPackage::open(env(), writer->sealed_folder()).value();
  CHECK(package.cleanup().dropped == std::vector<std::string>{"a", "a__b"});
  CHECK(package.cleanup().emptied == std::vector<std::string>{"c"});
}

TEST_CASE("package: why it could not be loaded is kept beside it, and goes with it") {
  const ScratchFolder folder;
  auto writer = create(folder.path(), "1.000001");
  write_rows(*writer, "orders", 1);
  REQUIRE(writer->seal(sample_schema(), sample_state()).ok());
  const Path sealed = writer->sealed_folder();
  CHECK_FALSE(read_failure(env(), sealed).has_value());
  PackageFailure failure;
  failure.at_us = 5;
  failure.attempts = 3;
  failure.is_final = true;
  failure.table = "orders";
  failure.file = "orders.x.0.rows";
  failure.rows = 1;
  failure.error = Status::error(Code::kLoadIntegrity, "no");
  REQUIRE(write_failure(env(), sealed, failure).ok());
  const std::optional<PackageFailure> read = read_failure(env(), sealed);
  REQUIRE(read.has_value());
  CHECK((read->at_us == 5 && read->attempts == 3 && read->is_final && read->rows == 1));
  CHECK((read->table == "orders" && read->file == "orders.x.0.rows"));
  CHECK(read->facts.text_or("code", "") == "load.integrity");
  CHECK(LoadPackage::open(env(), sealed).ok());
  // What cannot be read is as if it were not there; so the package stays what it is.
  REQUIRE(env().write_file(sealed / "failure.json", "{").ok());
  CHECK_FALSE(read_failure(env(), sealed).has_value());
  REQUIRE(LoadPackage::discard(env(), sealed).ok());
  CHECK_FALSE(env().exists(sealed));
}

TEST_CASE("load ids: grow as text, also beyond an id of the future") {
  std::string last;
  for (int i = 0; i < 1000; ++i) {
    std::string id = new_load_id(env());
    CHECK(id > last);
    last = std::move(id);
  }
  CHECK(last.find('.') == 10);
  const std::string future = "3795305365.7999332";
  const std::string after = new_load_id(env(), future);
  CHECK(after > future);
  CHECK(after == "3795305365.799934");
  CHECK(new_load_id(env()) > after);
  CHECK(new_load_id(env(), "not a load id") > after);
}
