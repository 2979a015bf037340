// What the parts of the suite share.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "conformance/suite.h"
#include "load/loader.h"
#include "support/scratch.h"
#include "support/test_package.h"

namespace lode::test::suite {

using Lines = std::vector<std::string>;
using json::Kind;

inline constexpr LoadRetry kNoRetry{.attempts_max = 1};

inline void must(const Status& status) {
  INFO(status.render());
  REQUIRE(status.ok());
}

inline std::unique_ptr<Destination> connected(DestinationTraits& traits) {
  std::unique_ptr<Destination> destination = traits.open();
  must(destination->connect());
  return destination;
}

inline void load(DestinationTraits& traits, const LoadPackage& package) {
  const auto destination = connected(traits);
  must(load_package(package, *destination, Env::real(), kNoRetry));
}

inline Lines rows(DestinationTraits& traits, const std::string& table, const std::vector<std::string>& columns) {
  const auto found = traits.rows(table, columns);
  INFO("table " << table);
  REQUIRE(found.has_value());
  return *found;
}

inline bool merges(DestinationTraits& traits) { return !traits.open()->capabilities().merge_strategies.empty(); }

inline std::vector<Column> order_columns() {
  return {column("id", DataType::kBigint, {"primary_key"}), column("name", DataType::kText),
          column("_dlt_id", DataType::kText, {"row_key", "unique"})};
}

inline std::vector<Column> line_columns() {
  return {column("sku", DataType::kText), column("_dlt_root_id", DataType::kText, {"root_key"}),
          column("_dlt_parent_id", DataType::kText, {"parent_key"}), column("_dlt_list_idx", DataType::kBigint),
          column("_dlt_id", DataType::kText, {"row_key", "unique"})};
}

inline const std::vector<std::string> kOrderNames = {"id", "name", "_dlt_id"};
inline const std::vector<std::string> kLineNames = {"sku", "_dlt_root_id", "_dlt_parent_id", "_dlt_list_idx",
                                                    "_dlt_id"};

// A package with the table "orders" and the rows given as {id, name, _dlt_id}.
inline LoadPackage orders_package(const ScratchFolder& folder, const std::string& load_id,
                                  const std::string& disposition, const std::vector<Row>& orders,
                                  Schema schema = Schema("shop")) {
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
inline LoadPackage nested_package(const ScratchFolder& folder, const std::string& load_id,
                                  const std::string& disposition, const std::vector<Row>& orders,
                                  const std::vector<Line>& lines, Schema schema = Schema("shop")) {
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

}  // namespace lode::test::suite
