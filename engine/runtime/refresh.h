// Refresh: what a pipeline forgets, here and in the destination, before it loads anew. Pure functions on schema and
// state; the destination does its part when the package is loaded, in the same transaction.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "extract/source.h"
#include "package/load_package.h"
#include "package/pipeline_state.h"
#include "schema/schema.h"

namespace lode {

enum class Refresh {
  kNone,
  kDropSources,    ///< all tables of the source go, with its whole state
  kDropResources,  ///< the tables of the selected resources go, with their state
  kDropData,       ///< the tables of the selected resources are emptied; their state goes
};

/// "drop_sources", "drop_resources", "drop_data"; nullopt for any other word.
std::optional<Refresh> refresh_from_name(std::string_view name);
/// "" for kNone.
std::string_view refresh_name(Refresh refresh);

/// Takes out of `schema` and `state` what a refresh of the source's selected resources forgets, and says what the
/// destination has to do. Resources that selected ones read from forget their state too, or nothing would come; their
/// tables stay unless they are selected as well. Settings of the schema stay.
TableCleanup apply_refresh(Refresh refresh, const Source& source, Schema& schema, PipelineState& state);

/// What a person asks to be dropped.
struct DropRequest {
  std::vector<std::string> resources;    ///< names, or "re:" and a regular expression
  bool all = false;                      ///< all resources of the schema
  std::vector<std::string> state_paths;  ///< "a.b.c" in the source's state, and all that is below
  bool state_only = false;               ///< tables stay as they are
};

/// What came of it.
struct DropResult {
  TableCleanup cleanup;
  std::vector<std::string> resources;    ///< found, by their names in the schema or the state
  std::vector<std::string> state_paths;  ///< that were there and are gone, as "sources.shop.resources.orders"
  std::vector<std::string> unmatched;    ///< resources and paths of the request that nothing was found for
  bool empty() const { return cleanup.empty() && state_paths.empty(); }
};

/// Takes out of `schema` and `state` what was asked for. Errors: kUsage for a regular expression that is none.
Result<DropResult> apply_drop(const DropRequest& request, std::string_view source, Schema& schema,
                              PipelineState& state);

}  // namespace lode
