// json::Document and its builder.
#include "json/document.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace lode::json {
namespace {

constexpr std::size_t kChunkBytes = 64 * 1024;

}  // namespace

void CellArray::set_capacity(std::size_t cells) {
  if (cells == capacity_) return;
  // A capacity of 0 would make realloc free the memory and answer null.
  void* moved = std::realloc(static_cast<void*>(cells_), std::max<std::size_t>(cells, 1) * sizeof(Cell));
  if (moved == nullptr) throw std::bad_alloc();  // as every container here does
  cells_ = static_cast<Cell*>(moved);
  capacity_ = cells;
}

Ref Ref::find(std::string_view key) const {
  if (!is_object()) return {};
  Ref name = size() > 0 ? first_child() : Ref();
  for (std::size_t i = 0; i < size(); ++i) {
    const Ref value = name.next();
    if (name.as_text() == key) return value;
    name = value.next();
  }
  return {};
}

namespace {

Value scalar_to_value(Ref ref) {
  Value value;
  switch (ref.kind()) {
    case Kind::kBool:
      return ref.as_bool();
    case Kind::kInt:
      return ref.as_int();
    case Kind::kDouble:
      return ref.as_double();
    case Kind::kText:
    case Kind::kBigInt:
    case Kind::kDecimal:
    case Kind::kBinary:
      value = Value::of_text(ref.kind(), std::string(ref.as_text()));
      break;
    case Kind::kTimestamp:
    case Kind::kDate:
    case Kind::kTime:
      value = Value::of_number(ref.kind(), ref.as_int());
      break;
    default:
      return {};
  }
  value.set_subkind(ref.subkind());
  return value;
}

}  // namespace

Value to_value(Ref ref) {
  // Not by recursion: values may be thousands of levels deep. Lists get their size at once, so places do not move.
  Value root;
  std::vector<std::pair<Ref, Value*>> pending{{ref, &root}};
  while (!pending.empty()) {
    const auto [from, to] = pending.back();
    pending.pop_back();
    Ref next(from.cell() + 1);
    if (from.is_list()) {
      *to = Value::list(Value::List(from.size()));
      for (Value& item : to->items()) {
        pending.emplace_back(next, &item);
        next = next.next();
      }
    } else if (from.is_object()) {
      *to = Value::object();
      to->members().reserve(from.size());
      for (std::size_t i = 0; i < from.size(); ++i) {
        Value::Member& member = to->members().emplace_back(next.as_text(), Value());
        pending.emplace_back(next.next(), &member.second);
        next = next.next().next();
      }
    } else {
      *to = scalar_to_value(from);
    }
  }
  return root;
}

std::size_t Document::bytes() const {
  std::size_t total = cells_.capacity() * sizeof(Cell) + roots_.capacity() * sizeof(roots_[0]) + input_bytes_;
  for (const std::string& chunk : chunks_) total += chunk.capacity();
  return total;
}

void DocumentBuilder::set_input(std::shared_ptr<const void> owner, std::size_t bytes) {
  document_->input_ = std::move(owner);
  document_->input_bytes_ = bytes;
}

void DocumentBuilder::reserve(std::size_t cells) {
  if (cells > document_->cells_.capacity()) document_->cells_.set_capacity(cells);
}

Cell& DocumentBuilder::add(Kind kind) {
  CellArray& cells = document_->cells_;
  LODE_ASSERT(cells.size() < UINT32_MAX);  // roots and open values are 32-bit indices
  if (open_.empty()) {
    document_->roots_.push_back(static_cast<std::uint32_t>(cells.size()));
  } else {
    ++open_.back().children;
  }
  Cell& cell = cells.add();
  cell.kind = kind;
  cell.subkind = Subkind::kNone;
  cell.size = 0;
  cell.number = 0;
  return cell;
}

const char* DocumentBuilder::keep(std::string_view text) {
  std::deque<std::string>& chunks = document_->chunks_;
  if (chunks.empty() || chunks.back().capacity() - chunks.back().size() < text.size()) {
    chunks.emplace_back();
    // A short chunk could live inside the string object; a deque does not move those either.
    chunks.back().reserve(std::max(kChunkBytes, text.size()));
  }
  std::string& chunk = chunks.back();
  const std::size_t at = chunk.size();
  chunk.append(text);  // within its capacity: no byte moves
  return chunk.data() + at;
}

void DocumentBuilder::null() { add(Kind::kNull); }
void DocumentBuilder::boolean(bool value) { add(Kind::kBool).number = value; }
void DocumentBuilder::integer(std::int64_t value) { add(Kind::kInt).number = value; }
void DocumentBuilder::real(double value) { add(Kind::kDouble).real = value; }

void DocumentBuilder::text_in_input(std::string_view value) {
  LODE_ASSERT(value.size() <= UINT32_MAX);
  Cell& cell = add(Kind::kText);
  cell.size = static_cast<std::uint32_t>(value.size());
  cell.text = value.data();
}

