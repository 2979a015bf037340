// Which naming convention a run uses.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "config/config.h"
#include "load/destination.h"
#include "schema/naming.h"
#include "schema/schema.h"

namespace lode {

/// The first that says something: the configuration (sources.<schema>.schema.naming, schema.naming), the destination,
/// the schema `known` from earlier runs or an import file (null if there is none); else snake_case. Where
/// the choice comes from and its order are dlt's. Errors: kConfigInvalid for a convention that does not exist.
Result<std::shared_ptr<const Naming>> choose_naming(const Config& config, const std::string& pipeline,
                                                    const std::string& schema_name, const Capabilities& capabilities,
                                                    const Schema* known);

/// Notes the convention in the schema. Errors: kNamingFrozen if the schema has another one and tables with data, whose
/// names would change, unless normalizers.allow_identifier_change_on_table_with_data is set.
Status adopt_naming(Schema& schema, const Naming& naming);

}  // namespace lode
