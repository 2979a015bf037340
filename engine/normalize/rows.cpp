// Walking the data: pages to rows, rows to the lists inside them.
#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/keccak.h"
#include "normalize/core.h"

namespace lode {

using json::Cell;
using json::Kind;

Status NormalizerCore::add(std::string_view table, const json::Rows& rows) {
  if (!setup_.ok()) return setup_;
  LODE_TRY(notice_schema_changes());
  LODE_ASSIGN(RowShape * root, root_shape(table));
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    const Cell* value = rows.rows[i].cell();
    row_in_page_ = i;
    RowShape& shape = value->kind == Kind::kObject ? *root : wrapper_shape(*root);
    Frame frame{.up = nullptr,
                .shape = &shape,
                .list = nullptr,
                .index = i,
                .row = value,
                .inherited = nullptr,
                .handed_down = nullptr,
                .id = {},
                .index_cell = {},
                .id_text = {}};
    LODE_TRY(add_row(shape, value, frame));
  }
  return sink_.end_page();
}

// A row, then the rows of its lists.
Status NormalizerCore::add_row(RowShape& shape, const Cell* value, Frame& frame) {
  TableState& table = *shape.table;
  if (table.is_discarded) return Status();
  if (shape.epoch != table.epoch) {
    LODE_TRY(sync_slots(table, &frame));
    refresh(shape);
  }
  const std::size_t pending = pending_.size();
  const bool is_scalar = value->kind != Kind::kObject && shape.wrap_key.empty();
  bool is_filled = false;
  if (shape.is_fast && !slow_only_) {
    is_filled = fill(shape, value) && fill_ids(shape, frame, is_scalar);
    if (!is_filled) drop_row(table, pending);
  }
  if (is_filled) {
    LODE_TRY(write_row(table));
    frame.handed_down = frame.inherited;
    if (!shape.propagation.empty()) {
      for (auto& [column, cell] : shape.handed_down.values) cell = frame.id;  // fast shapes hand down nothing else
      frame.handed_down = &shape.handed_down;
    }
  } else {
    ++slow_rows_;
    const Result<Outcome> outcome = add_slow(shape, value, frame);
    const bool is_bad = !outcome.ok() && quarantine_row(table, outcome.status(), frame);
    if (!outcome.ok() && !is_bad) return outcome.status();
    if (is_bad || *outcome == Outcome::kDropped) {
      drop_row(table, pending);
      return Status();
    }
  }
  for (std::size_t i = pending; i < pending_.size(); ++i) {
    // Lists inside these lists come behind them and are gone again when add_list() returns.
    const PendingList list = pending_[i];
    LODE_TRY(add_list(*list.shape, list.list, frame));
  }
  pending_.resize(pending);
  return Status();
}

// The items' ids are hashes of the parent's id, the table and the place in the list. Hashing some of them at once is
// far cheaper than one by one, so they are made ahead, also for the few items that turn out to bring an id of their
// own.
Status NormalizerCore::add_list(RowShape& shape, const Cell* list, const Frame& up) {
  if (list->size == 0 || shape.table->is_discarded) return Status();
  char ids[kShakeBatch][kRowIdBytes];
  json::Ref item(list + 1);
  for (std::uint32_t i = 0; i < list->size; ++i, item = item.next()) {
    if (i % kShakeBatch == 0) hash_child_ids(shape, up, i, std::min<std::size_t>(kShakeBatch, list->size - i), ids);
    RowShape& row_shape = item.is_list() ? wrapper_shape(shape) : shape;
    Frame frame{.up = &up,
                .shape = &row_shape,
                .list = list,
                .index = i,
                .row = item.cell(),
                .inherited = up.handed_down,
                .handed_down = nullptr,
                .id = {},
                .index_cell = {},
                .id_text = {}};
    std::memcpy(frame.id_text, ids[i % kShakeBatch], kRowIdBytes);
    LODE_TRY(add_row(row_shape, item.cell(), frame));
  }
  return Status();
}

void NormalizerCore::hash_child_ids(const RowShape& shape, const Frame& up, std::size_t first, std::size_t count,
                                    char (*ids)[kRowIdBytes]) {
  if (shape.parent_table.empty()) return;
  Cell parent_id;
  const bool has_id = coercer_.to_text(&up.id, parent_id);
  scratch_.assign(has_id ? std::string_view(parent_id.text, parent_id.size) : std::string_view());
  scratch_.append("_").append(shape.table->name()).append("_");
  const std::size_t prefix = scratch_.size();
  constexpr std::size_t kDigitsMax = 20;
  const std::size_t stride = prefix + kDigitsMax;
  scratch_.resize(stride * count);
  std::string_view texts[kShakeBatch];
  for (std::size_t i = 0; i < count; ++i) {
    char* text = scratch_.data() + i * stride;
    if (i > 0) std::memcpy(text, scratch_.data(), prefix);
    const char* end = std::to_chars(text + prefix, text + stride, first + i).ptr;
    texts[i] = {text, static_cast<std::size_t>(end - text)};
  }
  char hashes[kShakeBatch * kShakeIdBytes];
  shake_128_batch(texts, count, hashes);
  for (std::size_t i = 0; i < count; ++i) encode_row_id(hashes + i * kShakeIdBytes, ids[i]);
}

Status NormalizerCore::write_row(TableState& table) {
  Status status = sink_.write(table.sink_table(), table.row());
  ++table.rows;
  table.clear_row();
  arena_.reset();
  return status;
}

void NormalizerCore::drop_row(TableState& table, std::size_t pending) {
  table.clear_row();
  arena_.reset();
  pending_.resize(pending);
}

}  // namespace lode
