// Previews for people: from the JSON that programs get to lines on a terminal.
#include "preview_text.h"

#include "support/catch.h"
#include "text.h"

namespace lode::cli {
namespace {

std::string render(const std::string& json, PreviewStyle style = {}, bool names_pipeline = false) {
  const std::vector<PreviewView> previews = read_previews(json);
  REQUIRE(previews.size() == 1);
  return render_preview(previews[0], names_pipeline, style);
}

std::string column(const std::string& name, const std::string& type, const std::string& more = "") {
  return R"({"name":")" + name + R"(","data_type":")" + type + R"(","nullable":true)" + more + "}";
}

// A preview of one table.
std::string orders(const std::string& columns, const std::string& rows) {
  return R"([{"pipeline":"p","dataset":"d","tables":[{"name":"orders","parent":null,"resource":"orders",)"
         R"("write_disposition":"append","rows":2,"columns":[)" +
         columns + R"(],"first_rows":[)" + rows + "]}]}]";
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    REQUIRE(end != std::string::npos);  // every line ends in a newline
    lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

TEST_CASE("a preview as a table: numbers to the right, all else to the left, marks where there are some") {
  const std::string columns = column("id", "bigint", R"(,"primary_key":true)") + "," +
                              column("name", "text", R"(,"unique":true)") + "," +
                              column("price", "decimal", R"(,"precision":18,"scale":2)") + "," +
                              column("at", "timestamp", R"(,"timezone":false)") + "," + column("_dlt_id", "text");
  const std::string rows =
      R"({"id":1,"name":"Ada","price":"12.50","at":"2024-01-02T03:04:05.120000+00:00","_dlt_id":"x"},)"
      R"({"id":12345678901234,"name":null,"price":"1","at":null})";
  CHECK(render(orders(columns, rows)) ==
        "orders  2 rows, append\n"
        "              id  name            price  at\n"
        "          bigint  text    decimal(18,2)  timestamp naive\n"
        "             key  unique\n"
        "  ──────────────  ──────  ─────────────  ───────────────────────\n"
        "               1  Ada             12.50  2024-01-02 03:04:05.12Z\n"
        "  12345678901234  null                1  null\n"
        "\n");
}

TEST_CASE("a preview shows a variant beside the column whose values did not fit") {
  const std::string columns = column("total", "double") + "," + column("name", "text") + "," +
                              column("total__v_text", "text", R"(,"variant":true)");
  const std::vector<std::string> lines = lines_of(render(orders(columns, R"({"total":1.5},{"total__v_text":"free"})")));
  REQUIRE(lines.size() > 3);
  CHECK(lines[1] == "   total  total__v_text  name");
  CHECK(lines[3] == "          variant");
}

TEST_CASE("a preview is never wider than the terminal, in characters that take two columns too") {
  std::string columns;
  std::string row;
  for (int i = 0; i < 40; ++i) {
    const std::string name = "column_" + std::to_string(i) + std::string(static_cast<std::size_t>(i % 7) * 5, 'x');
    columns += (i > 0 ? "," : "") + column(name, i % 3 == 0 ? "bigint" : "text", R"(,"unique":true)");
    row += (i > 0 ? "," : "") + ("\"" + name + "\":") +
           (i % 3 == 0 ? "123456789" : "\"日本語の長い文章がここにあります\"");
  }
  const std::string json = orders(columns, "{" + row + "}");
  for (std::size_t width = 16; width < 200; ++width) {
    for (const bool unicode : {true, false}) {
      const std::string text = render(json, {.columns = width, .unicode = unicode}, true);
      for (const std::string& line : lines_of(text)) {
        INFO(width << ": " << line);
        CHECK(display_width(line) <= width);
      }
    }
  }
}

TEST_CASE("a preview names the columns that do not fit, and says when there are too many") {
  std::string columns = column("first", "text");
  for (int i = 0; i < 200; ++i) columns += "," + column("column_" + std::to_string(i), "bigint");
  const std::string text = render(orders(columns, ""), {.columns = 60});
  CHECK(text.find("  + 195 columns: column_") != std::string::npos);
  CHECK(text.find("more; --json has them all\n") != std::string::npos);
  CHECK(lines_of(text).size() < 15);
}

TEST_CASE("a preview with colours says the same as one without") {
  const std::string json = orders(column("id", "bigint", R"(,"primary_key":true)"), R"({"id":null},{"id":1})");
  std::string text = render(json, {.colours = true}, true);
  CHECK(text.find("\x1b[1morders\x1b[0m") != std::string::npos);
  for (std::size_t at = 0; (at = text.find('\x1b')) != std::string::npos;) {
    text.erase(at, text.find('m', at) - at + 1);
  }
  CHECK(text == render(json, {}, true));
}

TEST_CASE("a preview lists what a run would change") {
  const std::string json =
      R"([{"pipeline":"p","dataset":"d","tables":[],"comparison":{"destination":"sqlite:///x.db","tables":[)"
      R"({"table":"users","change":"changed","columns":[)"
      R"({"name":"age","change":"added","data_type":"bigint","properties":[]},)"
      R"({"name":"mail","change":"changed","data_type":"text","properties":[)"
      R"({"name":"unique","before":null,"after":true}]}],)"
      R"("properties":[{"name":"write_disposition","before":"append","after":"merge"}]},)"
      R"({"table":"old","change":"same","columns":[],"properties":[]}],)"
      R"("statements":[{"table":"users","sql":"ALTER TABLE users ADD COLUMN age BIGINT"},)"
      R"({"table":"_dlt_loads","sql":"CREATE TABLE _dlt_loads …"}]}}])";
  CHECK(render(json) ==
        "no rows: a load would make no table\n"
        "\n"
        "sqlite:///x.db, dataset d: a run would\n"
        "  change  users  add 1 column\n"
        "          age bigint\n"
        "          note mail: unique none -> true\n"
        "          note write_disposition append -> merge\n"
        "  keep    old\n"
        "and apply\n"
        "  ALTER TABLE users ADD COLUMN age BIGINT;\n"
        "  -- and what lode keeps beside the data: _dlt_loads\n");
}

TEST_CASE("what is missing or no JSON makes no preview fail") {
  CHECK(read_previews("").empty());
  CHECK(read_previews("{}").empty());
  CHECK(render("[{}]") == "no rows: a load would make no table\n");
}

}  // namespace
}  // namespace lode::cli
