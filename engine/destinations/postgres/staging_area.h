// StagingArea: tables that several connections fill at the same time, for one load.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "destinations/postgres/connection.h"
#include "destinations/postgres/flavor.h"

namespace lode::postgres {

/// Whose tables they are.
struct StagingTerms {
  std::string schema;            ///< where the tables are: "shop_staging"
  std::int64_t lock_number = 0;  ///< of the dataset's lock, which the load holds; datasets can share a staging dataset
  std::string load_id;
  std::int64_t lock_timeout_ms = 0;
};

/// Tables of the staging dataset under names of the load's own. They are committed as they are made, so all connections
/// see them. The load's transaction drops them; those that a crash left are dropped when the next load of the dataset
/// opens its area. One thread at a time.
class StagingArea {
 public:
  /// Makes the staging dataset if there is none, with a connection of its own. REQUIRES: no other load into the
  /// dataset.
  static Result<std::unique_ptr<StagingArea>> open(const Settings& settings, StagingTerms terms);

  Connection& connection() { return *connection_; }
  const std::string& schema() const { return terms_.schema; }
  /// Of the load's table with this number; without the schema.
  std::string table_name(std::size_t number) const;
  /// Drops what is there of this dataset's loads.
  Status drop_tables();

 private:
  StagingArea(std::unique_ptr<Connection> connection, StagingTerms terms);

  const std::unique_ptr<Connection> connection_;
  const StagingTerms terms_;
  const std::string prefix_;  // of all names, whatever the load
};

}  // namespace lode::postgres
