// TableState: what the normalizer keeps of one table beside the schema: where each column stands in the row file, and
// the row that is being put together.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_index.h"
#include "base/text_map.h"
#include "format/row_file.h"
#include "json/document.h"
#include "schema/contract.h"

namespace lode {

/// Slots are the columns of the row file, numbered as they were added; they never move. One thread.
class TableState {
 public:
  static constexpr std::int32_t kNone = -1;     ///< of slots: no such column
  static constexpr std::int32_t kDiscard = -2;  ///< of slots: the contract leaves the value out

  TableState(std::string name, std::size_t sink_table) : name_(std::move(name)), sink_table_(sink_table) {}

  const std::string& name() const { return name_; }
  std::size_t sink_table() const { return sink_table_; }
  std::size_t slot_count() const { return columns_.size(); }
  std::int32_t slot_of(std::string_view column) const {
    const std::uint32_t slot =
        slots_.find(column, [&](std::uint32_t at) { return std::string_view(columns_[at].name); });
    return slot == TextIndex::kNone ? kNone : static_cast<std::int32_t>(slot);
  }
  DataType type_of(std::int32_t slot) const { return columns_[static_cast<std::size_t>(slot)].type; }
  const RowColumn& add_slot(RowColumn column) {
    slots_.add(column.name, static_cast<std::uint32_t>(columns_.size()));
    columns_.push_back(std::move(column));
    cells_.push_back(json::Cell{});
    touched_.reserve(cells_.size());
    return columns_.back();
  }

  // The row in progress. A cell is null until it is written; after writing one, touch() its slot, once.
  json::Cell& cell(std::int32_t slot) { return cells_[static_cast<std::size_t>(slot)]; }
  void touch(std::int32_t slot) {
    touched_.push_back(static_cast<std::uint32_t>(slot));
    if (static_cast<std::size_t>(slot) >= end_) end_ = static_cast<std::size_t>(slot) + 1;
  }
  /// Both of these; also for slots that were touched before.
  void set(std::int32_t slot, const json::Cell& value) {
    if (cell(slot).kind == json::Kind::kNull) touch(slot);
    cell(slot) = value;
  }
  /// The cells up to the last one that is not null.
  std::span<const json::Cell> row() const { return {cells_.data(), end_}; }
  void clear_row() {
    for (const std::uint32_t slot : touched_) cells_[slot].kind = json::Kind::kNull;
    touched_.clear();
    end_ = 0;
  }

  std::uint64_t rows = 0;
  /// Grows when what was learned about shapes of rows may no longer hold: a column that keeps values nested or must not
  /// be null, a filter, a change of the schema by someone else.
  std::uint64_t epoch = 1;
  /// The contract says that this table may not exist: its rows and their children are left out.
  bool is_discarded = false;
  /// Columns whose values, or whose rows, the contract leaves out.
  TextMap<ContractMode> filters;
  /// Resolved when the first change is asked for.
  std::optional<Contract> contract;
  /// Of the table in the schema when the slots were last compared with it.
  std::uint64_t fingerprint = 0;

 private:
  std::string name_;
  std::size_t sink_table_;
  std::vector<RowColumn> columns_;
  TextIndex slots_;
  std::vector<json::Cell> cells_;
  std::vector<std::uint32_t> touched_;
  std::size_t end_ = 0;
};

}  // namespace lode
