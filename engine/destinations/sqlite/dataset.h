// Dataset: the tables of one SQLite file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "destinations/sqlite/database.h"
#include "sql/dataset.h"

namespace lode::sqlite {

/// Final tables are in main, staging tables in temp, where they live as long as the connection.
class Dataset : public SqlDataset {
 public:
  explicit Dataset(Database& database) : SqlDataset(database, sqlite_dialect()) {}

  std::string qualified(Place place, std::string_view table) const override;
  Result<bool> has_tables(const std::vector<std::string_view>& names) override;

 protected:
  std::string fold(std::string_view column) const override;  // SQLite compares without regard to case
  Result<Columns> look_up(Place place, const std::string& table) override;
};

}  // namespace lode::sqlite
