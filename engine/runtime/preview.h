// Preview: what a run would make of its data, without a destination being touched and without a trace on disk. A run
// with PipelineSpec::preview is one; its pipes, normalizer and schema are those of any run.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "extract/source.h"
#include "load/destination.h"
#include "normalize/row_sink.h"
#include "runtime/schema_diff.h"
#include "schema/schema.h"

namespace lode {

struct PreviewOptions {
  /// Rows taken of each resource. Absent: so many rows that types settle, and of what is slow less: few pages of each
  /// resource, few calls of each transformer.
  std::optional<std::uint64_t> limit;
  std::uint64_t rows_shown = 5;  ///< of each table
  bool compares = false;         ///< looks at the destination: state, schema, tables

  /// {limit, rows_shown, compare}, all optional; or true. Errors: kUsage.
  static Result<PreviewOptions> from_json(const json::Value& value);
};

/// The source with the preview's limits on all its resources, also on those that transformers read from. Limits of the
/// script's own that are lower stay.
std::shared_ptr<const Source> limited_source(const Source& source, const PreviewOptions& options);

/// A destination that tells what it can and cannot be written to. Unless `looks`, it is not connected either, and
/// nothing seems to be there. All that would change something is a bug.
std::unique_ptr<Destination> look_only(std::unique_ptr<Destination> destination, bool looks);

/// Counts the rows of each table and keeps the first ones. Used by one thread.
class PreviewSink : public RowSink {
 public:
  static constexpr std::size_t kTextBytesMax = 10'000;  ///< of a value that is kept; what is longer ends in "…"

  struct TableRows {
    std::string name;
    std::uint64_t count = 0;
    std::vector<json::Value> first;  ///< objects; nulls are left out
  };

  explicit PreviewSink(std::uint64_t rows_kept) : rows_kept_(rows_kept) {}
  void add_table(std::string_view name) override;
  Status add_column(std::size_t table, const RowColumn& column) override;
  Status write(std::size_t table, std::span<const json::Cell> cells) override;
  Status end_page() override { return {}; }

  const TableRows* find(std::string_view table) const;  ///< null: the table got no rows
  std::map<std::string, std::uint64_t> row_counts() const;

 private:
  const std::uint64_t rows_kept_;
  std::vector<TableRows> tables_;
  std::vector<std::vector<std::string>> columns_;  ///< names, by table
};

/// What a preview found. A value.
struct Preview {
  struct ResourceRow {
    std::string name;
    std::uint64_t rows = 0;
    std::uint64_t pages = 0;
    std::uint64_t requests = 0;
    bool selected = true;  ///< false: read only for the transformers that it feeds
    bool limited = false;  ///< ended by a limit: there may be more
  };
  /// Where the rows would have gone, and what a run would change there.
  struct Comparison {
    std::string destination;  ///< "sqlite:///shop.db"
    std::vector<TableDiff> tables;
    std::vector<MigrationPlan::Statement> statements;  ///< DDL, in order
    TableCleanup cleanup;                              ///< of a refresh: what a run would drop or empty before that
  };
  std::string pipeline;
  std::string dataset;
  std::vector<ResourceRow> resources;
  std::vector<std::string> warnings;
  std::optional<Comparison> comparison;
  /// The whole of it, as docs/cli.md describes it. Tables of users' rows that got some, in the order of the
  /// resources, parents before their children.
  json::Value to_json(const Schema& schema, const PreviewSink& rows) const;
};

}  // namespace lode
