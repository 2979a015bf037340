// Contracts: how they are written, whose contract holds, and what they do to changes.
#include "schema/contract.h"

#include "json/parse.h"
#include "schema/hints.h"
#include "support/catch.h"

using namespace lode;

namespace {

Contract contract(std::string_view text) { return *Contract::from_json(*json::parse_value(text)); }

// A schema with t(id bigint, v double).
Schema shop() {
  Schema schema("shop");
  Table table = Table::root("t");
  table.merge_column(Column("id", DataType::kBigint));
  table.merge_column(Column("v", DataType::kDouble));
  schema.add_table(table);
  return schema;
}

Table new_column() {
  Table partial("t");
  partial.merge_column(Column("new", DataType::kText));
  return partial;
}

Table variant_column() {
  Column column("v__v_text", DataType::kText);
  column.set("variant", true);
  Table partial("t");
  partial.merge_column(column);
  return partial;
}

}  // namespace

TEST_CASE("one word sets all three modes; what an object leaves out evolves") {
  const Contract all = contract(R"("freeze")");
  CHECK(all.tables == ContractMode::kFreeze);
  CHECK(all.data_type == ContractMode::kFreeze);
  const Contract some = contract(R"({"columns": "discard_row"})");
  CHECK(some.tables == ContractMode::kEvolve);
  CHECK(some.columns == ContractMode::kDiscardRow);
  CHECK(contract("null").all_evolve());
  CHECK(Contract::from_json(json::Value("frozen")).status().code() == Code::kConfigInvalid);
  CHECK(Contract::from_json(*json::parse_value(R"({"column": "freeze"})")).status().code() == Code::kConfigInvalid);
}

TEST_CASE("the nearest contract holds whole: table, then parents, then schema") {
  Schema schema = shop();
  schema.settings().set("schema_contract", "freeze");
  schema.add_table(Table::child("t__c", "t"));
  CHECK(contract_of(schema, *schema.find_table("t__c")).columns == ContractMode::kFreeze);
  schema.find_table("t")->props().set("schema_contract", *json::parse_value(R"({"columns": "discard_value"})"));
  const Contract inherited = contract_of(schema, *schema.find_table("t__c"));
  CHECK(inherited.columns == ContractMode::kDiscardValue);
  CHECK(inherited.tables == ContractMode::kEvolve);
  CHECK(contract_of(schema, *schema.find_table("_dlt_loads")).all_evolve());
}

TEST_CASE("frozen columns refuse a new one and name it") {
  const Status status = apply_contract(shop(), contract(R"({"columns": "freeze"})"), new_column()).status();
  CHECK(status.code() == Code::kContractViolated);
  CHECK(status.message() == "schema 'shop': table 't': column 'new' is new");
}

TEST_CASE("discarding leaves the column out and says so") {
  const ContractVerdict verdict = *apply_contract(shop(), contract(R"({"columns": "discard_value"})"), new_column());
  REQUIRE(verdict.allowed);
  CHECK(verdict.allowed->columns().empty());
  REQUIRE(verdict.filters.size() == 1);
  CHECK(verdict.filters[0].name == "new");
  CHECK(verdict.filters[0].mode == ContractMode::kDiscardValue);
}

TEST_CASE("a variant column is a matter of data_type, not of columns") {
  CHECK(apply_contract(shop(), contract(R"({"columns": "freeze"})"), variant_column())->filters.empty());
  CHECK(apply_contract(shop(), contract(R"({"data_type": "freeze"})"), variant_column()).status().code() ==
        Code::kContractViolated);
  CHECK(apply_contract(shop(), contract(R"({"data_type": "discard_row"})"), variant_column())->filters.size() == 1);
}

TEST_CASE("changed type properties of a known column are a matter of data_type") {
  Table partial("t");
  partial.merge_column(Column("v", DataType::kText));
  CHECK(apply_contract(shop(), contract(R"({"data_type": "freeze"})"), partial).status().code() ==
        Code::kContractViolated);
  CHECK(apply_contract(shop(), contract(R"({"columns": "freeze"})"), partial).ok());
}

TEST_CASE("columns of the engine are always allowed") {
  Table partial("t");
  partial.merge_column(Column("_dlt_id", DataType::kText, false));
  CHECK(apply_contract(shop(), contract(R"("freeze")"), partial)->allowed->columns().size() == 1);
}

TEST_CASE("new tables: frozen, discarded, or with all their columns") {
  Table partial = Table::root("other");
  partial.merge_column(Column("id", DataType::kBigint));
  CHECK(apply_contract(shop(), contract(R"({"tables": "freeze"})"), partial).status().code() ==
        Code::kContractViolated);
  const ContractVerdict discarded = *apply_contract(shop(), contract(R"({"tables": "discard_value"})"), partial);
  CHECK_FALSE(discarded.allowed);
  CHECK(discarded.filters[0].whole_table);
  CHECK(apply_contract(shop(), contract(R"({"columns": "freeze"})"), partial)->allowed->columns().size() == 1);
}

TEST_CASE("a new table whose columns are frozen may grow until its first rows are in") {
  Schema schema("s");
  ResourceHints hints;
  hints.name = "t";
  hints.schema_contract = *json::parse_value(R"({"columns": "freeze"})");
  const auto naming = *Naming::make("snake_case", 0);
  REQUIRE(declare_resource(schema, hints, *naming, "")->empty());
  CHECK(schema.find_table("t")->props().find("x-normalizer")->bool_or("evolve-columns-once", false));
  CHECK(apply_contract(schema, contract(R"({"columns": "freeze"})"), new_column()).ok());
}
