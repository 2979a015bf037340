// A package with as many rows as a test wants: for what goes wrong in the middle of a load.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "support/scratch.h"
#include "support/test_package.h"

namespace lode::test {

/// A package of the table "numbers": jobs of `rows_per_job` rows; ids go on from job to job.
inline LoadPackage numbers(const ScratchFolder& folder, const std::string& load_id, int jobs, int rows_per_job,
                           Schema schema = Schema("shop"), const std::string& disposition = "append") {
  TestPackage package(folder.path(), load_id, std::move(schema));
  package.table("numbers", disposition,
                {column("id", DataType::kBigint, {"primary_key"}), column("text", DataType::kText)});
  int id = 0;
  for (int job = 0; job < jobs; ++job) {
    std::vector<Row> rows;
    for (int i = 0; i < rows_per_job; ++i) rows.push_back({id++, "some text that takes some room in the file"});
    package.rows("numbers", {"id", "text"}, rows);
  }
  return package.seal();
}

}  // namespace lode::test
