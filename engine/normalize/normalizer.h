// Normalizer: pages of nested values become rows of flat tables.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/document.h"
#include "package/load_package.h"
#include "schema/hints.h"
#include "schema/naming.h"
#include "schema/schema.h"

namespace lode {

class RowSink;

/// A row that breaks the contract of its table, or that its columns cannot hold.
struct Violation {
  std::string table;
  std::string reason;    ///< one line, naming the column
  std::string contract;  ///< "columns = freeze"; "": a value that a column cannot hold
  std::string path;      ///< in the page
  json::Ref row;         ///< the row, or the item of a list, that is left out; as it came
};
using TakeViolation = std::function<void(Violation)>;

/// Where and how rows are normalized.
struct NormalizerOptions {
  std::string load_id;
  std::uint32_t columns_max = 2000;  ///< of one table, by the destination
  /// Whether merge strategies of the destination need the root key in child tables (delete-insert does).
  bool merge_needs_root_key = true;
  /// Ids that are hashes of keys get a number (schema.h: kRowMark), for destinations that merge staged rows.
  bool marks_keyed_rows = false;
  /// What of a value an error may show: its JSON text, given the name of its field. Empty: all of it.
  std::function<std::string(std::string_view field, std::string_view json)> show_value;
};

/// Turns pages of nested values into rows of flat tables and infers their columns, exactly as dlt does (relational
/// normalizer). Owned by one thread; changes `schema` and writes to `package`, which both outlive it.
/// The idea: each table remembers the shape of the rows it has seen (which key leads to which column), so a row of a
/// known shape costs one comparison a key. Anything new takes the slow path, which follows dlt's algorithm step by
/// step.
class Normalizer {
 public:
  Normalizer(std::shared_ptr<const Naming> naming, Schema& schema, PackageWriter& package, NormalizerOptions options);
  /// The same rows to any other place; `sink` outlives the normalizer.
  Normalizer(std::shared_ptr<const Naming> naming, Schema& schema, RowSink& sink, NormalizerOptions options);
  ~Normalizer();

  /// Puts the tables of a resource into the schema, as schema/hints.h: declare_resource() does, and remembers which
  /// tables the contract forbids: their rows are left out. Call it before the resource's rows come.
  Status declare(const ResourceHints& hints);
  /// Appends `rows` to the root table `table` (a name as the user wrote it) and to its child tables. A table that was
  /// not declared is made, named as its own resource. Errors name table, column, JSON path and value: kCoercion,
  /// kNullViolation, kContractViolated, kTooManyColumns. After an error the package has half of the page and must be
  /// given up.
  Status add(std::string_view table, const json::Rows& rows);
  /// From now on rows that break a contract, or do not fit, are handed to `take` and left out, and the run goes on
  /// (of discard_value only the value is left out); null: they are errors, or left out in silence. Call it before
  /// declare() and add() of a resource. Every such row goes the slow way.
  void quarantine(TakeViolation take);
  /// The row of the page that add() was at when it failed.
  std::size_t row_in_page() const;
  /// After the last page: marks tables that have rows, checks declared keys that never appeared (kUnboundColumn).
  Status finish();
  /// What was added to the schema since the normalizer was made.
  const SchemaChange& changes() const;
  /// After finish(): sentences for people, about columns that never had a value and the like.
  const std::vector<std::string>& warnings() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lode
