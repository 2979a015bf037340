// Destination: where packages end up. What a newcomer implements to add one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "load/query_rows.h"
#include "package/load_package.h"
#include "package/pipeline_state.h"
#include "schema/merge_strategy.h"
#include "schema/schema.h"

namespace lode {

struct Dialect;

/// How the rows of a load take the place of those before. Readers never see half of it.
enum class ReplaceStrategy {
  kTruncateAndInsert,  ///< empties the tables, then loads: what reads them waits for the commit
  kInsertFromStaging,  ///< loads beside them; empties and copies in the commit
  kStagingOptimized,   ///< loads new tables and renames them in the commit: no copy, but grants and views are lost
};
/// dlt's word: "truncate-and-insert", "insert-from-staging", "staging-optimized".
std::string_view replace_strategy_name(ReplaceStrategy strategy);

/// Facts the engine consults instead of asking "which database is this?". Plain data.
struct Capabilities {
  std::string naming;                       ///< the naming convention that it prefers; "": none
  std::uint32_t identifier_length_max = 0;  ///< code points; 0: no limit
  std::uint32_t columns_max = 2000;
  bool transactions = true;                  ///< rows, DDL, loads row and state become visible in one step
  bool loads_while_extracting = false;       ///< load() may be called before the package is sealed
  std::uint32_t parallel_load_jobs_max = 1;  ///< job files that load_jobs() loads at the same time
  std::vector<ReplaceStrategy> replace_strategies = {ReplaceStrategy::kTruncateAndInsert};  ///< the default first
  /// How it can merge, what it does unless told otherwise first; empty: append and replace only.
  std::vector<MergeStrategy> merge_strategies = {MergeStrategy::kDeleteInsert};
};

/// The state from which a package's cursors went on: it must still be the newest when the package is committed. A run
/// that was overtaken by another one of its pipeline would bring the same rows a second time.
struct StateBefore {
  std::string pipeline;
  std::string content_hash;  ///< "": the destination had none
};

/// What the loads table says of a commit, and on what condition it is made.
struct CommitRecord {
  std::string load_id;
  std::string schema_name;
  std::string schema_version_hash;
  std::int64_t inserted_at_us = 0;
  std::optional<StateBefore> follows = std::nullopt;  ///< nullopt: on none
};

/// What was loaded, for the report.
struct TableLoad {
  std::string table;
  std::uint64_t rows = 0;
};

/// What migrate() would do.
struct MigrationPlan {
  struct Statement {
    std::string table;  ///< "": the dataset itself
    std::string sql;
  };
  SchemaChange change;
  std::vector<Statement> statements;  ///< in order, for people; empty where there is no DDL
};

/// Hears how the jobs of a load go: each is started, then loaded or failed. One call at a time, though not always on
/// the same thread.
class JobListener {
 public:
  virtual ~JobListener() = default;
  virtual void job_started(const Job& job) = 0;
  virtual void job_loaded(const Job& job) = 0;
  virtual void job_failed(const Job& job) = 0;
};

/// Called in this order: connect; then saved_state, saved_schema, is_loaded, query in any order; then per package:
/// begin, drop_tables and empty_tables if at all, (migrate, load_jobs…) any number of times, commit or rollback; close
/// at the end. One thread at a time calls it, not always the same one. Errors: after any error between begin and commit
/// the loader rolls back. Codes that are retryable make it wait, ask is_loaded (the reply to a commit can be lost after
/// the work was done) and begin the package again; all others end the load. So no call but rollback has to undo what it
/// did by half, and begin must be possible after every failure.
class Destination {
 public:
  virtual ~Destination() = default;
  virtual const Capabilities& capabilities() const = 0;
  /// "sqlite:///srv/shop.db", without secrets: for reports and messages.
  virtual std::string display() const = 0;
  /// dlt's name for the kind, kept in the state: "dlt.destinations.sqlalchemy".
  virtual std::string_view dlt_type() const = 0;

