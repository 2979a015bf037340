// Flavor: what is different in databases that speak PostgreSQL's protocol.
#include "destinations/postgres/flavor.h"

namespace lode::postgres {
namespace {

constexpr Flavor kPostgres{.name = "postgres"};
// Rows of a distributed table have a place on each node, so it says nothing about their order.
constexpr Flavor kCitus{.name = "citus", .has_row_place = false};
constexpr Flavor kCockroach{.name = "cockroachdb",
                            .has_row_place = false,
                            .truncates_in_package = false,
                            .locks = false,
                            .unique_later = false,
                            .tells_recovery = false};
// Loads from its own storage only; TRUNCATE commits.
constexpr Flavor kRedshift{.name = "redshift",
                           .has_row_place = false,
                           .truncates_in_package = false,
                           .locks = false,
                           .unique_later = false,
                           .reads_copy = false,
                           .tells_recovery = false};

constexpr const Flavor* kFlavors[] = {&kPostgres, &kCitus, &kCockroach, &kRedshift};

}  // namespace

const Flavor& flavor_of(std::string_view version, bool has_citus) {
  if (version.find("CockroachDB") != std::string_view::npos) return kCockroach;
  if (version.find("Redshift") != std::string_view::npos) return kRedshift;
  return has_citus ? kCitus : kPostgres;
}

std::vector<std::string> flavor_names() {
  std::vector<std::string> names;
  for (const Flavor* flavor : kFlavors) names.emplace_back(flavor->name);
  return names;
}

const Flavor* find_flavor(std::string_view name) {
  for (const Flavor* flavor : kFlavors) {
    if (flavor->name == name) return flavor;
  }
  return nullptr;
}

}  // namespace lode::postgres
