// Resource hints: what a script says of a resource, as the schema takes it.
#pragma once

#include <memory>
#include <string>

#include "extract/source.h"
#include "schema/hints.h"
#include "schema/model.h"

namespace lode {

/// What happens to rows that break the contract.
enum class OnViolation : std::uint8_t {
  kContract,    ///< what the contract's mode says
  kQuarantine,  ///< they go to a table of their own, and the run goes on
};

/// The hints of one resource, read once. A value.
struct DeclaredHints {
  ResourceHints hints;
  std::shared_ptr<const Model> model;  ///< null: the resource has none
  OnViolation on_violation = OnViolation::kContract;
};

/// Hints of `resource` for its table `table`. A model becomes columns, nested tables and a contract.
/// Errors: kSchemaInvalid, kConfigInvalid.
Result<DeclaredHints> read_hints(const Resource& resource, const std::string& table);

}  // namespace lode
