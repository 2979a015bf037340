// Packages for tests, with their rows in the test.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "package/load_package.h"
#include "schema/schema.h"
#include "schema/system_tables.h"
#include "support/catch.h"

namespace lode::test {

using Row = std::vector<json::Value>;

/// A column with flags: column("id", DataType::kBigint, {"primary_key"}). Keys are not nullable.
inline Column column(const std::string& name, DataType type, const std::vector<std::string>& flags = {}) {
  Column made(name, type, flags.empty());
  for (const std::string& flag : flags) {
    const std::size_t equals = flag.find('=');
    if (equals == std::string::npos) {
      made.set(flag, true);
    } else {
      made.set(flag.substr(0, equals), flag.substr(equals + 1));
    }
  }
  if (!made.flag("primary_key") && !made.flag("merge_key")) made.set("nullable", true);
  return made;
}

/// A cell that looks at `value`.
inline json::Cell cell_of(const json::Value& value) {
  json::Cell cell;
  cell.kind = value.kind();
  cell.size = 0;
  cell.number = 0;
  switch (value.kind()) {
    case json::Kind::kNull:
      break;
    case json::Kind::kBool:
      cell.number = value.as_bool() ? 1 : 0;
      break;
    case json::Kind::kDouble:
      cell.real = value.as_double();
      break;
    case json::Kind::kInt:
    case json::Kind::kTimestamp:
    case json::Kind::kDate:
    case json::Kind::kTime:
      cell.number = value.as_int();
      break;
    default:
      cell.text = value.as_text().data();
      cell.size = static_cast<std::uint32_t>(value.as_text().size());
  }
  return cell;
}

/// Builds one package. The schema goes on from one package to the next: give it to the next TestPackage.
class TestPackage {
 public:
  TestPackage(const Path& pipeline_folder, const std::string& load_id, Schema schema = Schema("shop"),
              std::optional<std::string> follows = {})
      : schema(std::move(schema)), state("shop") {
    PackageWriter::Options options;
    options.follows = std::move(follows);
    auto made = PackageWriter::create(Env::real(), pipeline_folder, load_id, std::move(options));
    REQUIRE(made.ok());
    writer_ = std::move(*made);
    state.bump();
  }

  /// Declares a root table, or a nested one with a parent. Columns that are there stay.
  void table(const std::string& name, const std::string& disposition, const std::vector<Column>& columns,
             const std::string& parent = "") {
    if (schema.find_table(name) == nullptr)
      schema.add_table(parent.empty() ? Table::root(name) : Table::child(name, parent));
    Table& table = *schema.find_table(name);
    if (parent.empty()) table.props().set("write_disposition", disposition);
    for (const Column& made : columns) table.merge_column(made);
    table.set_seen_data();
  }

  /// One job file; values in the order of `columns`.
  Job rows(const std::string& table, const std::vector<std::string>& columns, const std::vector<Row>& rows) {
    const PackageWriter::Target target = writer_->writer_for(table).value();
    REQUIRE(target.is_fresh);
    for (const std::string& name : columns) {
      REQUIRE(target.writer->add_column({name, schema.find_table(table)->find(name)->type()}).ok());
    }
    for (const Row& row : rows) {
      std::vector<json::Cell> cells;
      for (const json::Value& value : row) cells.push_back(cell_of(value));
      REQUIRE(target.writer->write(cells).ok());
    }
    REQUIRE(writer_->close_files().ok());
    return writer_->jobs().back();
  }

  /// The row that brings the state along.
  void state_row() {
    if (schema.find_table(kStateTable) == nullptr) {
      Table table = state_table();
      table.merge_column(column("_dlt_id", DataType::kText, {"row_key", "unique"}));
      schema.add_table(std::move(table));
      schema.find_table(kStateTable)->set_seen_data();
    }
    state.bump();
    rows(std::string(kStateTable),
         {"version", "engine_version", "pipeline_name", "state", "created_at", "version_hash", "_dlt_load_id",
          "_dlt_id"},
         {{state.version(), std::int64_t{kStateEngineVersion}, "shop", state.to_blob(),
           json::Value::of_number(json::Kind::kTimestamp, 1'700'000'000'000'000), state.version_hash(),
           writer_->load_id(), "state_" + writer_->load_id()}});
  }

  LoadPackage seal() {
    schema.bump();
    const Status sealed = writer_->seal(schema, state);
    INFO(sealed.render());
    REQUIRE(sealed.ok());
    Result<LoadPackage> package = LoadPackage::open(Env::real(), writer_->sealed_folder());
    INFO(package.status().render());
    REQUIRE(package.ok());
    return std::move(*package);
  }

  Schema schema;
  PipelineState state;

 private:
  std::unique_ptr<PackageWriter> writer_;
};

}  // namespace lode::test
