// Quarantine: rows that break a contract, kept in a table beside the data instead of failing the run or being dropped.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "json/value.h"
#include "normalize/normalizer.h"

namespace lode {

inline constexpr std::string_view kQuarantineTable = "_lode_quarantine";

/// One row of the table. Its load id and its own id come from the normalizer, as for every row.
struct QuarantinedRow {
  std::string resource;
  std::string table;
  std::string reason;
  std::string contract;  ///< "columns = freeze"; "": a value that its column cannot hold
  std::string path;      ///< in the page: "$[3].items[0].sku"
  std::uint64_t page = 0;
  std::string origin;  ///< of the page, such as the request that gave it; may be ""
  json::Value row;     ///< as it came
};

/// Collects rows while a page is normalized and loads them with the same package. One thread.
class Quarantine {
 public:
  void add(QuarantinedRow row);
  /// Hands what was collected to the normalizer. Call it between pages.
  Status flush(Normalizer& normalizer);
  std::uint64_t rows() const { return rows_; }

 private:
  bool is_declared_ = false;
  std::uint64_t rows_ = 0;
  std::vector<json::Value> waiting_;
};

}  // namespace lode
