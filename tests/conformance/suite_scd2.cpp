// The suite: merges by scd2.
#include "conformance/merged_resource.h"

namespace lode::test::suite {
namespace {

std::string hints(const std::string& options = "", const std::string& more = "") {
  return R"({"name": "t", "write_disposition": {"disposition": "merge", "strategy": "scd2")" + options + "}" + more +
         "}";
}

const std::vector<std::string> kVersions = {"id", "v", "_dlt_valid_from", "_dlt_valid_to"};

}  // namespace

void scd2_keeps_versions(DestinationTraits& traits) {
  if (!merges(traits)) return;
  MergedResource t(traits, hints());
  const auto at = [&](int run) { return t.time_of_run(run); };
  t.run(R"([{"id": 1, "v": "a"}, {"id": 2, "v": "b"}])");
  CHECK(t.rows("t", kVersions) == Lines{"1|a|" + at(1) + "|null", "2|b|" + at(1) + "|null"});
  t.run(R"([{"id": 1, "v": "A"}, {"id": 2, "v": "b"}, {"id": 3, "v": "c"}])");
  CHECK(t.rows("t", kVersions) == Lines{"1|A|" + at(2) + "|null", "1|a|" + at(1) + "|" + at(2),
                                        "2|b|" + at(1) + "|null", "3|c|" + at(2) + "|null"});
  // 3 goes, 1 is as it was in the first run.
  t.run(R"([{"id": 1, "v": "a"}, {"id": 2, "v": "b"}])");
  CHECK(t.rows("t", kVersions) == Lines{"1|A|" + at(2) + "|" + at(3), "1|a|" + at(1) + "|" + at(2),
                                        "1|a|" + at(3) + "|null", "2|b|" + at(1) + "|null",
                                        "3|c|" + at(2) + "|" + at(3)});
  t.run(R"([{"id": 1, "v": "a"}, {"id": 2, "v": "b"}, {"id": 3, "v": "c"}])");
  CHECK(t.rows("t", {"id", "v", "_dlt_valid_to"}) ==
        Lines{"1|A|" + at(3), "1|a|" + at(2), "1|a|null", "2|b|null", "3|c|" + at(3), "3|c|null"});
}

void scd2_without_rows_ends_all(DestinationTraits& traits) {
  if (!merges(traits)) return;
  MergedResource t(traits, hints());
  t.run(R"([{"id": 1, "l": [1]}, {"id": 2}])");
  t.run("");
  CHECK(t.rows("t", {"id", "_dlt_valid_to"}) == Lines{"1|" + t.time_of_run(2), "2|" + t.time_of_run(2)});
  t.run(R"([{"id": 2}])");
  CHECK(t.rows("t", {"id", "_dlt_valid_to"}) == Lines{"1|" + t.time_of_run(2), "2|" + t.time_of_run(2), "2|null"});
}

void scd2_with_nested_tables(DestinationTraits& traits) {
  if (!merges(traits)) return;
  MergedResource t(traits, hints());
  t.run(R"([{"id": 1, "l": [{"s": "a", "m": [1]}]}, {"id": 2, "l": [{"s": "b"}]}])");
  t.run(R"([{"id": 1, "l": [{"s": "a", "m": [1, 2]}]}, {"id": 2, "l": [{"s": "b"}]}])");  // only the innermost list
                                                                                          // changed
  CHECK(t.rows("t", {"id", "_dlt_valid_to"}) == Lines{"1|" + t.time_of_run(2), "1|null", "2|null"});
  CHECK(t.rows("t__l", {"s"}) == Lines{"a", "a", "b"});
  CHECK(t.rows("t__l__m", {"value"}) == Lines{"1", "1", "2"});
  // The first version is back: its nested rows are there already.
  t.run(R"([{"id": 1, "l": [{"s": "a", "m": [1]}]}, {"id": 2, "l": [{"s": "b"}]}])");
  CHECK(t.rows("t", {"id"}).size() == 4);
  CHECK(t.rows("t__l", {"s"}) == Lines{"a", "a", "b"});
  CHECK(t.rows("t__l__m", {"value"}) == Lines{"1", "1", "2"});
  CHECK(t.schema().find_table("t__l")->find("_dlt_root_id") == nullptr);
}

void scd2_inserts_a_version_once(DestinationTraits& traits) {
  if (!merges(traits)) return;
  MergedResource t(traits, hints());
  t.run(R"([{"id": 1, "l": ["x", "y"]}, {"id": 1, "l": ["x", "y"]}, {"id": 2}])");
  CHECK(t.rows("t", {"id"}) == Lines{"1", "2"});
  CHECK(t.rows("t__l", {"value"}) == Lines{"x", "y"});
}

void scd2_with_merge_keys(DestinationTraits& traits) {
  if (!merges(traits)) return;
  SECTION("a natural key: rows that are absent stay") {
    MergedResource t(traits, hints("", R"(, "merge_key": "id")"));
    t.run(R"([{"id": 1, "v": "a"}, {"id": 2, "v": "b"}])");
    t.run(R"([{"id": 2, "v": "B"}, {"id": 3, "v": "c"}])");
    CHECK(t.rows("t", {"id", "v", "_dlt_valid_to"}) ==
          Lines{"1|a|null", "2|B|null", "2|b|" + t.time_of_run(2), "3|c|null"});
  }
  SECTION("a partition: what is absent of those that are there ends") {
    MergedResource t(traits, hints("", R"(, "merge_key": "day")"));
    t.run(R"([{"day": "mon", "id": 1}, {"day": "mon", "id": 2}, {"day": "tue", "id": 3}])");
    t.run(R"([{"day": "mon", "id": 2}, {"day": "wed", "id": 4}])");
    CHECK(t.rows("t", {"day", "id", "_dlt_valid_to"}) ==
          Lines{"mon|1|" + t.time_of_run(2), "mon|2|null", "tue|3|null", "wed|4|null"});
  }
  SECTION("of several columns: one and eleven is not eleven and one") {
    MergedResource t(traits, hints("", R"(, "merge_key": ["a", "b"])"));
    t.run(R"([{"a": 1, "b": 11, "v": 1}, {"a": 11, "b": 1, "v": 1}])");
    t.run(R"([{"a": 1, "b": 11, "v": 2}])");
    CHECK(t.rows("t", {"a", "b", "v", "_dlt_valid_to"}) ==
          Lines{"11|1|1|null", "1|11|1|" + t.time_of_run(2), "1|11|2|null"});
  }
}

void scd2_with_own_columns_and_times(DestinationTraits& traits) {
  if (!merges(traits)) return;
  const auto options = [](const std::string& boundary) {
    return R"(, "validity_column_names": ["since", "until"], "active_record_timestamp": "9999-12-31",
               "boundary_timestamp": )" +
           boundary;
  };
  MergedResource t(traits, hints(options("\"2024-01-01T00:00:00Z\"")));
  const auto shown = [&](const char* day) { return traits.reads_back("second", std::string(day) + " 00:00:00"); };
  t.run(R"([{"id": 1, "v": 1}, {"id": 2, "v": 1}])");
  t.set_hints(hints(options("\"2024-02-01T01:00:00+01:00\"")));
  t.run(R"([{"id": 1, "v": 2}, {"id": 2, "v": 1}])");
  const std::string active = traits.reads_back("active", shown("9999-12-31"));
  CHECK(t.rows("t", {"id", "v", "since", "until"}) == Lines{"1|1|" + shown("2024-01-01") + "|" + shown("2024-02-01"),
                                                            "1|2|" + shown("2024-02-01") + "|" + active,
                                                            "2|1|" + shown("2024-01-01") + "|" + active});
  t.set_hints(hints(options("null")));  // again the time of the load
  t.run(R"([{"id": 2, "v": 1}])");
  CHECK(t.rows("t", {"id", "v", "until"}) ==
        Lines{"1|1|" + shown("2024-02-01"), "1|2|" + t.time_of_run(3), "2|1|" + active});
}

