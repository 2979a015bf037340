// The suite: merges by upsert and by insert-only.
#include "base/ids.h"
#include "conformance/merged_resource.h"

namespace lode::test::suite {
namespace {

// Hints of the resource `t`; `more` is further members, with a comma before each.
std::string hints(const std::string& strategy, const std::string& more = R"(, "primary_key": "id")") {
  return R"({"name": "t", "write_disposition": {"disposition": "merge", "strategy": ")" + strategy + "\"}" + more + "}";
}

}  // namespace

void upsert_updates_and_inserts(DestinationTraits& traits) {
  if (!merges(traits)) return;
  MergedResource t(traits, hints("upsert"));
  t.run(R"([{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bob"}])");
  const Lines ids = t.rows("t", {"id", "_dlt_id"});
  t.run(R"([{"id": 2, "name": "Bea"}, {"id": 3, "name": "Cy"}])");
  CHECK(t.rows("t", {"id", "name"}) == Lines{"1|Ada", "2|Bea", "3|Cy"});
  t.run(R"([{"id": 1}, {"id": 3, "name": "Cyd"}])");  // what the row lacks now is null
  CHECK(t.rows("t", {"id", "name", "_dlt_load_id"}) ==
        Lines{"1|null|1700000003.000000", "2|Bea|1700000002.000000", "3|Cyd|1700000003.000000"});
  // Ids are made of keys: they stay, and nothing else is in them.
  const Lines now = t.rows("t", {"id", "_dlt_id"});
  CHECK(std::vector<std::string>(now.begin(), now.begin() + 2) == ids);
  for (const std::string& line : now) CHECK(line.size() == 2 + kRowIdBytes);
}

void upsert_on_composite_key(DestinationTraits& traits) {
  if (!merges(traits)) return;
  MergedResource t(traits, hints("upsert", R"(, "primary_key": ["region", "id"])"));
  t.run(R"([{"region": "eu", "id": 1, "v": 1}, {"region": "us", "id": 1, "v": 2}])");
  t.run(R"([{"region": "us", "id": 1, "v": 3}, {"region": "eu", "id": 2, "v": 4}])");
  CHECK(t.rows("t", {"region", "id", "v"}) == Lines{"eu|1|1", "eu|2|4", "us|1|3"});
}

void upsert_replaces_nested_rows(DestinationTraits& traits) {
  if (!merges(traits)) return;
  MergedResource t(traits, hints("upsert"));
  t.run(R"([{"id": 1, "l": [{"s": "a", "m": [1, 2]}, {"s": "b"}]}, {"id": 2, "l": [{"s": "c", "m": [3]}]},
            {"id": 3, "l": [{"s": "d"}]}])");
  CHECK(t.rows("t__l", {"s"}) == Lines{"a", "b", "c", "d"});
  t.run(R"([{"id": 1, "l": [{"s": "a2", "m": [2]}]}, {"id": 3}, {"id": 4, "l": [{"s": "e", "m": [4]}]}])");
  CHECK(t.rows("t__l", {"s"}) == Lines{"a2", "c", "e"});
  CHECK(t.rows("t__l__m", {"value"}) == Lines{"2", "3", "4"});
  t.run(R"([{"id": 1}, {"id": 4}])");  // no nested row at all
  CHECK(t.rows("t__l", {"s"}) == Lines{"c"});
  CHECK(t.rows("t__l__m", {"value"}) == Lines{"3"});
  for (const std::string& id : t.rows("t__l", {"_dlt_root_id"})) CHECK(id.size() == kRowIdBytes);
}

