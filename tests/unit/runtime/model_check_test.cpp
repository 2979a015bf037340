// Model check: what becomes of rows that are not like their model, for each mode of the contract.
#include "runtime/model_check.h"

#include "json/parse.h"
#include "json/write.h"
#include "support/catch.h"

namespace lode {
namespace {

constexpr std::string_view kModel = R"({"fields": [
  {"name": "id", "type": "bigint"},
  {"name": "tags", "optional": true, "list_of": {"type": "bigint"}},
  {"name": "at", "optional": true, "model": {"fields": [{"name": "x", "type": "double"}]}}]})";

struct Outcome {
  std::string rows;
  std::vector<std::string> misfits;  // path, entity, what
  std::vector<std::size_t> places;
  bool is_same = false;  // nothing was copied
};

Outcome check(std::string_view rows_json, ContractMode columns, ContractMode data_type) {
  ModelCheck checker(*Model::from_json(*json::parse_value(kModel)), {.columns = columns, .data_type = data_type});
  json::Rows rows;
  rows.document = std::move(*json::Parser().parse(std::string(rows_json)));
  const json::Ref list = rows.document->root(0);
  json::Ref item = list.first_child();
  for (std::size_t i = 0; i < list.size(); ++i, item = item.next()) rows.rows.push_back(item);
  CheckedRows checked = checker.check(rows);
  Outcome outcome;
  for (const json::Ref row : checked.rows.rows) outcome.rows += json::write(row);
  for (const Misfit& misfit : checked.misfits) {
    outcome.misfits.push_back(misfit.path + " " + std::string(misfit.entity) + ": " + misfit.what);
  }
  outcome.places = checked.places;
  outcome.is_same = checked.rows.document == rows.document;
  return outcome;
}

using Texts = std::vector<std::string>;
constexpr ContractMode kEvolve = ContractMode::kEvolve;
constexpr ContractMode kFreeze = ContractMode::kFreeze;
constexpr ContractMode kDiscardRow = ContractMode::kDiscardRow;
constexpr ContractMode kDiscardValue = ContractMode::kDiscardValue;

}  // namespace

TEST_CASE("a page whose rows fit goes on as it came") {
  const Outcome outcome = check(R"([{"id":1,"tags":[1,2],"at":{"x":1.5}},{"at":null,"id":"2"}])", kFreeze, kFreeze);
  CHECK(outcome.is_same);
  CHECK(outcome.misfits.empty());
  CHECK(outcome.places == std::vector<std::size_t>{0, 1});
}

TEST_CASE("other fields are left out at every level, or kept") {
  const std::string_view rows = R"([{"id":1},{"new":[1],"id":2,"at":{"x":1.0,"y":2}}])";
  const Outcome dropped = check(rows, kDiscardValue, kFreeze);
  CHECK(dropped.rows == R"({"id":1}{"id":2,"at":{"x":1.0}})");
  CHECK(dropped.misfits ==
        Texts{"$[1].new columns: new is no field of the model", "$[1].at.y columns: at.y is no field of the model"});
  CHECK(check(rows, kEvolve, kFreeze).is_same);
}

TEST_CASE("a row with other fields is left out, with the first of them told") {
  for (const ContractMode mode : {kFreeze, kDiscardRow}) {
    const Outcome outcome = check(R"([{"id":1,"a":1,"b":2},{"id":2}])", mode, kFreeze);
    CHECK(outcome.rows == R"({"id":2})");
    CHECK(outcome.misfits == Texts{"$[0].a columns: a is no field of the model"});
    CHECK(outcome.places == std::vector<std::size_t>{1});
  }
}

TEST_CASE("values that do not fit are left out, or their rows are") {
  const std::string_view rows = R"([{"id":"x","tags":[1,"y",3]},{"id":2,"at":[]},{"tags":7},{"id":4}])";
  const Outcome values = check(rows, kEvolve, kDiscardValue);
  CHECK(values.rows == R"({"tags":[1,3]}{"id":2}{}{"id":4})");
  CHECK(values.misfits == Texts{"$[0].id data_type: id is text, the model says bigint",
                                "$[0].tags[1] data_type: tags[1] is text, the model says bigint",
                                "$[1].at data_type: at is a list, the model says an object",
                                "$[2].tags data_type: tags is bigint, the model says a list of bigint",
                                "$[2].id data_type: id is missing, the model says bigint"});
  CHECK(check(rows, kEvolve, kDiscardRow).rows == R"({"id":4})");
  CHECK(check(rows, kEvolve, kEvolve).is_same);
}

TEST_CASE("null is no value") {
  CHECK(check(R"([{"id":null}])", kEvolve, kFreeze).misfits ==
        Texts{"$[0].id data_type: id is null, the model says bigint"});
  CHECK(check(R"([{"id":1,"tags":[null]}])", kEvolve, kFreeze).misfits ==
        Texts{"$[0].tags[0] data_type: tags[0] is null, the model says bigint"});
}

TEST_CASE("inside of json columns values become what the model says") {
  CHECK(check(R"([{"id":"1","tags":["1",2.0],"at":{"x":"3"}}])", kFreeze, kFreeze).rows ==
        R"({"id":"1","tags":[1,2],"at":{"x":3.0}})");
}

TEST_CASE("rows that are no objects do not fit") {
  CHECK(check(R"([1,[2],{"id":3}])", kFreeze, kDiscardRow).misfits ==
        Texts{"$[0] data_type: the row is bigint, the model says an object",
              "$[1] data_type: the row is a list, the model says an object"});
}

}  // namespace lode