void scd2_with_a_row_version(DestinationTraits& traits) {
  if (!merges(traits)) return;
  MergedResource t(traits, hints(R"(, "row_version_column_name": "hash")"));
  t.run(R"([{"id": 1, "hash": "h1", "l": [{"m": [1]}]}, {"id": 2, "hash": "h2", "l": [{"m": [2]}]}])");
  // 1 is another version; of 2 the version says that nothing changed, so its nested rows stay out, too.
  t.run(R"([{"id": 1, "hash": "h3", "l": [{"m": [3]}]}, {"id": 2, "hash": "h2", "l": [{"m": [9]}]}])");
  CHECK(t.rows("t", {"id", "hash", "_dlt_valid_to"}) == Lines{"1|h1|" + t.time_of_run(2), "1|h3|null", "2|h2|null"});
  CHECK(t.rows("t__l", {"_dlt_list_idx"}).size() == 3);
  CHECK(t.rows("t__l__m", {"value"}) == Lines{"1", "2", "3"});
}

void scd2_with_new_columns(DestinationTraits& traits) {
  if (!merges(traits)) return;
  MergedResource t(traits, hints());
  t.run(R"([{"id": 1}, {"id": 2}])");
  t.run(R"([{"id": 1, "v": 7, "l": [1]}, {"id": 2}])");
  CHECK(t.rows("t", {"id", "v", "_dlt_valid_to"}) == Lines{"1|7|null", "1|null|" + t.time_of_run(2), "2|null|null"});
  CHECK(t.rows("t__l", {"value"}) == Lines{"1"});
}

}  // namespace lode::test::suite