void upsert_dedups_a_batch(DestinationTraits& traits) {
  if (!merges(traits)) return;
  SECTION("the first counts, with its nested rows") {
    MergedResource t(traits, hints("upsert"));
    t.run(R"([{"id": 1, "v": 1, "l": ["x"]}])");
    t.run(R"([{"id": 1, "v": 2, "l": ["a"]}, {"id": 2, "v": 9, "l": ["n", "o"]}, {"id": 1, "v": 3, "l": ["b", "c"]},
              {"id": 2, "v": 8}])");
    CHECK(t.rows("t", {"id", "v"}) == Lines{"1|2", "2|9"});
    CHECK(t.rows("t__l", {"value"}) == Lines{"a", "n", "o"});
  }
  for (const std::string order : {"desc", "asc"}) {
    SECTION("dedup_sort " + order + ": rows without a value for it come last") {
      MergedResource t(traits,
                       hints("upsert", R"(, "primary_key": "id", "columns": {"v": {"dedup_sort": ")" + order + "\"}}"));
      t.run(R"([{"id": 1, "v": null, "l": ["none"]}, {"id": 1, "v": 2, "l": ["two", "2"]}, {"id": 1, "v": 7, "l": []},
                {"id": 1, "v": 1, "l": ["one"]}])");
      CHECK(t.rows("t", {"id", "v"}) == Lines{order == "desc" ? "1|7" : "1|1"});
      const auto nested = traits.rows("t__l", {"value"});
      CHECK(nested.value_or(Lines{}) == (order == "desc" ? Lines{} : Lines{"one"}));
    }
  }
  SECTION("the same row twice") {
    MergedResource t(traits, hints("upsert"));
    t.run(R"([{"id": 1, "l": ["a", "b"]}, {"id": 1, "l": ["a", "b"]}])");
    CHECK(t.rows("t__l", {"value"}) == Lines{"a", "b"});
  }
}

void upsert_with_hard_delete(DestinationTraits& traits) {
  if (!merges(traits)) return;
  SECTION("bool") {
    MergedResource t(traits, hints("upsert", R"(, "primary_key": "id", "columns": {"gone": {"data_type": "bool",
      "hard_delete": true}})"));
    t.run(R"([{"id": 1, "gone": false, "l": [1]}, {"id": 2, "l": [2]}, {"id": 3, "gone": true, "l": [3]}])");
    CHECK(t.rows("t", {"id"}) == Lines{"1", "2"});  // 3 was never there, and is not inserted
    CHECK(t.rows("t__l", {"value"}) == Lines{"1", "2"});
    t.run(R"([{"id": 1, "gone": true, "l": [1]}, {"id": 2, "gone": false, "l": [2, 2]}, {"id": 9, "gone": true}])");
    CHECK(t.rows("t", {"id"}) == Lines{"2"});
    CHECK(t.rows("t__l", {"value"}) == Lines{"2", "2"});
    t.run(R"([{"id": 1, "l": [5]}])");  // it comes back
    CHECK(t.rows("t", {"id"}) == Lines{"1", "2"});
    CHECK(t.rows("t__l", {"value"}) == Lines{"2", "2", "5"});
  }
  SECTION("another type: what is not null is deleted") {
    MergedResource t(traits, hints("upsert", R"(, "primary_key": "id", "columns": {"gone_at": {"data_type": "timestamp",
      "hard_delete": true}})"));
    t.run(R"([{"id": 1}, {"id": 2}])");
    t.run(R"([{"id": 1, "gone_at": "2024-01-01T00:00:00Z"}, {"id": 2, "gone_at": null, "v": 1}])");
    CHECK(t.rows("t", {"id", "v"}) == Lines{"2|1"});
  }
  SECTION("of one batch: the row that counts decides") {
    MergedResource t(traits, hints("upsert", R"(, "primary_key": "id", "columns": {"gone": {"data_type": "bool",
      "hard_delete": true}, "n": {"dedup_sort": "desc"}})"));
    t.run(R"([{"id": 1, "n": 1}, {"id": 2, "n": 1}])");
    t.run(R"([{"id": 1, "n": 2, "gone": true}, {"id": 1, "n": 3, "gone": false}, {"id": 2, "n": 5, "gone": true},
              {"id": 2, "n": 4, "l": [1]}])");
    CHECK(t.rows("t", {"id", "n"}) == Lines{"1|3"});
    CHECK(t.rows("t__l", {"value"}).empty());
  }
}

