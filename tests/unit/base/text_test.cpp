// Splitting, cases, quantities, and guessing what was meant.
#include "base/text.h"

#include <string>
#include <vector>

#include "support/catch.h"

using namespace lode;

TEST_CASE("split keeps empty parts", "[base][text]") {
  CHECK(split("a,b,,c", ',') == std::vector<std::string_view>{"a", "b", "", "c"});
  CHECK(split("", ',') == std::vector<std::string_view>{""});
  CHECK(split(",", ',') == std::vector<std::string_view>{"", ""});
}

TEST_CASE("join is the reverse of split", "[base][text]") {
  CHECK(join({"a", "b", "c"}, ", ") == "a, b, c");
  CHECK(join({}, ", ").empty());
  CHECK(join({"", ""}, "-") == "-");
}

TEST_CASE("trim takes ASCII white space off both ends", "[base][text]") {
  CHECK(trim(" \t\r\n\v\f x y \n") == "x y");
  CHECK(trim("   ").empty());
  CHECK(trim("\xC2\xA0x") == "\xC2\xA0x");  // a no-break space stays
}

TEST_CASE("case changes touch ASCII letters only", "[base][text]") {
  CHECK(to_lower("ÄBC[Z") == "Äbc[z");
  CHECK(to_upper("äbc{z") == "äBC{Z");
  CHECK(equal_ignoring_case("Content-TYPE", "content-type"));
  CHECK_FALSE(equal_ignoring_case("a", "ab"));
  CHECK_FALSE(equal_ignoring_case("[", "{"));
}

TEST_CASE("replace_all does not look at what it put in", "[base][text]") {
  CHECK(replace_all("aaa", "a", "aa") == "aaaaaa");
  CHECK(replace_all("a.b.c", ".", "") == "abc");
  CHECK(replace_all("abc", "x", "y") == "abc");
}

TEST_CASE("digits are grouped by thousands", "[base][text]") {
  CHECK(group_digits(0) == "0");
  CHECK(group_digits(999) == "999");
  CHECK(group_digits(12480) == "12 480");
  CHECK(group_digits(-1234567) == "-1 234 567");
  CHECK(group_digits(-123) == "-123");
}

TEST_CASE("bytes and seconds are shown for people", "[base][text]") {
  CHECK(show_bytes(512) == "512 B");
  CHECK(show_bytes(3'400) == "3.4 KB");
  CHECK(show_bytes(999'949) == "999.9 KB");
  CHECK(show_bytes(999'950) == "1.0 MB");
  CHECK(show_bytes(41'200'000) == "41.2 MB");
  CHECK(show_bytes(5'000'000'000'000) == "5.0 TB");
  CHECK(show_seconds(0.0123) == "12 ms");
  CHECK(show_seconds(0.4) == "0.4 s");
  CHECK(show_seconds(41.2) == "41.2 s");
  CHECK(show_seconds(192) == "3 min 12 s");
  CHECK(show_seconds(7260) == "2 h 1 min");
}

TEST_CASE("shorten cuts between characters", "[base][text]") {
  CHECK(shorten("abc", 3) == "abc");
  CHECK(shorten("abcd", 3) == "abc…");
  CHECK(shorten("aéé", 2) == "a…");
  CHECK(shorten("日本", 0) == "…");
}

TEST_CASE("edit distance counts swaps as one", "[base][text]") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("abc", "acb") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("write_dispostion", "write_disposition") == 1);
}

TEST_CASE("closest finds what was meant, and nothing far away", "[base][text]") {
  const std::vector<std::string> fields = {"write_disposition", "primary_key", "columns", "name"};
  CHECK(closest("write_dispostion", fields) == "write_disposition");
  CHECK(closest("Primary_Key", fields) == "primary_key");
  CHECK(closest("nmae", fields) == "name");
  CHECK(closest("x", fields).empty());
  CHECK(closest("completely_else", fields).empty());
  CHECK(closest("name", {}).empty());
}