  /// Finds out whether a load could succeed, as far as that can be known without writing. Creates nothing. Again: no
  /// effect.
  virtual Status connect() = 0;
  /// Instead of connect(), by who only looks: writes nothing, not even a lock beside the data, and needs no right to.
  /// From then on only saved_…, is_loaded, newest_load_id, plan_migration and close may be called.
  virtual Status connect_read_only() { return connect(); }
  /// Likewise, by who asks queries, now and later: sees what others commit meanwhile. What would write is refused.
  virtual Status connect_to_query() { return connect_read_only(); }
  /// State of the newest committed load; nullopt if this pipeline never loaded here.
  virtual Result<std::optional<PipelineState>> saved_state(std::string_view pipeline) = 0;
  /// The newest schema of this name; nullopt if there is none.
  virtual Result<std::optional<Schema>> saved_schema(std::string_view name) = 0;
  /// The idempotence key: whether a load of this id was committed.
  virtual Result<bool> is_loaded(std::string_view load_id) = 0;
  /// The greatest load id ever committed, "" if none: new ids must be greater.
  virtual Result<std::string> newest_load_id() = 0;

  /// The newest schemas of all names that are stored here, the newest of all first.
  virtual Result<std::vector<std::string>> saved_schema_names() { return std::vector<std::string>(); }
  /// Asks in the destination's own language; tables without a qualifier are those of the dataset. `parameters` go to
  /// its placeholders, written ? or $1 everywhere (sql/placeholders.h). A stop ends it, also between two rows. Not
  /// between begin and commit. Errors: kNotFound when there is no dataset yet, those of the database, kQueryParameters,
  /// kCancelled, kDestinationRefused where there is nothing to ask.
  virtual Result<std::unique_ptr<QueryRows>> query(const std::string& sql, const std::vector<json::Value>& parameters,
                                                   std::stop_token stop = {});
  /// How queries are spelt: the dialect, and a table's name ready for SQL. Null and "": there is nothing to ask. After
  /// a connect only.
  virtual const Dialect* query_dialect() { return nullptr; }
  virtual std::string query_name(std::string_view table);

  /// Begins the transaction of one package. Others may have to wait from here on.
  virtual Status begin(std::string_view load_id) = 0;
  /// What a refresh does before the rows come: drops tables (parents first in the list), where they are there, and the
  /// stored versions of the schema, so that they are made again. Before migrate() and load().
  virtual Status drop_tables(const std::vector<std::string>& tables, std::string_view schema_name) = 0;
  /// Likewise: deletes all rows of tables, where they are there.
  virtual Status empty_tables(const std::vector<std::string>& tables) = 0;
  /// Makes the dataset able to hold `schema`'s tables that have rows: creates and adds, never drops. Returns what it
  /// did.
  virtual Result<SchemaChange> migrate(const Schema& schema) = 0;
  /// What migrate() would do now. Changes nothing and needs no begin().
  virtual Result<MigrationPlan> plan_migration(const Schema&) { return MigrationPlan(); }
  /// Loads jobs as load() does, in any order; several at a time where it can and it pays. Ends with the first error.
  virtual Status load_jobs(const std::vector<const Job*>& jobs, const Schema& schema, std::stop_token stop,
                           JobListener& listener);
  /// Loads one job. The first job of a table with disposition replace, or of one of its nested tables, empties them
  /// all, even if it has no rows; rows of merge tables go to staging. Creates the job's table if migrate() did not.
  /// REQUIRES: `schema` has the table and all columns of the job.
  virtual Status load(const Job& job, const Schema& schema, std::stop_token stop) = 0;
  /// kOvertaken when `record.follows` is no longer the state. Runs merges, empties `replaced` tables that got no rows,
  /// records schema version and load, and makes all visible at once.
  virtual Status commit(const CommitRecord& record, const Schema& schema, const std::vector<std::string>& replaced) = 0;
  /// Undoes everything since begin(). Also safe when begin() was never called.
  virtual void rollback() noexcept = 0;
  /// What was loaded otherwise than the schema says, since the last call: lines for people.
  virtual std::vector<std::string> take_warnings() { return {}; }
  virtual void close() noexcept = 0;

 protected:
  /// For commit(): whether `before` is still the state of its pipeline. Errors: kOvertaken.
  Status check_follows(const StateBefore& before);
};

}  // namespace lode
