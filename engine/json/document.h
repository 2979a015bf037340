// json::Document: many values in one flat array of cells, built once and then only read. Pages of rows live in it, from
// the parser to the normalizer, without a heap object per value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "json/value.h"

namespace lode::json {

/// One value of a document. A list is followed by its items, an object by its keys (kText cells) and values in turn.
struct Cell {
  Kind kind;
  Subkind subkind = Subkind::kNone;
  std::uint32_t size;  ///< kText, kBigInt, kDecimal, kBinary: bytes; kList: items; kObject: members
  union {
    std::int64_t number;  ///< kBool, kInt, kTimestamp, kDate, kTime
    double real;          ///< kDouble
    const char* text;     ///< kText, kBigInt, kDecimal, kBinary: not ended by NUL
    std::uint64_t span;   ///< kList, kObject: cells of the whole value, this one included
  };
};
static_assert(sizeof(Cell) == 16);

/// A value inside a document: a pointer, cheap to copy. Valid as long as its document.
class Ref {
 public:
  Ref() = default;
  explicit Ref(const Cell* cell) : cell_(cell) {}

  Kind kind() const { return cell_->kind; }
  Subkind subkind() const { return cell_->subkind; }
  bool is_null() const { return kind() == Kind::kNull; }
  bool is_text() const { return kind() == Kind::kText; }
  bool is_list() const { return kind() == Kind::kList; }
  bool is_object() const { return kind() == Kind::kObject; }

  // REQUIRES: the kind matches; not checked, this is the inner loop.
  bool as_bool() const { return cell_->number != 0; }
  std::int64_t as_int() const { return cell_->number; }
  double as_double() const { return cell_->real; }
  std::string_view as_text() const { return {cell_->text, cell_->size}; }
  std::size_t size() const { return cell_->size; }  ///< items or members (or bytes)

  /// Cells this value takes, itself included.
  std::uint64_t span() const { return kind() == Kind::kList || kind() == Kind::kObject ? cell_->span : 1; }
  /// What comes after this value in the array: the next item, or the next key.
  Ref next() const { return Ref(cell_ + span()); }
  /// The first item of a list, or the first key of an object (its value is first_child().next()).
  /// REQUIRES: size() > 0
  Ref first_child() const { return Ref(cell_ + 1); }
  /// The value of a member, the first of that name; a Ref without a cell if there is none. Linear.
  Ref find(std::string_view key) const;

  const Cell* cell() const { return cell_; }
  explicit operator bool() const { return cell_ != nullptr; }
  friend bool operator==(Ref a, Ref b) { return a.cell_ == b.cell_; }

 private:
  const Cell* cell_ = nullptr;
};

/// Deep copy into an owning value.
Value to_value(Ref ref);

/// An array of cells that grows with realloc: large ones are moved by the kernel, and new cells are not cleared first.
class CellArray {
 public:
  CellArray() = default;
  CellArray(const CellArray&) = delete;
  CellArray& operator=(const CellArray&) = delete;
  ~CellArray() { std::free(cells_); }

  Cell* data() { return cells_; }
  const Cell* data() const { return cells_; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  Cell& operator[](std::size_t index) { return cells_[index]; }
  const Cell& operator[](std::size_t index) const { return cells_[index]; }

  /// A new last cell, not initialised.
  Cell& add() {
    if (size_ == capacity_) set_capacity(size_ < 32 ? 64 : size_ * 2);
    return cells_[size_++];
  }
  /// Room for exactly this many cells. REQUIRES: cells >= size()
  void set_capacity(std::size_t cells);
  /// REQUIRES: cells <= capacity(). Cells gained this way are not initialised.
  void set_size(std::size_t cells) { size_ = cells; }

 private:
  Cell* cells_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// The cells and the bytes that they point to. Built by a parser or a DocumentBuilder, then never changed, so any
/// thread may read it. Held by shared_ptr: pages are views into it.
class Document {
 public:
  Document() = default;
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  /// The values at the top, in order: one for a JSON text, one a line for JSON lines.
  const std::vector<std::uint32_t>& roots() const { return roots_; }
  Ref root(std::size_t index) const { return Ref(cells_.data() + roots_[index]); }
  std::size_t root_count() const { return roots_.size(); }
  /// Memory held, for back-pressure.
  std::size_t bytes() const;

 private:
  friend class DocumentBuilder;
  CellArray cells_;
  std::vector<std::uint32_t> roots_;
  std::shared_ptr<const void> input_;  ///< keeps the parsed bytes alive; text cells may point into them
  std::size_t input_bytes_ = 0;
  std::deque<std::string> chunks_;  ///< text that is not in the input; a chunk never outgrows its memory
};

/// Builds a document cell by cell. Used by one thread. Lists and objects: begin, then the contents, then end.
class DocumentBuilder {
 public:
  DocumentBuilder() : document_(std::make_shared<Document>()) {}

  /// Keeps `owner` alive as long as the document; text given to text_in_input() must lie in its bytes.
  void set_input(std::shared_ptr<const void> owner, std::size_t bytes);
  /// Every value added at depth 0 becomes a root.
  void null();
  void boolean(bool value);
  void integer(std::int64_t value);
  void real(double value);
  void text(std::string_view value);           ///< copied
  void text_in_input(std::string_view value);  ///< not copied
  /// kText, kBigInt, kDecimal, kBinary; copied.
  void tagged_text(Kind kind, std::string_view value, Subkind subkind = Subkind::kNone);
  /// kTimestamp, kDate, kTime.
  void tagged_number(Kind kind, std::int64_t value, Subkind subkind = Subkind::kNone);
  void begin_list();
  void end_list();
  void begin_object();
  void key(std::string_view name) { text(name); }  ///< copied
  void key_in_input(std::string_view name) { text_in_input(name); }
  void end_object();
  void copy(Ref value);            ///< deep; text is copied
  void copy_in_input(Ref value);   ///< deep; text is not copied
  void value(const Value& value);  ///< deep

  std::size_t depth() const { return open_.size(); }
  std::size_t cell_count() const { return document_->cells_.size(); }
  /// Forgets everything added after `cell_count` and `root_count` were what is given: an error in the middle of a
  /// value.
  void rewind(std::size_t cell_count, std::size_t root_count);
  std::size_t root_count() const { return document_->roots_.size(); }
  /// Room for `cells` cells in all.
  void reserve(std::size_t cells);
  /// For the parser, which writes cells itself: add to cells() and roots() directly, take text from keep().
  CellArray& cells() { return document_->cells_; }
  std::vector<std::uint32_t>& roots() { return document_->roots_; }
  /// Copies `text` into the document; the bytes stay where they are as long as the document lives.
  const char* keep(std::string_view text);
  /// REQUIRES: depth() == 0. The builder is empty afterwards.
  std::shared_ptr<const Document> finish();

 private:
  Cell& add(Kind kind);

  struct Open {
    std::uint32_t cell;
    std::uint32_t children;
  };
  std::shared_ptr<Document> document_;
  std::vector<Open> open_;
};

/// Rows bound for one table: values of one document, in order. Cheap to copy; any thread may read it.
struct Rows {
  std::shared_ptr<const Document> document;
  std::vector<Ref> rows;
};

}  // namespace lode::json
