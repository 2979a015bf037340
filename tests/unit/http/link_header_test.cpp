// The Link header.
#include "http/link_header.h"

#include "support/catch.h"

using namespace lode;

TEST_CASE("The next page is found among several links") {
  const char* header =
      "<https://h/items?page=1>; rel=\"prev\", <https://h/items?page=3>; rel=\"next\", <https://h/i?p=9>;rel=last";
  CHECK(find_link(header, "next") == "https://h/items?page=3");
  CHECK(find_link(header, "last") == "https://h/i?p=9");
  CHECK(find_link(header, "first") == "");
}

TEST_CASE("Commas, semicolons and escapes inside a URL belong to it") {
  CHECK(find_link("<https://h/?ids=1,2;3&c=a%2Bb%26c>; rel=\"next\"", "next") == "https://h/?ids=1,2;3&c=a%2Bb%26c");
}

TEST_CASE("Quotes of either kind, spaces and other parameters do not matter") {
  CHECK(find_link("  </n> ; title=\"a, b; rel=prev\" ; rel = 'next'", "next") == "/n");
  CHECK(find_link("</n>; title=\"a \\\" b\"; rel=next", "next") == "/n");
  CHECK(find_link("</p>; rel=prev,</n>;REL=Next", "next") == "/n");
  CHECK(find_link("<?p=2>;rel=next", "next") == "?p=2");
}

TEST_CASE("A link may have several relations") {
  CHECK(find_link("</n>; rel=\"last next\"", "next") == "/n");
  CHECK(find_link("</n>; rel=\"nextish\"", "next") == "");
}

TEST_CASE("Only the first rel of a link counts") { CHECK(find_link("</n>; rel=prev; rel=next", "next") == ""); }

TEST_CASE("What is no link is skipped") {
  CHECK(parse_link_header("").empty());
  CHECK(parse_link_header("nonsense").empty());
  CHECK(parse_link_header("<unterminated; rel=next").empty());
  CHECK(find_link("garbage, </n>; rel=next", "next") == "/n");
  const auto links = parse_link_header("</a>,</b>; flag; x=\"1\"");
  REQUIRE(links.size() == 2);
  CHECK(links[0].rel == "");
  CHECK(links[1].params.size() == 2);
}
