// Shapes: what the normalizer has learned about rows at one place of the data. The fast path lives on them.
//
// Rows of one table look alike. So for every object at every place, its fields are remembered in the order in which
// they came last, each with what is to be done with its value: the slot of its column, the shape of the object that it
// holds, the shape of the rows in the list that it holds. A row of a known shape then costs one comparison of keys a
// field and no naming, no hashing, no look-up in the schema. Whatever a shape does not know is left to the slow path,
// which does what dlt does, and from which shapes learn.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/text_index.h"
#include "base/text_map.h"
#include "json/document.h"
#include "normalize/table_state.h"

namespace lode {

struct Field;
struct ObjectShape;
struct RowShape;

/// What to do with the values of one field: what the fast path needs of it in any case. Half a cache line, as the rows
/// of wide tables are otherwise spent waiting for memory.
struct FieldPlan {
  const char* key = nullptr;  ///< bytes as they are in the data
  std::uint32_t key_size = 0;
  std::int32_t slot = TableState::kNone;  ///< for scalars, and for values that stay nested
  DataType type = DataType::kNone;        ///< of that slot
  bool null_ok = false;                   ///< null may be passed over
  bool in_place = false;                  ///< objects and lists stay what they are: JSON text in the slot
  bool flattens = false;                  ///< objects become columns of the row
  bool always_slow = false;               ///< collides with another field, or names a column of the engine
  Field* field = nullptr;

  std::string_view key_text() const { return {key, key_size}; }
};
static_assert(sizeof(FieldPlan) == 32);

/// The rest of a field. Stays at its address; its plan does not.
struct Field {
  ObjectShape* in = nullptr;
  std::uint32_t position = 0;  ///< of its plan in `in->order`
  std::uint32_t place = 0;     ///< in the object at hand, if `seen` is the present mark of `in`
  std::uint64_t seen = 0;
  std::string_view column;        ///< the name that its values have as columns, whether there is such a column or not
  bool owns_column = false;       ///< RowShape::columns has it under that name
  ObjectShape* object = nullptr;  ///< the fields of the objects that it held
  RowShape* list = nullptr;       ///< for lists that become child tables
  /// Slots of variant columns by native_type(), for values that do not fit the plan's type. Made when the first one is
  /// seen.
  using Variants = std::array<std::int32_t, 12>;
  std::unique_ptr<Variants> variants;

  FieldPlan& plan() const;
  /// Forgets what to do with values. What the field is called stays.
  void forget();
};

/// The fields of an object at one place.
struct ObjectShape {
  RowShape* row = nullptr;
  std::vector<std::string> path;  ///< normalized keys from the row to this object
  std::int64_t level = 0;         ///< how many more levels may be flattened

  std::vector<FieldPlan> order;  ///< as the fields came last

  /// The field of a key, null if it is unknown.
  Field* find(std::string_view key);
  /// A field without a plan for anything. `key` outlives the shape. REQUIRES: the key is unknown.
  Field& add(std::string_view key, std::string_view column);
  /// Puts `order` in the order of this object. False if it repeats a key or has an unknown one.
  bool untangle(const json::Cell* object);
  /// A value of Field::seen that no field has yet.
  std::uint64_t new_mark() { return ++mark_; }
  void forget();

 private:
  std::deque<Field> fields_;
  TextIndex index_;  ///< of fields_, by key
  std::uint64_t mark_ = 0;
};

/// Values that parents hand down to all their descendants: column and value.
struct Inheritance {
  std::vector<std::pair<std::string, json::Cell>> values;
  std::uint64_t version = 0;  ///< grows when the columns change, not when the values do
};

/// The rows at one place: the rows of a resource, or the items of a list at one path inside them.
struct RowShape {
  TableState* table = nullptr;
  RowShape* parent = nullptr;
  std::vector<std::string> fragments;  ///< of the table's name, from the root table on
  std::string parent_table;            ///< "" for the rows of a resource
  std::int64_t level = 0;
  /// Rows that are not objects are wrapped: the item of a list in a list is {"list": item}. "" for objects as they are.
  std::string wrap_key;

  // Decided by refresh() for the present state of the table.
  std::uint64_t epoch = 0;
  bool is_root = false;  ///< rows get a load id and an id of their own
  bool is_fast = false;  ///< the fast path may try
  std::int32_t load_id_slot = TableState::kNone;
  std::int32_t id_slot = TableState::kNone;
  std::int32_t parent_id_slot = TableState::kNone;
  std::int32_t index_slot = TableState::kNone;
  std::vector<std::pair<std::string, std::string>> propagation;  ///< column of this row -> column of its descendants

  // What descendants of the row in progress inherit; and where inherited values go in this table.
  Inheritance handed_down;
  const Inheritance* inherited = nullptr;
  std::uint64_t inherited_version = 0;
  std::vector<std::int32_t> inherited_slots;

  ObjectShape object;  ///< of the row itself
  ObjectShape single;  ///< one field: the item that is no object, or what is wrapped if wrap_key is set
  std::deque<ObjectShape> inner_objects;
  std::uint64_t names_version = 0;  ///< of the normalizer, when the names in the objects were made
  bool is_crowded = false;          ///< an object has more fields than it pays to remember
  /// Column name -> its field, to notice when two fields become one column.
  std::unordered_map<std::string_view, Field*> columns;

  TextMap<std::unique_ptr<RowShape>> children;  ///< by path of the list, fragments separated by NUL
  Field* source = nullptr;                      ///< the field of the parent's rows that holds these lists, once known
  std::unique_ptr<RowShape> wrapper;            ///< for items that are not objects
};

}  // namespace lode
