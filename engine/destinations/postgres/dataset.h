// Dataset: the tables of one PostgreSQL schema.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "destinations/postgres/connection.h"
#include "destinations/postgres/flavor.h"
#include "destinations/postgres/staging_area.h"
#include "sql/dataset.h"

namespace lode::postgres {

/// Staging tables are temporary tables of this connection's transaction, unless they are shared.
class Dataset : public SqlDataset {
 public:
  Dataset(Connection& connection, const Flavor& flavor, std::string name, bool makes_unique)
      : SqlDataset(connection, flavor.dialect()),
        flavor_(flavor),
        name_(std::move(name)),
        makes_unique_(makes_unique) {}

  /// Until forget(), staging and incoming tables are in `area`, for other connections to fill. REQUIRES: there are none
  /// yet; `area` lives until then.
  void share(StagingArea& area) { area_ = &area; }
  void forget() override;
  SqlSession& session_for(Place place) override;
  std::string qualified(Place place, std::string_view table) const override;
  Result<bool> has_tables(const std::vector<std::string_view>& names) override;
  Result<std::string> plan_dataset() override;

 protected:
  /// With SQL types as format_type() names them, without their numbers: "character varying".
  Result<Columns> look_up(Place place, const std::string& table) override;
  Status check(const std::string& table, const std::vector<Column>& columns) const override;
  void plan_new(Place place, TablePlan& plan) const override;
  std::string column_suffix(const Column& column) const override;
  std::string_view emptying() const override;
  Result<std::string> bring_in(const std::string& table) override;

 private:
  bool is_shared(Place place) const { return area_ != nullptr && place != Place::kFinal; }
  std::string schema_of(Place place) const;
  std::string name_of(Place place, std::string_view table) const;

  const Flavor& flavor_;
  const std::string name_;
  const bool makes_unique_;
  StagingArea* area_ = nullptr;  // null: nothing is shared
};

}  // namespace lode::postgres
