// What a query found, as a table.
#include "sql_table.h"

#include "support/catch.h"

using namespace lode::cli;

namespace {

std::string show(std::string_view cells, std::size_t columns = 80) {
  return render_query(cells, {.columns = columns, .unicode = true, .colours = false});
}

}  // namespace

TEST_CASE("numbers stand to the right, nulls are told from texts") {
  CHECK(show("[\"id\",\"name\",\"total\",\"vip\"]\n"
             "[1,\"Ada\",10.50,true]\n"
             "[200,null,7,false]\n"
             "[3,\"null\",null,null]\n"
             "[4,\"\",0,true]\n"
             "{\"more\":false}\n") ==
        " id  name    total  vip\n"
        "───  ──────  ─────  ─────\n"
        "  1  Ada     10.50  true\n"
        "200  null        7  false\n"
        "  3  \"null\"   null  null\n"
        "  4  \"\"          0  true\n"
        "4 rows\n");
}

TEST_CASE("a column with a number and a text is one of texts") {
  CHECK(show("[\"x\"]\n[1]\n[\"a\"]\n{\"more\":false}\n") == "x\n─\n1\na\n2 rows\n");
}

TEST_CASE("what is cut is said") {
  const std::string text(100, 'a');
  CHECK(show("[\"a\",\"b\"]\n[\"" + text + "\",1]\n{\"more\":true}\n", 24) ==
        "a                      b\n─────────────────────  ─\naaaaaaaaaaaaaaaaaaaa…  1\nthe first 1 row; --limi…\n");
  CHECK(
      show("[\"first\",\"second\",\"third\"]\n[\"" + text + "\",\"" + text + "\",\"" + text + "\"]\n{\"more\":false}\n",
           40) == "first\n────────────────────────\naaaaaaaaaaaaaaaaaaaaaaa…\n+ 2 columns: second, third\n1 row\n");
  // One column alone takes all the room that there is.
  CHECK(show("[\"a\"]\n[\"" + text + "\"]\n{\"more\":false}\n", 120).find(text + "\n") != std::string::npos);
}

TEST_CASE("control characters do not reach the terminal") {
  CHECK(show("[\"a\\u001b[2Jb\"]\n[\"line\\nbreak\\u0007\"]\n{\"more\":false}\n") ==
        "a?[2Jb\n───────────\nline break?\n1 row\n");
}

TEST_CASE("nothing found") {
  CHECK(show("[\"id\"]\n{\"more\":false}\n") == "id\n──\nno rows\n");
  CHECK(show("[]\n{\"more\":false}\n") == "no rows\n");
}
