// Incremental cursors: load only what is new since the last committed run.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "extract/pipe.h"
#include "json/path.h"
#include "json/value.h"

namespace lode {

/// How a resource is incremental; dlt's names.
struct IncrementalOptions {
  enum class Missing { kRaise, kInclude, kExclude };
  enum class RowOrder { kNone, kAscending, kDescending };

  std::string cursor_path;    ///< field name or JSON path, in the names of the raw data
  json::Value initial_value;  ///< null: everything on the first run
  json::Value end_value;      ///< set: a bounded range, no state is read or written
  bool is_minimum = false;    ///< last_value_func = "min": the cursor falls
  std::optional<double> lag;  ///< seconds for timestamps, days for dates, else a number
  Missing on_missing = Missing::kRaise;
  RowOrder row_order = RowOrder::kNone;  ///< lets the source stop early
  bool range_start_open = false;         ///< leave out rows equal to the start
  bool range_end_closed = false;         ///< keep rows equal to the end
  std::vector<std::string> primary_key;  ///< what makes boundary rows distinct; empty: the whole row
  bool deduplicates = true;              ///< false: primary_key = {} was given
};

/// Rows remembered at the cursor's last value. Each costs about 15 bytes of a state that is stored with every load.
inline constexpr std::size_t kBoundaryRowsMax = 10'000;

/// The cursor of one resource in one run. Engine's thread only.
/// The state record has dlt's form: {initial_value, last_value, unique_hashes, start_value}.
class IncrementalCursor {
 public:
  /// `record` is the stored one (null on the first run). Errors: kJsonPath, kCursorType.
  static Result<std::unique_ptr<IncrementalCursor>> open(IncrementalOptions options, const json::Value& record);

  /// Keeps the rows that are new and remembers how far they reach. Errors: kCursorMissing, kCursorType, naming the row.
  Status accept(Page& page);
  /// With a known row order: nothing new can follow.
  bool can_close() const;

  const IncrementalOptions& options() const { return options_; }
  /// Where this run starts, lag taken into account; null: everything.
  const json::Value& start_value() const { return start_value_; }
  const json::Value& last_value() const { return last_value_; }
  /// False with an end_value: then there is nothing to store.
  bool is_stateful() const { return options_.end_value.is_null(); }
  json::Value record() const;
  /// Rows that share the last value and are not remembered, because there are more than kBoundaryRowsMax: the next run
  /// cannot tell that it has them.
  std::uint64_t boundary_rows_forgotten() const { return rows_forgotten_; }

 private:
  void remember(std::string hash);
  explicit IncrementalCursor(IncrementalOptions options) : options_(std::move(options)) {}
  Result<bool> accept_row(json::Ref row);
  Result<bool> beyond_end(json::Ref value);
  Result<std::string> row_hash(json::Ref row, bool legacy) const;
  Result<bool> was_loaded(json::Ref row) const;
  Result<int> compare(json::Ref value, const json::Value& bound, std::string_view bound_name) const;

  IncrementalOptions options_;
  json::Path path_;
  json::Value stored_last_;  ///< raw last_value at the start
  json::Value start_value_;
  json::Value last_value_;
  std::set<std::string> start_hashes_;  ///< rows at the boundary that earlier runs loaded
  std::set<std::string> hashes_;        ///< rows at last_value_
  bool start_legacy_ = false;           ///< start_hashes_ has hashes as dlt wrote them before 1.29
  bool legacy_ = false;                 ///< so do hashes_, and go on
  std::uint64_t rows_forgotten_ = 0;    ///< rows at last_value_ beyond those
  json::Value stored_start_;            ///< start_value of the stored record
  bool deduplicates_ = true;
  bool accepted_any_ = false;
  bool start_flag_ = false;  ///< the last row lay before the range
  bool end_flag_ = false;    ///< the last row lay behind it
};

/// Filters `upstream` through `cursor`, which must outlive it.
std::unique_ptr<Pipe> incremental_pipe(std::unique_ptr<Pipe> upstream, IncrementalCursor& cursor);

/// `value` moved back by `lag` in the direction of the cursor: seconds for timestamps (also as ISO text, in the same
/// notation), days for dates, else a number. Errors: kCursorType.
Result<json::Value> lagged(const json::Value& value, double lag, bool is_minimum);

}  // namespace lode