void DocumentBuilder::text(std::string_view value) { tagged_text(Kind::kText, value); }

void DocumentBuilder::tagged_text(Kind kind, std::string_view value, Subkind subkind) {
  LODE_ASSERT(value.size() <= UINT32_MAX);
  const char* kept = keep(value);
  Cell& cell = add(kind);
  cell.subkind = subkind;
  cell.size = static_cast<std::uint32_t>(value.size());
  cell.text = kept;
}

void DocumentBuilder::tagged_number(Kind kind, std::int64_t value, Subkind subkind) {
  Cell& cell = add(kind);
  cell.subkind = subkind;
  cell.number = value;
}

void DocumentBuilder::begin_list() {
  const auto index = static_cast<std::uint32_t>(cell_count());
  add(Kind::kList);
  open_.push_back({index, 0});
}

void DocumentBuilder::end_list() {
  LODE_ASSERT(!open_.empty() && document_->cells_[open_.back().cell].kind == Kind::kList);
  Cell& cell = document_->cells_[open_.back().cell];
  cell.size = open_.back().children;
  cell.span = cell_count() - open_.back().cell;
  open_.pop_back();
}

void DocumentBuilder::begin_object() {
  const auto index = static_cast<std::uint32_t>(cell_count());
  add(Kind::kObject);
  open_.push_back({index, 0});
}

void DocumentBuilder::end_object() {
  LODE_ASSERT(!open_.empty() && document_->cells_[open_.back().cell].kind == Kind::kObject);
  LODE_ASSERT(open_.back().children % 2 == 0);  // a key without a value
  Cell& cell = document_->cells_[open_.back().cell];
  cell.size = open_.back().children / 2;
  cell.span = cell_count() - open_.back().cell;
  open_.pop_back();
}

void DocumentBuilder::copy(Ref value) {
  const std::size_t first = cell_count();
  copy_in_input(value);
  CellArray& cells = document_->cells_;
  for (std::size_t i = first; i < cells.size(); ++i) {
    Cell& cell = cells[i];
    const Kind kind = cell.kind;
    if (kind == Kind::kText || kind == Kind::kBigInt || kind == Kind::kDecimal || kind == Kind::kBinary) {
      cell.text = keep({cell.text, cell.size});
    }
  }
}

void DocumentBuilder::copy_in_input(Ref value) {
  // Spans and sizes are relative, so the cells are copied as they are.
  const std::uint64_t count = value.span();
  add(value.kind());
  CellArray& cells = document_->cells_;
  const std::size_t first = cells.size() - 1;
  LODE_ASSERT(first + count < UINT32_MAX);
  if (first + count > cells.capacity()) cells.set_capacity(std::max(first + count, cells.capacity() * 2));
  std::memcpy(static_cast<void*>(cells.data() + first), value.cell(), count * sizeof(Cell));
  cells.set_size(first + count);
}

void DocumentBuilder::value(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      return null();
    case Kind::kBool:
      return boolean(value.as_bool());
    case Kind::kInt:
      return integer(value.as_int());
    case Kind::kDouble:
      return real(value.as_double());
    case Kind::kText:
    case Kind::kBigInt:
    case Kind::kDecimal:
    case Kind::kBinary:
      return tagged_text(value.kind(), value.as_text(), value.subkind());
    case Kind::kTimestamp:
    case Kind::kDate:
    case Kind::kTime:
      return tagged_number(value.kind(), value.as_int(), value.subkind());
    case Kind::kList:
      begin_list();
      for (const Value& item : value.items()) this->value(item);
      return end_list();
    case Kind::kObject:
      begin_object();
      for (const auto& [name, member] : value.members()) {
        key(name);
        this->value(member);
      }
      return end_object();
  }
}

void DocumentBuilder::rewind(std::size_t cell_count, std::size_t root_count) {
  LODE_ASSERT(cell_count <= this->cell_count() && root_count <= this->root_count());
  document_->cells_.set_size(cell_count);
  document_->roots_.resize(root_count);
  while (!open_.empty() && open_.back().cell >= cell_count) open_.pop_back();
  if (open_.empty()) return;
  // What is still open may have lost children: they are counted anew.
  Open& open = open_.back();
  open.children = 0;
  for (std::size_t at = open.cell + 1; at < cell_count; at += Ref(&document_->cells_[at]).span()) ++open.children;
}

std::shared_ptr<const Document> DocumentBuilder::finish() {
  LODE_ASSERT(open_.empty());
  CellArray& cells = document_->cells_;
  if (cells.capacity() > cells.size() + cells.size() / 4) cells.set_capacity(cells.size());
  return std::exchange(document_, std::make_shared<Document>());
}

}  // namespace lode::json
