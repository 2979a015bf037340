// Types of values, and their conversion to the types of columns: dlt's matrix.
#pragma once

#include <string>

#include "json/document.h"
#include "normalize/arena.h"
#include "schema/types.h"

namespace lode {

/// The type that a value has by itself. Integers beyond 64 bits are wei, beyond what wei holds (78 digits or so) text.
/// REQUIRES: not null
DataType native_type(const json::Cell& value);

/// Whether a whole number exceeds what wei columns hold. `digits` as in kBigInt.
bool exceeds_wei(std::string_view digits);

/// Whether dlt takes the value for true: not 0, not "", not an empty list or object, not null.
bool is_truthy(const json::Cell& value);

/// Converts values to the types of columns. Cells that it makes hold text in its arena, valid until the arena is reset.
/// One thread.
class Coercer {
 public:
  explicit Coercer(Arena& arena) : arena_(arena) {}

  /// Converts `*value` (a list or object with the cells behind it) so that a column of type `to` holds it. False when
  /// the value does not fit; `out` is then undefined. REQUIRES: not null; `to` is not kNone
  bool convert(DataType to, const json::Cell* value, json::Cell& out);

  /// What Python's str() says of the value: for text columns, and for hashes of ids.
  bool to_text(const json::Cell* value, json::Cell& out);

 private:
  bool text_cell(json::Kind kind, std::string_view text, json::Cell& out);
  bool to_bigint(const json::Cell& value, json::Cell& out);
  bool to_double(const json::Cell& value, json::Cell& out);
  bool to_decimal(const json::Cell& value, DataType to, json::Cell& out);
  bool to_bool(const json::Cell& value, json::Cell& out);
  bool to_timestamp(const json::Cell& value, json::Cell& out);
  bool to_date(const json::Cell& value, json::Cell& out);
  bool to_time(const json::Cell& value, json::Cell& out);
  bool to_binary(const json::Cell& value, json::Cell& out);
  bool to_json(const json::Cell* value, json::Cell& out);

  Arena& arena_;
  std::string scratch_;
};

}  // namespace lode
