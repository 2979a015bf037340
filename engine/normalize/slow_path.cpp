// The slow path: a row the way dlt does it, step by step. It serves every row that a shape does not know; exactness
// comes before speed here.
#include <algorithm>
#include <unordered_map>

#include "base/digest.h"
#include "json/write.h"
#include "normalize/core.h"
#include "normalize/json_text.h"
#include "schema/root_key.h"
#include "schema/unicode.h"

namespace lode {
namespace {

using json::Cell;
using json::Kind;
using json::Ref;
using json::Value;

constexpr std::size_t kIdHashBytes = 10;

// The members of an object as a dictionary has them: of those with one name the last stays, at the place of the first.
std::vector<std::pair<std::string_view, const Cell*>> members_of(const Cell* object) {
  std::vector<std::pair<std::string_view, const Cell*>> members;
  std::unordered_map<std::string_view, std::size_t> places;
  Ref key(object + 1);
  for (std::uint32_t i = 0; i < object->size; ++i) {
    const Cell* value = key.cell() + 1;
    const auto [place, is_new] = places.emplace(key.as_text(), members.size());
    if (is_new) {
      members.emplace_back(key.as_text(), value);
    } else {
      members[place->second].second = value;
    }
    key = Ref(value).next();
  }
  return members;
}

}  // namespace

void NormalizerCore::FlatRow::set(std::string_view name, const Cell* value) {
  const auto [place, is_new] = places.emplace(std::string(name), fields.size());
  if (is_new) {
    fields.push_back({std::string(name), value});
  } else {
    fields[place->second].value = value;
  }
}

const Cell* NormalizerCore::FlatRow::find(std::string_view name) const {
  const auto found = places.find(name);
  return found == places.end() ? nullptr : fields[found->second].value;
}

bool NormalizerCore::FlatRow::empty() const {
  return std::all_of(fields.begin(), fields.end(), [](const Field& field) { return field.value == nullptr; });
}

void NormalizerCore::FittedRow::set(const std::string& name, const Cell& cell, const Cell* origin) {
  const auto [place, is_new] = places.emplace(name, fields.size());
  if (is_new) {
    fields.push_back({name, cell, origin});
  } else {
    fields[place->second] = {name, cell, origin};
  }
}

NormalizerCore::FittedRow::Field* NormalizerCore::FittedRow::find(std::string_view name) {
  const auto found = places.find(name);
  return found == places.end() ? nullptr : &fields[found->second];
}

Result<NormalizerCore::Outcome> NormalizerCore::add_slow(RowShape& shape, const Cell* value, Frame& frame) {
  const bool is_scalar = value->kind != Kind::kObject && shape.wrap_key.empty();
  FlatRow row;
  FlatLists lists;
  if (is_scalar) {
    row.set(value_column_, value);
  } else {
    flatten(shape, value, row, lists);
  }
  if (frame.inherited != nullptr) {
    for (const auto& [column, cell] : frame.inherited->values) row.set(column, &cell);
  }
  LODE_TRY(add_ids(shape, value, is_scalar, row, frame));
  hand_down(shape, row, frame);
  LODE_ASSIGN(const Outcome outcome, fit_and_write(shape, row, frame));
  if (outcome == Outcome::kDropped) return outcome;
  for (const auto& [path, list] : lists) pending_.push_back({&child_shape(shape, path), list});
  if (shape.epoch != shape.table->epoch) refresh(shape);
  learn(shape, value, frame);
  return outcome;
}

// Objects inside the row are done after all fields beside them, the last one first. Lists are set aside.
void NormalizerCore::flatten(RowShape& shape, const Cell* value, FlatRow& row, FlatLists& lists) {
  struct Open {
    const Cell* object;
    std::int64_t level;
    std::vector<std::string> path;
  };
  const TableState& table = *shape.table;
  std::vector<Open> open;
  const auto add = [&](std::string_view key, const Cell* member, const std::vector<std::string>& path,
                       std::int64_t level) {
    const std::string& fragment = column_key(key);
    const std::string& name = nested_name(path, fragment);
    const bool is_container = member->kind == Kind::kObject || member->kind == Kind::kList;
    if (!is_container || stays_nested(table, name, level)) {
      row.set(name, member);
      return;
    }
    std::vector<std::string> inner = path;
    if (member->kind == Kind::kObject) {
      inner.push_back(fragment);
      open.push_back({member, level - 1, std::move(inner)});
      return;
    }
    inner.push_back(table_key(key));
    const auto same = std::find_if(lists.begin(), lists.end(), [&](const auto& list) { return list.first == inner; });
    if (same != lists.end()) {
      same->second = member;
    } else {
      lists.emplace_back(std::move(inner), member);
    }
  };
  if (!shape.wrap_key.empty()) {
    add(shape.wrap_key, value, {}, shape.level);
  } else {
    open.push_back({value, shape.level, {}});
  }
  while (!open.empty()) {
    const Open at = std::move(open.back());
    open.pop_back();
    for (const auto& [key, member] : members_of(at.object)) add(key, member, at.path, at.level);
  }
}

// The columns of the engine. A row that brings an id of its own keeps it, and is then not linked to its parent.
Status NormalizerCore::add_ids(RowShape& shape, const Cell* value, bool is_scalar, FlatRow& row, Frame& frame) {
  if (shape.is_root && !is_scalar) row.set(load_id_column_, &load_id_cell_);
  const Cell* given = is_scalar ? nullptr : row.find(id_column_);
  if (given != nullptr && is_truthy(*given)) {
    frame.id = *given;
    return Status();
  }
  if (shape.is_root) {
    LODE_ASSIGN(const Cell* const id, make_root_id(shape, value, row, frame));
    row.set(id_column_, id);
    return Status();
  }
  frame.set_child_id();
  row.set(parent_id_column_, &frame.up->id);
  row.set(index_column_, &frame.index_cell);
  row.set(id_column_, &frame.id);
  return Status();
}

// Random, except where the merge strategy finds rows by their id: then a hash of the key, or of the whole row. Returns
// the id as it is written, which may have a mark.
Result<const Cell*> NormalizerCore::make_root_id(RowShape& shape, const Cell* value, const FlatRow& row, Frame& frame) {
  const Table* table = std::as_const(schema_).find_table(shape.table->name());
  const std::string strategy = table == nullptr ? "" : merge_strategy_of(*table, merge_strategy_);
  const bool is_keyed = strategy == "upsert" || strategy == "insert-only" || strategy == "cdc";
  Value content = Value::object();
  if (is_keyed) {
    for (const std::string& column : table->all_with("primary_key")) {
      const Cell* key = row.find(column);
      if (key == nullptr) {
        return with_place(
            Status::error(Code::kNullViolation, "table '" + table->name() + "': no value for primary key column '" +
                                                    column + "', which merge strategy " + strategy + " needs"),
            frame, nullptr);
      }
      content.set(column, without_duplicates(Ref(key)));
    }
  } else if (strategy == "scd2" && table->first_with("x-row-version") == id_column_) {
    content = without_duplicates(Ref(value));
    if (content.is_object()) {
      std::erase_if(content.members(), [](const auto& member) { return is_dlt_name(member.first); });
    } else {
      Value wrapped = Value::object();
      wrapped.set(shape.wrap_key.empty() ? value_column_ : shape.wrap_key, std::move(content));
      content = std::move(wrapped);
    }
  } else {
    write_row_id(random_, frame.id_text);
    frame.set_own_id();
    return &frame.id;
  }
  const std::string text = json::write(content, {.typing = json::Typing::kTyped, .sort_keys = true});
  encode_row_id(shake_128(text, kIdHashBytes).data(), frame.id_text);
  frame.set_own_id();
  if (!is_keyed || !options_.marks_keyed_rows) return &frame.id;
  // Rows below get it as their root key; their own ids come from the plain one.
  const std::string_view marked =
      arena_.copy(std::string(frame.id_text, kRowIdBytes) + kRowMark + std::to_string(keyed_rows_++));
  marked_id_ = frame.id;
  marked_id_.size = static_cast<std::uint32_t>(marked.size());
  marked_id_.text = marked.data();
  return &marked_id_;
}

// What the rows of this row's lists, and of theirs, get from it.
void NormalizerCore::hand_down(RowShape& shape, const FlatRow& row, Frame& frame) {
  frame.handed_down = frame.inherited;
  std::vector<std::pair<std::string, Cell>> values;
  if (frame.inherited != nullptr) values = frame.inherited->values;
  bool is_changed = false;
  for (const auto& [from, under] : shape.propagation) {
    const std::string& to = under;  // clang before 16 cannot capture a structured binding
    const Cell* cell = row.find(from);
    if (cell == nullptr) continue;
    is_changed = true;
    const auto same = std::find_if(values.begin(), values.end(), [&](const auto& value) { return value.first == to; });
    if (same != values.end()) {
      same->second = *cell;
    } else {
      values.emplace_back(to, *cell);
    }
  }
  if (!is_changed) return;
  Inheritance& handed_down = shape.handed_down;
  const bool same_columns =
      std::equal(values.begin(), values.end(), handed_down.values.begin(), handed_down.values.end(),
                 [](const auto& a, const auto& b) { return a.first == b.first; });
  if (!same_columns) ++handed_down.version;
  handed_down.values = std::move(values);
  frame.handed_down = &handed_down;
}

// dlt's old row filters: patterns of the table and of the tables above it, on the path of the field below each.
void NormalizerCore::exclude(const TableState& table, FlatRow& row) const {
  const std::vector<std::string_view> branch = naming_->break_path(table.name());
  const auto joined = [&](std::size_t from, std::size_t to) {
    std::string path;
    for (std::size_t i = from; i < to; ++i) path.append(i == from ? "" : naming_->separator()).append(branch[i]);
    return path;
  };
  const auto any = [](const std::vector<SimpleRegex>& patterns, std::string_view path) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const SimpleRegex& pattern) { return pattern.matches(path); });
  };
  for (std::size_t depth = branch.size(); depth > 0; --depth) {
    const std::string above = joined(0, depth);
    const std::string below = joined(depth, branch.size());
    for (const auto& [name, patterns] : excludes_) {
      if (name != above) continue;
      for (FlatRow::Field& field : row.fields) {
        const std::string path = below.empty() ? field.name : below + std::string(naming_->separator()) + field.name;
        if (any(patterns.first, path) && !any(patterns.second, path)) field.value = nullptr;
      }
    }
  }
}

Result<NormalizerCore::Outcome> NormalizerCore::fit_and_write(RowShape& shape, FlatRow& row, const Frame& frame) {
  TableState& table = *shape.table;
  if (!excludes_.empty()) exclude(table, row);
  for (FlatRow::Field& field : row.fields) {
    const auto filter = table.filters.find(field.name);
    if (filter == table.filters.end() || field.value == nullptr) continue;
    if (filter->second == ContractMode::kDiscardRow) return Outcome::kDropped;
    field.value = nullptr;
  }
  if (row.empty()) return Outcome::kDropped;
  FittedRow fitted;
  Table partial(table.name());
  LODE_TRY(fit_row(table, row, fitted, partial, frame));
  if (!partial.columns().empty()) {
    LODE_ASSIGN(const Outcome outcome, grow_schema(shape, std::move(partial), fitted, frame));
    if (outcome == Outcome::kDropped) return outcome;
  }
  for (const FittedRow::Field& field : fitted.fields) {
    if (field.cell.kind == Kind::kNull) continue;
    const bool is_put = put(table, table.slot_of(field.name), field.cell);
    LODE_ASSERT(is_put);
  }
  LODE_TRY(write_row(table));
  return Outcome::kWritten;
}

}  // namespace lode