void upsert_after_other_dispositions(DestinationTraits& traits) {
  if (!merges(traits)) return;
  // Rows with random ids: their nested rows go when they are updated.
  MergedResource t(traits, hints("delete-insert"));
  t.run(R"([{"id": 1, "l": [1, 2]}, {"id": 2, "l": [3]}])");
  t.set_hints(hints("upsert"));
  t.run(R"([{"id": 1, "l": [4]}])");
  CHECK(t.rows("t", {"id"}) == Lines{"1", "2"});
  CHECK(t.rows("t__l", {"value"}) == Lines{"3", "4"});
}

// Nested rows that were appended do not name their root row; from the first merge on they do.
void merge_after_append(DestinationTraits& traits) {
  if (!merges(traits)) return;
  for (const char* strategy : {"delete-insert", "upsert"}) {
    DYNAMIC_SECTION(strategy) {
      MergedResource t(traits, R"({"name": "t"})");
      t.run(
          R"([{"id": 1, "l": [{"s": "a", "m": [{"k": 1, "n": [10]}]}]},
                {"id": 2, "l": [{"s": "b", "m": [{"k": 2}]}]}])");
      t.set_hints(hints(strategy));
      t.run(R"([{"id": 1, "l": [{"s": "c"}]}])");  // without rows for the tables further down
      CHECK(t.rows("t", {"id"}) == Lines{"1", "2"});
      CHECK(t.rows("t__l", {"s"}) == Lines{"b", "c"});
      CHECK(t.rows("t__l__m", {"k"}) == Lines{"2"});
      CHECK(t.rows("t__l__m__n", {"value"}).empty());
      t.run(R"([{"id": 2, "l": [{"s": "d", "m": [{"k": 4, "n": [40]}]}]}])");
      CHECK(t.rows("t__l__m", {"k"}) == Lines{"4"});
      t.run(R"([{"id": 2}])");
      CHECK(t.rows("t__l", {"s"}) == Lines{"c"});
      CHECK(t.rows("t__l__m__n", {"value"}).empty());
    }
  }
}

void upsert_with_new_columns_and_tables(DestinationTraits& traits) {
  if (!merges(traits)) return;
  MergedResource t(traits, hints("upsert"));
  t.run(R"([{"id": 1, "v": 1}, {"id": 2, "v": 2}])");
  t.run(R"([{"id": 2, "w": "x", "l": [{"s": 1}]}, {"id": 3, "v": "text", "l": [{"s": 2, "u": true}]}])");
  CHECK(t.rows("t", {"id", "v", "w", "v__v_text"}) == Lines{"1|1|null|null", "2|null|x|null", "3|null|null|text"});
  CHECK(t.rows("t__l", {"s"}) == Lines{"1", "2"});
}

void upsert_skips_unchanged_rows(DestinationTraits& traits) {
  if (!merges(traits)) return;
  const std::string with_version =
      R"({"name": "t", "primary_key": "id", "write_disposition": {"disposition": "merge", "strategy": "upsert",
          "skip_unchanged_rows": true, "row_version_column_name": "n"}})";
  SECTION("all columns count") {
    MergedResource t(traits, R"({"name": "t", "primary_key": "id", "write_disposition": {"disposition": "merge",
      "strategy": "upsert", "skip_unchanged_rows": true}})");
    t.run(R"([{"id": 1, "v": 1}, {"id": 2, "v": null}, {"id": 3, "v": 3}])");
    t.run(R"([{"id": 1, "v": 1}, {"id": 2, "v": 2}, {"id": 3}])");
    CHECK(t.rows("t", {"id", "v", "_dlt_load_id"}) ==
          Lines{"1|1|1700000001.000000", "2|2|1700000002.000000", "3|null|1700000002.000000"});
  }
  SECTION("only the version counts") {
    MergedResource t(traits, with_version);
    t.run(R"([{"id": 1, "n": 1, "v": 1}, {"id": 2, "n": 1, "v": 1}])");
    t.run(R"([{"id": 1, "n": 1, "v": 2}, {"id": 2, "n": 2, "v": 2}])");
    CHECK(t.rows("t", {"id", "v"}) == Lines{"1|1", "2|2"});
  }
}

