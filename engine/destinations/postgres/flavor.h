// Flavor: what is different in databases that speak PostgreSQL's protocol and are not PostgreSQL. The one place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sql/dialect.h"

namespace lode::postgres {

/// Facts that the destination consults; never a name.
struct Flavor {
  std::string_view name;
  bool has_row_place = true;         ///< rows have a ctid that grows as they are inserted
  bool truncates_in_package = true;  ///< TRUNCATE can be rolled back
  bool locks = true;                 ///< advisory locks keep two loads apart
  bool unique_later = true;          ///< UNIQUE can be added to a table that has rows, in the same transaction
  bool reads_copy = true;            ///< COPY … FROM STDIN in the binary format
  bool tells_recovery = true;        ///< knows whether it is a standby

  const Dialect& dialect() const { return postgres_dialect(has_row_place); }
};

/// By what the server says of itself: version(), and whether the extension citus is there.
const Flavor& flavor_of(std::string_view version, bool has_citus);
/// "postgres", "citus", "cockroachdb", "redshift".
std::vector<std::string> flavor_names();
/// Null if there is none of that name.
const Flavor* find_flavor(std::string_view name);

}  // namespace lode::postgres
