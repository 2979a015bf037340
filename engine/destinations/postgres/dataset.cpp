// Dataset: the tables of one PostgreSQL schema as they really are.
#include "destinations/postgres/dataset.h"

#include <fmt/format.h>

#include "base/text.h"
#include "sql/statements.h"

namespace lode::postgres {
namespace {

constexpr std::size_t kNameBytesMax = 63;  // PostgreSQL cuts longer names without a word
constexpr std::int64_t kTimestampDigitsMax = 6;

Status check_name(std::string_view name, std::string_view what) {
  if (name.size() <= kNameBytesMax) return {};
  return Status::error(Code::kSchemaInvalid, fmt::format("the name of {} '{}' has {} bytes, PostgreSQL allows {}", what,
                                                         name, name.size(), kNameBytesMax));
}

Status check_column(const Column& column) {
  LODE_TRY(check_name(column.name(), "column"));
  const std::int64_t precision = column.precision().value_or(0);
  const bool is_time = column.type() == DataType::kTimestamp || column.type() == DataType::kTime;
  const bool fits = (column.type() != DataType::kBigint || precision <= 64) &&
                    (!is_time || (precision >= 0 && precision <= kTimestampDigitsMax));
  if (fits) return {};
  return Status::error(Code::kSchemaInvalid, fmt::format("column '{}': PostgreSQL has no {} of precision {}",
                                                         column.name(), type_name(column.type()), precision))
      .hint("bigint: at most 64 bits; timestamp and time: at most 6 digits of a second");
}

}  // namespace

void Dataset::forget() {
  SqlDataset::forget();
  area_ = nullptr;
}

SqlSession& Dataset::session_for(Place place) { return is_shared(place) ? area_->connection() : session(); }

std::string Dataset::schema_of(Place place) const {
  if (is_shared(place)) return area_->schema();
  return place == Place::kStaging ? "pg_temp" : name_;
}

std::string Dataset::name_of(Place place, std::string_view table) const {
  if (is_shared(place)) return area_->table_name(number_of(table));
  return place == Place::kIncoming ? incoming_name(table) : std::string(table);
}

std::string Dataset::qualified(Place place, std::string_view table) const {
  return quote_name(dialect(), schema_of(place)) + "." + quote_name(dialect(), name_of(place, table));
}

Result<std::string> Dataset::bring_in(const std::string& table) {
  const std::string incoming = qualified(Place::kIncoming, table);
  if (!is_shared(Place::kIncoming)) return incoming;
  LODE_TRY(session().run(fmt::format("ALTER TABLE {} SET SCHEMA {}", incoming, quote_name(dialect(), name_))));
  return quote_name(dialect(), name_) + "." + quote_name(dialect(), name_of(Place::kIncoming, table));
}

Result<bool> Dataset::has_tables(const std::vector<std::string_view>& names) {
  for (const std::string_view name : names) {
    LODE_ASSIGN(const bool found, session().finds("SELECT 1 FROM pg_catalog.pg_class AS c "
                                                  "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
                                                  "WHERE n.nspname = $1 AND c.relname = $2",
                                                  {name_, name}));
    if (!found) return false;
  }
  return true;
}

// Asked first, so that a user who may not make schemas can load into one that is there.
Result<std::string> Dataset::plan_dataset() {
  LODE_TRY(check_name(name_, "dataset"));
  LODE_ASSIGN(const bool found, session().finds("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1", {name_}));
  return found ? std::string() : "CREATE SCHEMA " + quote_name(dialect(), name_);
}

Result<SqlDataset::Columns> Dataset::look_up(Place place, const std::string& table) {
  const bool is_temporary = place == Place::kStaging && !is_shared(place);
  std::vector<json::Value> parameters = {name_of(place, table)};
  if (!is_temporary) parameters.emplace_back(schema_of(place));
  LODE_ASSIGN(
      const std::unique_ptr<QueryRows> rows,
      session_for(place).select(fmt::format("SELECT a.attname, pg_catalog.format_type(a.atttypid, NULL) "
                                            "FROM pg_catalog.pg_attribute AS a "
                                            "JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid "
                                            "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
                                            "WHERE c.relname = $1 AND {} AND a.attnum > 0 AND NOT a.attisdropped",
                                            is_temporary ? "n.oid = pg_catalog.pg_my_temp_schema()" : "n.nspname = $2"),
                                parameters));
  Columns columns;
  for (;;) {
    LODE_ASSIGN(const bool more, rows->next());
    if (!more) return columns;
    columns[rows->value(0).as_text()] = rows->value(1).as_text();
  }
}

Status Dataset::check(const std::string& table, const std::vector<Column>& columns) const {
  LODE_TRY(check_name(table, "table"));
  for (const Column& column : columns) {
    Status fits = check_column(column);
    if (!fits.ok()) return std::move(fits).about(fmt::format("table '{}'", table));
  }
  return {};
}

// A new table gets its UNIQUE after its rows: an index built at once costs less than one kept up to date. An incoming
// table has its own name by then.
void Dataset::plan_new(Place place, TablePlan& plan) const {
  SqlDataset::plan_new(place, plan);
  if (place == Place::kStaging) {
    std::string& create = plan.statements.back();
    // A crash of the server empties unlogged tables, but then the load begins again.
    create.replace(0, std::string_view("CREATE TABLE").size(),
                   is_shared(place) ? "CREATE UNLOGGED TABLE" : "CREATE TEMPORARY TABLE");
    if (!is_shared(place)) create += " ON COMMIT DROP";
    return;
  }
  if (!makes_unique_) return;
  const std::string name = qualified(flavor_.unique_later ? Place::kFinal : place, plan.change.table);
  for (const Column& column : plan.change.columns) {
    if (!column.flag("unique")) continue;
    (flavor_.unique_later ? plan.later : plan.statements)
        .push_back(fmt::format("ALTER TABLE {} ADD UNIQUE ({})", name, quote_name(dialect(), column.name())));
  }
}

std::string Dataset::column_suffix(const Column& column) const {
  return makes_unique_ && column.flag("unique") ? " UNIQUE" : "";
}

std::string_view Dataset::emptying() const { return flavor_.truncates_in_package ? "TRUNCATE TABLE" : "DELETE FROM"; }

}  // namespace lode::postgres
