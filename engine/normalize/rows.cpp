// Walking the data: pages to rows, rows to the lists inside them.
#include <fmt/format.h>

#include "json/write.h"
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
    RowShape& shape = value->kind == Kind::kObject ? *root : wrapper_shape(*root);
    Frame frame{.up = nullptr, .shape = &shape, .list = nullptr, .index = i, .row = value, .inherited = nullptr,
                .handed_down = nullptr, .id = {}, .index_cell = {}, .id_text = {}};
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
    LODE_ASSIGN(const Outcome outcome, add_slow(shape, value, frame));
    if (outcome == Outcome::kDropped) {
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

Status NormalizerCore::add_list(RowShape& shape, const Cell* list, const Frame& up) {
  if (list->size == 0 || shape.table->is_discarded) return Status();
  // Ids of the items are hashes of the parent's id, the table and the place in the list; only the place changes.
  Cell id_text;
  if (!coercer_.to_text(&up.id, id_text)) id_text = Cell{};
  shape.id_prefix.assign(id_text.kind == Kind::kText ? std::string_view(id_text.text, id_text.size) : std::string_view());
  shape.id_prefix.append("_").append(shape.table->name()).append("_");
  json::Ref item(list + 1);
  for (std::uint32_t i = 0; i < list->size; ++i, item = item.next()) {
    RowShape* row_shape = &shape;
    if (item.is_list()) {
      row_shape = &wrapper_shape(shape);
      row_shape->id_prefix = shape.id_prefix;
    }
    Frame frame{.up = &up, .shape = row_shape, .list = list, .index = i, .row = item.cell(),
                .inherited = up.handed_down, .handed_down = nullptr, .id = {}, .index_cell = {}, .id_text = {}};
    LODE_TRY(add_row(*row_shape, item.cell(), frame));
  }
  return Status();
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
