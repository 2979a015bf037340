// Status and Result: building, rendering, the catalogue.
#include "base/status.h"

#include <set>
#include <string>

#include "base/result.h"
#include "support/catch.h"

using lode::Code;
using lode::Result;
using lode::Status;

namespace {

Status missing_key() {
  return Status::error(Code::kSecretMissing, "no value for secret 'sources.shop.api_key'")
      .at("pipelines/shop/init.lua:8")
      .with("environment", "SOURCES__SHOP__API_KEY   not set")
      .note("looked in 3 places")
      .hint("export SOURCES__SHOP__API_KEY=…");
}

Result<int> half(int number) {
  if (number % 2 != 0) return Status::error(Code::kInvalidArgument, "odd");
  return number / 2;
}

Result<int> quarter(int number) {
  LODE_ASSIGN(const int once, half(number));
  return half(once);
}

Status check(int number) {
  LODE_TRY(half(number).status());
  return {};
}

}  // namespace

TEST_CASE("a default Status is ok and says nothing", "[base][status]") {
  const Status ok;
  CHECK(ok.ok());
  CHECK(ok.code() == Code::kOk);
  CHECK(ok.message().empty());
  CHECK(ok.hint_text().empty());
  CHECK(ok.render() == "ok");
  CHECK(ok.render_json() == R"({"code":"ok"})");
}

TEST_CASE("an error renders place, message, details, hint and code", "[base][status]") {
  CHECK(missing_key().render() ==
        "pipelines/shop/init.lua:8: no value for secret 'sources.shop.api_key'\n"
        "  environment: SOURCES__SHOP__API_KEY   not set\n"
        "  looked in 3 places\n"
        "  hint: export SOURCES__SHOP__API_KEY=…\n"
        "  [config.missing_secret]");
}

TEST_CASE("an error renders as JSON with the same facts", "[base][status]") {
  const Status status = Status::error(Code::kHttpUnavailable, "GET \"x\" answered 503")
                            .with("body", "a\nb")
                            .caused_by(Status::error(Code::kIo, "broken pipe"));
  CHECK(status.render_json() ==
        R"({"code":"http.unavailable","message":"GET \"x\" answered 503",)"
        R"("details":[{"key":"body","text":"a\nb"}],"retryable":true,"hint":"run again later",)"
        R"("cause":{"code":"file.io","message":"broken pipe","details":[],"retryable":false}})");
}

TEST_CASE("causes are rendered outermost first", "[base][status]") {
  const Status inner = Status::error(Code::kIo, "disk on fire").with("disk", "sda");
  const Status outer = Status::error(Code::kPackageCorrupt, "cannot open the package").caused_by(inner);
  CHECK(outer.render() == "cannot open the package\n  because: disk on fire\n  disk: sda\n  [package.corrupt]");
}

TEST_CASE("details of several lines stay indented", "[base][status]") {
  const Status status = Status::error(Code::kIo, "x").note("one\ntwo");
  CHECK(status.render() == "x\n  one\n  two\n  [file.io]");
}

TEST_CASE("the innermost place wins", "[base][status]") {
  const Status status = Status::error(Code::kIo, "x").at("inner:1").at("outer:2");
  CHECK(status.where() == "inner:1");
  CHECK(status.first_line() == "inner:1: x");
}

TEST_CASE("about() names what the error is about", "[base][status]") {
  const Status status = Status::error(Code::kIo, "x").about("row 3").about("resource 'orders'");
  CHECK(status.message() == "resource 'orders': row 3: x");
}

TEST_CASE("changing a copy leaves the original alone", "[base][status]") {
  const Status original = Status::error(Code::kIo, "x");
  Status copy = original;
  copy.note("added");
  CHECK(original.render() == "x\n  [file.io]");
  CHECK(copy.render() == "x\n  added\n  [file.io]");
}

TEST_CASE("the catalogue's hint is used when an error brings none", "[base][status]") {
  CHECK(Status::error(Code::kNotFound, "x").hint_text() == "check the path");
  CHECK(Status::error(Code::kNotFound, "x").hint("look there").hint_text() == "look there");
}

TEST_CASE("every code has a name of its own with a dot in it", "[base][status]") {
  std::set<std::string_view> names;
  int count = 0;
#define LODE_ERROR(enumerator, name, retryable, hint) \
  names.insert(lode::code_name(Code::enumerator));    \
  ++count;                                            \
  CHECK(lode::code_name(Code::enumerator).find('.') != std::string_view::npos);
#include "base/error_catalog.def"
#undef LODE_ERROR
  CHECK(static_cast<int>(names.size()) == count);
}

TEST_CASE("retryable is a property of the code", "[base][status]") {
  CHECK(Status::error(Code::kHttpTimeout, "x").retryable());
  CHECK_FALSE(Status::error(Code::kConfigMissing, "x").retryable());
  CHECK_FALSE(Status().retryable());
}

TEST_CASE("LODE_ASSIGN and LODE_TRY hand errors up", "[base][result]") {
  CHECK(quarter(8).value() == 2);
  CHECK(quarter(6).status().message() == "odd");
  CHECK(quarter(7).status().code() == Code::kInvalidArgument);
  CHECK(check(2).ok());
  CHECK_FALSE(check(3).ok());
}

TEST_CASE("a Result carries values that can only be moved", "[base][result]") {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
  REQUIRE(result.ok());
  const std::unique_ptr<int> taken = std::move(result).value();
  CHECK(*taken == 7);
}
