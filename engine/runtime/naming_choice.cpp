// Which naming convention a run uses.
#include "runtime/naming_choice.h"

#include <fmt/format.h>

#include <optional>

namespace lode {
namespace {

// The convention that a schema is stored with; "" if it says none.
std::string stored_convention(const Schema& schema) { return schema.normalizers().text_or("names", ""); }

}  // namespace

Result<std::shared_ptr<const Naming>> choose_naming(const Config& config, const std::string& pipeline,
                                                    const std::string& schema_name, const Capabilities& capabilities,
                                                    const Schema* known) {
  ConfigQuery query;
  query.key = "naming";
  query.pipeline_name = pipeline;
  std::string convention;
  for (const std::vector<std::string>& sections :
       {std::vector<std::string>{"sources", schema_name, "schema"}, std::vector<std::string>{"schema"}}) {
    query.sections = sections;
    LODE_ASSIGN(const std::optional<std::string> found, config.text(query));
    if (convention.empty() && found) convention = *found;
  }
  if (convention.empty()) convention = capabilities.naming;
  if (convention.empty() && known != nullptr) convention = stored_convention(*known);
  if (convention.empty()) convention = "snake_case";
  return Naming::make(convention, capabilities.identifier_length_max);
}

Status adopt_naming(Schema& schema, const Naming& naming) {
  const std::string stored = stored_convention(schema);
  if (!stored.empty()) {
    LODE_ASSIGN(const std::shared_ptr<const Naming> before, Naming::make(stored, naming.length_max()));
    if (before->convention() == naming.convention()) return {};
  }
  const auto& normalizers = std::as_const(schema).normalizers();
  if (!normalizers.bool_or("allow_identifier_change_on_table_with_data", false)) {
    for (const Table* table : schema.data_tables()) {
      if (!table->seen_data()) continue;
      return Status::error(Code::kNamingFrozen,
                           fmt::format("schema '{}' names its tables and columns by {}, and this run would by {}",
                                       schema.name(), stored, naming.convention()))
          .with("table with data", table->name())
          .hint(fmt::format("set schema.naming to {}, or load into another dataset", stored));
    }
  }
  schema.normalizers().set("names", naming.convention());
  return {};
}

}  // namespace lode
