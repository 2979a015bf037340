// Schema contracts: what data may change in a schema, and what happens to data that may not.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "schema/schema.h"

namespace lode {

/// What happens when data asks for a change.
enum class ContractMode : std::uint8_t {
  kEvolve,        ///< the schema changes
  kFreeze,        ///< the run fails
  kDiscardRow,    ///< the schema stays, the row and its children are left out
  kDiscardValue,  ///< the schema stays, the value is left out (a whole new table: as kDiscardRow)
};
std::string_view contract_mode_name(ContractMode mode);

/// One mode for new tables, new columns, and values that do not fit the type of their column.
struct Contract {
  ContractMode tables = ContractMode::kEvolve;
  ContractMode columns = ContractMode::kEvolve;
  ContractMode data_type = ContractMode::kEvolve;

  /// "freeze", or {"columns": "freeze", ...}; what is not named evolves; null is all evolve. Errors: kConfigInvalid.
  static Result<Contract> from_json(const json::Value& setting);
  bool all_evolve() const;
};

/// The contract of a table that is, or would be, in the schema: its own, else that of the nearest parent, else the
/// schema's. The engine's own tables always evolve.
Contract contract_of(const Schema& schema, const Table& table);

/// Data that must be left out from now on.
struct ContractFilter {
  bool whole_table = false;
  std::string name;                               ///< of the table or column
  ContractMode mode = ContractMode::kDiscardRow;  ///< never kEvolve or kFreeze
};

struct ContractVerdict {
  std::optional<Table> allowed;  ///< the part of the change that may happen; nullopt: the table may not exist
  std::vector<ContractFilter> filters;
};

/// Judges a partial table: new columns, and columns with changed properties.
/// Errors: kContractViolated, naming table, column and mode; the caller adds the data.
Result<ContractVerdict> apply_contract(const Schema& schema, const Contract& contract, Table partial);

}  // namespace lode
