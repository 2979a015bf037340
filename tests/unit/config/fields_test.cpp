// Fields declared once: what checking says.
#include "config/fields.h"

#include "json/parse.h"
#include "json/write.h"
#include "support/catch.h"

using namespace lode;

namespace {

const FieldSpec kSpec = FieldSpec()
                            .path("file", "Database file. Created if missing.")
                            .required()
                            .integer("busy_timeout_ms", "How long to wait for the lock.")
                            .fallback(5000)
                            .at_least(0)
                            .text("mode", "How to open it.")
                            .choices({"create", "read_only"})
                            .secret("key", "Encrypts the file.")
                            .list("attach", "More files.")
                            .example(R"({ file = "out/shop.db" })");

std::string check(std::string_view given, Strictness strictness = Strictness::kTyped) {
  Result<json::Value> checked = kSpec.check(*json::parse_value(given), "destination sqlite", strictness);
  return checked.ok() ? json::write(*checked) : checked.status().render();
}

}  // namespace

TEST_CASE("Good values come back in the declared order, with defaults") {
  CHECK(check(R"({"attach":[1],"mode":null,"file":"x.db"})") ==
        R"({"file":"x.db","busy_timeout_ms":5000,"attach":[1]})");
  CHECK(check(R"({"file":"x","busy_timeout_ms":7.0})") == R"({"file":"x","busy_timeout_ms":7})");
}

TEST_CASE("A misspelt field is answered with the right one") {
  CHECK(check(R"({"file":"x","busy_timout_ms":1})") ==
        "destination sqlite: unknown field 'busy_timout_ms'\n"
        "  did you mean 'busy_timeout_ms'?\n"
        "  [config.unknown_field]");
  CHECK_THAT(check(R"({"zzzzzz":1})"),
             Catch::Matchers::Contains("its fields: file, busy_timeout_ms, mode, key, attach"));
}

TEST_CASE("A missing field is answered with its meaning and an example") {
  CHECK(check("{}") ==
        "destination sqlite: field 'file' is required\n"
        "  file: Database file. Created if missing.\n"
        "  hint: for example { file = \"out/shop.db\" }\n"
        "  [config.missing_value]");
}

TEST_CASE("Wrong types, choices and bounds are named") {
  using Catch::Matchers::Contains;
  CHECK_THAT(check(R"({"file":5})"), Contains("field 'file' is integer; a path was expected"));
  CHECK_THAT(check(R"({"file":"x","busy_timeout_ms":"5"})"),
             Contains("field 'busy_timeout_ms' is text; an integer was expected"));
  CHECK_THAT(check(R"({"file":"x","busy_timeout_ms":1.5})"), Contains("an integer was expected"));
  CHECK_THAT(check(R"({"file":"x","busy_timeout_ms":-1})"), Contains("must be at least 0"));
  CHECK_THAT(check(R"({"file":"x","mode":"readonly"})"),
             Contains("one of these was expected: create, read_only") && Contains("did you mean 'read_only'?"));
  CHECK_THAT(check("5"), Contains("a table of fields was expected"));
}

TEST_CASE("Text from a person is coerced, text from a program is not") {
  CHECK(check(R"({"file":"x","busy_timeout_ms":"5","attach":"[1]"})", Strictness::kText) ==
        R"({"file":"x","busy_timeout_ms":5,"attach":[1]})");
}

TEST_CASE("A secret of the wrong type is not shown") {
  CHECK_THAT(check(R"({"file":"x","key":["hunter2"]})"), !Catch::Matchers::Contains("hunter2"));
}

TEST_CASE("The fields describe themselves") {
  CHECK_THAT(kSpec.describe(), Catch::Matchers::Contains("file             a path, required. Database file.") &&
                                   Catch::Matchers::Contains("an integer, default 5000.") &&
                                   Catch::Matchers::Contains("one of create read_only."));
}
