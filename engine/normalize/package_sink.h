// PackageSink: normalized rows into the job files of a load package.
#pragma once

#include <string>
#include <vector>

#include "normalize/row_sink.h"
#include "package/load_package.h"

namespace lode {

/// Used by one thread. The package outlives it.
class PackageSink : public RowSink {
 public:
  explicit PackageSink(PackageWriter& package) : package_(package) {}
  void add_table(std::string_view name) override;
  Status add_column(std::size_t table, const RowColumn& column) override;
  Status write(std::size_t table, std::span<const json::Cell> cells) override;
  /// Closes files that are full. Files are asked for again on the next page, as the package may have closed them
  /// meanwhile.
  Status end_page() override;

 private:
  struct Target {
    std::string name;
    std::vector<RowColumn> columns;  ///< all so far
    std::size_t columns_in_file = 0;
    RowFileWriter* writer = nullptr;  ///< null: ask the package
  };
  Status open(Target& target);

  PackageWriter& package_;
  std::vector<Target> targets_;
  std::vector<std::size_t> used_;  ///< targets with a writer
};

}  // namespace lode
