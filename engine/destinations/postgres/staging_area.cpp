// StagingArea: tables that several connections fill at the same time, for one load.
#include "destinations/postgres/staging_area.h"

#include <fmt/format.h>

#include <algorithm>

#include "sql/dialect.h"

namespace lode::postgres {

StagingArea::StagingArea(std::unique_ptr<Connection> connection, StagingTerms terms)
    : connection_(std::move(connection)),
      terms_(std::move(terms)),
      prefix_(fmt::format("_lode_{:016x}_", static_cast<std::uint64_t>(terms_.lock_number))) {}

Result<std::unique_ptr<StagingArea>> StagingArea::open(const Settings& settings, StagingTerms terms) {
  LODE_ASSIGN(std::unique_ptr<Connection> connection, Connection::open(settings));
  LODE_TRY(connection->run(fmt::format("SET lock_timeout = {}", terms.lock_timeout_ms)));
  std::unique_ptr<StagingArea> area(new StagingArea(std::move(connection), std::move(terms)));
  // Asked first, so that a user who may not make schemas can use one that is there.
  LODE_ASSIGN(const bool is_there,
              area->connection().finds("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1", {area->schema()}));
  if (!is_there)
    LODE_TRY(area->connection().run("CREATE SCHEMA " + quote_name(postgres_dialect(true), area->schema())));
  LODE_TRY(area->drop_tables());
  return area;
}

std::string StagingArea::table_name(std::size_t number) const {
  std::string load = terms_.load_id;
  std::replace(load.begin(), load.end(), '.', '_');
  return fmt::format("{}{}_{}", prefix_, load, number);
}

Status StagingArea::drop_tables() {
  std::vector<std::string> names;
  {
    LODE_ASSIGN(const std::unique_ptr<QueryRows> rows,
                connection_->select("SELECT c.relname FROM pg_catalog.pg_class AS c "
                                    "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
                                    "WHERE n.nspname = $1 AND c.relkind = 'r' AND pg_catalog.left(c.relname, $2) = $3",
                                    {terms_.schema, static_cast<std::int64_t>(prefix_.size()), prefix_}));
    for (;;) {
      LODE_ASSIGN(const bool more, rows->next());
      if (!more) break;
      names.push_back(rows->value(0).as_text());
    }
  }
  const Dialect& dialect = postgres_dialect(true);
  for (const std::string& name : names) {
    LODE_TRY(connection_->run(
        fmt::format("DROP TABLE IF EXISTS {}.{}", quote_name(dialect, terms_.schema), quote_name(dialect, name))));
  }
  return {};
}

}  // namespace lode::postgres