void insert_only_leaves_rows_alone(DestinationTraits& traits) {
  if (!merges(traits)) return;
  MergedResource t(traits, hints("insert-only"));
  t.run(R"([{"id": 1, "v": 1, "l": [1]}, {"id": 2, "v": 2}])");
  t.run(R"([{"id": 1, "v": 9, "l": [8, 9]}, {"id": 2, "l": [7]}, {"id": 3, "v": 3, "l": [3, {"m": [4]}]}])");
  CHECK(t.rows("t", {"id", "v"}) == Lines{"1|1", "2|2", "3|3"});
  CHECK(t.rows("t__l", {"value"}) == Lines{"1", "3", "null"});  // none of rows that were skipped
  CHECK(t.rows("t__l__m", {"value"}) == Lines{"4"});
  t.run(R"([{"id": 3, "v": 4}])");
  CHECK(t.rows("t", {"id", "v"}) == Lines{"1|1", "2|2", "3|3"});
}

void insert_only_dedups_and_leaves_deleted_out(DestinationTraits& traits) {
  if (!merges(traits)) return;
  MergedResource t(traits,
                   hints("insert-only", R"(, "primary_key": ["a", "b"], "columns": {"gone": {"data_type": "bool",
    "hard_delete": true}, "n": {"dedup_sort": "desc"}})"));
  t.run(R"([{"a": 1, "b": 1, "n": 1, "l": [1]}, {"a": 1, "b": 1, "n": 2, "l": [2, 2]},
            {"a": 1, "b": 2, "n": 1, "gone": true, "l": [3]}, {"a": 2, "b": 1, "n": 1, "l": [4]},
            {"a": 2, "b": 1, "n": 2, "gone": true}])");
  CHECK(t.rows("t", {"a", "b", "n"}) == Lines{"1|1|2"});
  CHECK(t.rows("t__l", {"value"}) == Lines{"2", "2"});
  t.run(R"([{"a": 1, "b": 1, "n": 9, "gone": true}, {"a": 1, "b": 2, "n": 1, "l": [5]}])");
  CHECK(t.rows("t", {"a", "b", "n"}) == Lines{"1|1|2", "1|2|1"});
  CHECK(t.rows("t__l", {"value"}) == Lines{"2", "2", "5"});
}

void merge_hints_are_checked(DestinationTraits& traits) {
  if (!merges(traits)) return;
  const auto fails = [&](const std::string& hints) {
    MergedResource t(traits, hints);
    const Status status = t.try_run(R"([{"id": 1}])");
    CHECK_FALSE(traits.rows("t", {"id"}).has_value());
    return status.message();
  };
  CHECK(fails(hints("upsert", "")).find("table 't': merging by upsert needs a primary key") != std::string::npos);
  CHECK(fails(hints("insert-only", R"(, "merge_key": "id")")).find("by insert-only needs a primary key") !=
        std::string::npos);
  CHECK(fails(hints("upsrt")).find("there is no merge strategy 'upsrt'") != std::string::npos);
  CHECK(fails(hints("upsert", R"(, "primary_key": "id", "columns": {"a": {"data_type": "bool", "hard_delete": true},
    "b": {"data_type": "bool", "hard_delete": true}})"))
            .find("only one column can be hard_delete, not a, b") != std::string::npos);
  CHECK(fails(hints("delete-insert", R"(, "primary_key": "id", "columns": {"a": {"data_type": "bool", "dedup_sort":
    "asc"}, "b": {"data_type": "bool", "dedup_sort": "desc"}})"))
            .find("only one column can be dedup_sort, not a, b") != std::string::npos);
}

}  // namespace lode::test::suite
