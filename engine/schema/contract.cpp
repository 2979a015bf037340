// Schema contracts.
#include "schema/contract.h"

#include <fmt/format.h>

#include <array>

namespace lode {
namespace {

using json::Value;

constexpr std::array<std::string_view, 4> kModeNames = {"evolve", "freeze", "discard_row", "discard_value"};

Result<ContractMode> mode_from_json(const Value& value, std::string_view field) {
  if (value.is_null()) return ContractMode::kEvolve;
  for (std::size_t i = 0; value.is_text() && i < kModeNames.size(); ++i) {
    if (kModeNames[i] == value.as_text()) return static_cast<ContractMode>(i);
  }
  return Status::error(Code::kConfigInvalid, fmt::format("{}: {} is no contract mode", field,
                                                         value.is_text() ? "'" + value.as_text() + "'"
                                                                         : std::string(json::kind_name(value.kind()))))
      .hint("one of evolve, freeze, discard_row, discard_value");
}

Status violated(const Schema& schema, const Table& table, std::string_view what, std::string_view entity) {
  return Status::error(Code::kContractViolated,
                       fmt::format("schema '{}': table '{}': {}", schema.name(), table.name(), what))
      .note(fmt::format("schema_contract.{} = \"freeze\"", entity))
      .hint(entity == "tables"
                ? "allow the table with tables = \"evolve\", or leave its rows out with tables = \"discard_row\""
            : entity == "columns"
                ? "remove the field in an :add_map, or allow it with columns = \"evolve\""
                : "convert the value in an :add_map, or allow a variant column with data_type = \"evolve\"");
}

bool changes_type(const Column& existing, const Column& column) {
  for (const std::string_view property : {"data_type", "nullable", "precision", "scale", "timezone"}) {
    const Value* now = column.props().find(property);
    const Value* before = existing.props().find(property);
    if (now != nullptr && !(before != nullptr ? *now == *before : now->is_null())) return true;
  }
  return false;
}

bool evolves_once(const Table& table) {
  const Value* normalizer = table.props().find("x-normalizer");
  return normalizer != nullptr && normalizer->bool_or("evolve-columns-once", false);
}

}  // namespace

std::string_view contract_mode_name(ContractMode mode) { return kModeNames[static_cast<std::size_t>(mode)]; }

Result<Contract> Contract::from_json(const Value& setting) {
  Contract contract;
  if (setting.is_null()) return contract;
  if (!setting.is_object()) {
    LODE_ASSIGN(contract.tables, mode_from_json(setting, "schema_contract"));
    contract.columns = contract.data_type = contract.tables;
    return contract;
  }
  for (const auto& [key, value] : setting.members()) {
    LODE_ASSIGN(const ContractMode mode, mode_from_json(value, "schema_contract." + key));
    if (key == "tables") {
      contract.tables = mode;
    } else if (key == "columns") {
      contract.columns = mode;
    } else if (key == "data_type") {
      contract.data_type = mode;
    } else {
      return Status::error(Code::kConfigInvalid, fmt::format("schema_contract has no '{}'", key))
          .hint("its fields are tables, columns and data_type");
    }
  }
  return contract;
}

bool Contract::all_evolve() const {
  return tables == ContractMode::kEvolve && columns == ContractMode::kEvolve && data_type == ContractMode::kEvolve;
}

Contract contract_of(const Schema& schema, const Table& table) {
  if (is_dlt_name(table.name())) return Contract();
  const Value* setting = schema.inherited(table, "schema_contract");
  if (setting == nullptr) setting = schema.settings().find("schema_contract");
  if (setting == nullptr) return Contract();
  // What a schema stores was checked when it was declared; something else than a contract forbids nothing.
  const Result<Contract> contract = Contract::from_json(*setting);
  return contract ? *contract : Contract();
}

Result<ContractVerdict> apply_contract(const Schema& schema, const Contract& contract, Table partial) {
  ContractVerdict verdict;
  if (contract.all_evolve()) {
    verdict.allowed = std::move(partial);
    return verdict;
  }
  const Table* existing = schema.find_table(partial.name());
  const bool is_new_table = existing == nullptr || !existing->has_complete_column();
  if (is_new_table && contract.tables != ContractMode::kEvolve) {
    if (contract.tables == ContractMode::kFreeze) return violated(schema, partial, "it is new", "tables");
    verdict.filters.push_back({.whole_table = true, .name = partial.name(), .mode = contract.tables});
    return verdict;
  }
  const ContractMode columns_mode = is_new_table || evolves_once(*existing) ? ContractMode::kEvolve : contract.columns;
  std::vector<std::string> refused;
  for (const Column& column : partial.columns()) {
    if (is_dlt_name(column.name())) continue;
    const Column* known = existing == nullptr ? nullptr : existing->find(column.name());
    const bool is_new = known == nullptr || !known->complete();
    const bool is_variant = column.flag("variant");
    ContractMode mode = ContractMode::kEvolve;
    std::string_view entity = "data_type";
    if (is_variant || (!is_new && changes_type(*known, column))) {
      mode = contract.data_type;
    } else if (is_new) {
      mode = columns_mode;
      entity = "columns";
    }
    if (mode == ContractMode::kEvolve) continue;
    if (mode == ContractMode::kFreeze) {
      const std::string_view what = is_variant
                                        ? "a value does not fit its column and would need the variant column '{}'"
                                    : is_new ? "column '{}' is new"
                                             : "the type of column '{}' would change";
      return violated(schema, partial, fmt::format(fmt::runtime(what), column.name()), entity);
    }
    verdict.filters.push_back({.whole_table = false, .name = column.name(), .mode = mode});
    refused.push_back(column.name());
  }
  for (const std::string& name : refused) partial.erase_column(name);
  verdict.allowed = std::move(partial);
  return verdict;
}

}  // namespace lode
