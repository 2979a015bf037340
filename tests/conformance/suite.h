// What every destination must do: one suite, run against each.
//
// A destination joins with a traits class, which says how to open it and how to look at what it holds by other means
// than its own, and one line: LODE_DESTINATION_SUITE(Sqlite, SqliteTraits).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "load/destination.h"
#include "support/catch.h"

namespace lode::test {

/// A scratch dataset of one kind of destination; a new object is a new, empty dataset.
class DestinationTraits {
 public:
  virtual ~DestinationTraits() = default;
  /// What open() sets the option of this name to; "": leaves it out.
  std::string replace_strategy;
  /// A connection of its own to the dataset, not connected yet. May be called many times.
  virtual std::unique_ptr<Destination> open() = 0;
  /// The committed rows of a table as lines "1|Ada|null", sorted; nullopt if there is no such table. Must not go
  /// through Destination. A column that the table lacks is null.
  virtual std::optional<std::vector<std::string>> rows(const std::string& table,
                                                       const std::vector<std::string>& columns) = 0;
  /// How the values that types_round_trip() writes come out of rows(), if not as themselves. `what` is "bool",
  /// "timestamp", "date", "time", "decimal", "binary", "json", "double", "second" (a timestamp without a fraction),
  /// "active" (the text that scd2 has for "still holds"); `usual` is how the suite would write it.
  virtual std::string reads_back(const std::string& what, const std::string& usual) const {
    (void)what;
    return usual;
  }
  /// Whether rows that were not committed are kept from other connections. False: those tests are left out.
  virtual bool isolates() const { return true; }
  /// Whether tables have to be made before rows can be loaded.
  virtual bool has_ddl() const { return true; }
  /// SQL that is understood; false: it has no queries.
  virtual bool has_queries() const { return true; }
  /// The least and the greatest integer a bigint column keeps exactly.
  virtual bool keeps_64_bits() const { return true; }
};

#define LODE_DESTINATION_TESTS(X)              \
  X(empty_dataset_knows_nothing)               \
  X(append_adds_rows)                          \
  X(append_of_nested_tables)                   \
  X(several_jobs_of_one_table)                 \
  X(columns_added_inside_a_job)                \
  X(replace_empties_first)                     \
  X(replace_empties_nested_tables)             \
  X(replace_with_a_job_without_rows)           \
  X(replaced_tables_without_jobs)              \
  X(replace_by_every_strategy)                 \
  X(staged_replace_keeps_readers_going)        \
  X(dropped_tables_are_made_anew)              \
  X(emptied_tables_take_new_rows)              \
  X(queries_find_rows)                         \
  X(query_values_have_types)                   \
  X(queries_take_parameters)                   \
  X(queries_only_read)                         \
  X(queries_see_later_loads)                   \
  X(queries_are_stopped)                       \
  X(relations_find_rows)                       \
  X(names_of_schemas)                          \
  X(merge_on_primary_key)                      \
  X(merge_on_composite_key)                    \
  X(merge_on_merge_key)                        \
  X(merge_without_keys_appends)                \
  X(merge_keeps_the_first_of_a_batch)          \
  X(merge_with_dedup_sort)                     \
  X(merge_with_hard_delete)                    \
  X(merge_replaces_nested_rows)                \
  X(merge_dedups_nested_rows)                  \
  X(merge_with_hard_delete_and_nested)         \
  X(merge_after_new_columns)                   \
  X(merge_in_several_jobs)                     \
  X(upsert_updates_and_inserts)                \
  X(upsert_on_composite_key)                   \
  X(upsert_replaces_nested_rows)               \
  X(upsert_dedups_a_batch)                     \
  X(upsert_with_hard_delete)                   \
  X(upsert_after_other_dispositions)           \
  X(merge_with_null_keys)                      \
  X(merge_after_append)                        \
  X(upsert_with_new_columns_and_tables)        \
  X(upsert_skips_unchanged_rows)               \
  X(insert_only_leaves_rows_alone)             \
  X(insert_only_dedups_and_leaves_deleted_out) \
  X(merge_hints_are_checked)                   \
  X(scd2_keeps_versions)                       \
  X(scd2_without_rows_ends_all)                \
  X(scd2_with_nested_tables)                   \
  X(scd2_inserts_a_version_once)               \
  X(scd2_with_merge_keys)                      \
  X(scd2_with_own_columns_and_times)           \
  X(scd2_with_a_row_version)                   \
  X(scd2_with_new_columns)                     \
  X(new_columns_are_null_in_old_rows)          \
  X(loads_and_versions_are_recorded)           \
  X(same_package_twice_is_loaded_once)         \
  X(overtaken_package_is_refused)              \
  X(rollback_leaves_nothing)                   \
  X(rows_are_invisible_until_the_commit)       \
  X(state_round_trip)                          \
  X(schema_round_trip)                         \
  X(early_load_then_commit)                    \
  X(early_load_finished_by_the_package)        \
  X(a_plan_is_what_migrating_does)             \
  X(cancelled_load_leaves_nothing)             \
  X(damaged_job_leaves_nothing)                \
  X(types_round_trip)                          \
  X(odd_names)

// Each test is a function in suite.cpp.
#define LODE_DECLARE_TEST(name) void name(DestinationTraits& traits);
namespace suite {
LODE_DESTINATION_TESTS(LODE_DECLARE_TEST)
}
#undef LODE_DECLARE_TEST

#define LODE_RUN_TEST(name)            \
  SECTION(#name) {                     \
    Traits traits;                     \
    ::lode::test::suite::name(traits); \
  }
/// One test case a destination; each test is a section with a dataset of its own.
#define LODE_DESTINATION_SUITE(Kind, TraitsClass) \
  TEST_CASE("destination suite: " #Kind) {        \
    using Traits = TraitsClass;                   \
    LODE_DESTINATION_TESTS(LODE_RUN_TEST)         \
  }

}  // namespace lode::test
