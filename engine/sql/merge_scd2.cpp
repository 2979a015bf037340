// Merge by scd2 (slowly changing dimensions, type 2): the destination keeps every version of a row, and from when to
// when it held. Staged rows are the versions that hold now.
#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "base/iso8601.h"
#include "base/text.h"
#include "sql/merge_parts.h"
#include "sql/statements.h"

namespace lode {
namespace {

struct Scd2 {
  std::string from;  // columns
  std::string to;
  std::string version;
  std::string boundary;    // SQL of a timestamp: since when the staged versions hold
  std::string active;      // SQL of what `to` is of versions that hold; "": null
  std::string active_too;  // another form of it that counts
  bool is_hash = false;    // the version is a hash of the row, so it is the row's id, too
};

// A timestamp as hints have it: text, or seconds since 1970. nullopt for null and for no hint.
Result<std::optional<std::int64_t>> timestamp_of(const json::Value* value, std::string_view hint, const Table& table) {
  if (value == nullptr || value->is_null()) return std::optional<std::int64_t>();
  if (value->is_int()) return std::optional<std::int64_t>(value->as_int() * 1'000'000);
  if (value->is_double()) return std::optional<std::int64_t>(std::llround(value->as_double() * 1e6));
  if (value->is_text()) {
    const std::optional<IsoValue> iso = parse_iso(value->as_text());
    if (iso && iso->kind == IsoValue::Kind::kTimestamp) return std::optional<std::int64_t>(iso->micros);
    if (iso && iso->kind == IsoValue::Kind::kDate) return std::optional<std::int64_t>(iso->days * 86'400'000'000);
  }
  return Status::error(Code::kSchemaInvalid, fmt::format("table '{}': {} is no timestamp", table.name(), hint))
      .hint("write it like 2024-01-31T00:00:00Z");
}

Result<Scd2> read_hints(const MergeParts& parts) {
  const Table& root = parts.root();
  Scd2 scd2;
  scd2.from = root.first_with("x-valid-from");
  scd2.to = root.first_with("x-valid-to");
  scd2.version = root.first_with("x-row-version");
  if (scd2.from.empty() || scd2.to.empty() || scd2.version.empty()) {
    return Status::error(
               Code::kSchemaInvalid,
               fmt::format("table '{}' is merged by scd2, but has no columns for validity and version", root.name()))
        .hint("give the resource the whole disposition: { disposition = \"merge\", strategy = \"scd2\" }");
  }
  scd2.is_hash = scd2.version == kIdColumn;
  LODE_ASSIGN(const std::optional<std::int64_t> boundary,
              timestamp_of(root.props().find("x-boundary-timestamp"), "boundary_timestamp", root));
  scd2.boundary = parts.dialect().timestamp(boundary.value_or(parts.created_at_us()));
  LODE_ASSIGN(
      const std::optional<std::int64_t> active,
      timestamp_of(root.find(scd2.to)->props().find("x-active-record-timestamp"), "active_record_timestamp", root));
  if (active) {
    scd2.active = parts.dialect().active_timestamp(*active);
    scd2.active_too = parts.dialect().timestamp(*active);
  }
  return scd2;
}

std::string is_active(const MergeParts& parts, const Scd2& scd2, std::string_view alias) {
  const std::string to = parts.name(scd2.to, alias);
  if (scd2.active.empty()) return to + " IS NULL";
  return scd2.active == scd2.active_too ? fmt::format("{} = {}", to, scd2.active)
                                        : fmt::format("{} IN ({}, {})", to, scd2.active, scd2.active_too);
}

// Versions that hold no longer: of all rows, or of those that share a merge key with a staged one.
void retire(MergeParts& parts, const Scd2& scd2) {
  const std::string staged = parts.staging_table(parts.root());
  std::string where =
      fmt::format("{} AND NOT EXISTS (SELECT 1 FROM {} AS s WHERE {} = {})", is_active(parts, scd2, "d"), staged,
                  parts.name(scd2.version, "s"), parts.name(scd2.version, "d"));
  if (!parts.merge_key().empty()) {
    where += fmt::format(" AND EXISTS (SELECT 1 FROM {} AS s WHERE {})", staged, parts.all_equal(parts.merge_key()));
  }
  parts.add(fmt::format("UPDATE {} AS d SET {} = {} WHERE {}", parts.final_table(parts.root()), parts.name(scd2.to),
                        scd2.boundary, where));
}

// The staged versions that the destination does not have as active ones. Of staged rows that are the same in all one is
// inserted: a version holds once.
std::string new_versions(MergeParts& parts, const Scd2& scd2) {
  const std::string version = parts.name(scd2.version);
  const std::string staged = parts.staging_table(parts.root());
  const std::string matched = parts.make_temporary(
      "matched",
      fmt::format("SELECT {} AS id FROM {} AS d WHERE {} AND EXISTS (SELECT 1 FROM {} AS s "
                  "WHERE {} = {})",
                  parts.name(scd2.version, "d"), parts.final_table(parts.root()), is_active(parts, scd2, "d"), staged,
                  parts.name(scd2.version, "s"), parts.name(scd2.version, "d")));
  std::string from = staged;
  if (scd2.is_hash) {
    from = fmt::format("(SELECT *, ROW_NUMBER() OVER (PARTITION BY {} ORDER BY {}) AS _dlt_dedup_rn FROM {})", version,
                       parts.dialect().insertion_order, staged);
  }
  return fmt::format("{} AS s LEFT JOIN {} AS m ON m.id = {} WHERE m.id IS NULL{}", from, matched,
                     parts.name(scd2.version, "s"), scd2.is_hash ? " AND s._dlt_dedup_rn = 1" : "");
}

void insert_versions(MergeParts& parts, const Scd2& scd2, const std::string& from) {
  std::vector<std::string> columns;
  for (const std::string& column : complete_columns(parts.root())) {
    if (column != scd2.from && column != scd2.to) columns.push_back(column);
  }
  const std::string values = name_list(parts.dialect(), columns, "s.");
  columns.push_back(scd2.from);
  columns.push_back(scd2.to);
  parts.add(fmt::format("{} SELECT {}, {}, {} FROM {}",
                        insert_into(parts.dialect(), parts.final_table(parts.root()), columns), values, scd2.boundary,
                        scd2.active.empty() ? "NULL" : scd2.active, from));
}

// Nested rows have ids made from their root row's. Where that one is a hash they are there already if the version was
// there before, active or not. Where it is random, rows of versions that were not inserted must stay out.
Status insert_nested(MergeParts& parts, const Scd2& scd2, const std::string& inserted) {
  for (std::size_t i = 1; i < parts.chain().size(); ++i) {
    const Table& table = *parts.chain()[i];
    const std::string staged = parts.staging_table(table);
    if (!scd2.is_hash) {
      LODE_ASSIGN(const std::string condition, parts.staged_rows_below(table, inserted));
      parts.insert_rows(table, staged + " WHERE " + condition);
      continue;
    }
    LODE_ASSIGN(const std::string row_key, parts.row_key_of(table));
    const std::string key = parts.name(row_key);
    parts.make_index(staged, key);
    const std::string known = parts.make_temporary(
        "matched", fmt::format("SELECT d.{0} AS id FROM {1} AS d WHERE EXISTS (SELECT 1 FROM {2} AS s "
                               "WHERE s.{0} = d.{0})",
                               key, parts.final_table(table), staged));
    parts.insert_rows(table,
                      fmt::format("(SELECT *, ROW_NUMBER() OVER (PARTITION BY {0} ORDER BY {1}) AS _dlt_dedup_rn FROM "
                                  "{2}) AS s LEFT JOIN {3} AS m ON m.id = s.{0} WHERE m.id IS NULL AND "
                                  "s._dlt_dedup_rn = 1",
                                  key, parts.dialect().insertion_order, staged, known),
                      "s");
  }
  return {};
}

}  // namespace

Status merge_by_scd2(MergeParts& parts) {
  LODE_ASSIGN(const Scd2 scd2, read_hints(parts));
  parts.make_index(parts.staging_table(parts.root()), parts.name(scd2.version));
  retire(parts, scd2);
  const std::string added = new_versions(parts, scd2);
  if (!parts.has_nested()) {
    insert_versions(parts, scd2, added);
    return {};
  }
  std::string inserted;
  if (!scd2.is_hash) {
    LODE_ASSIGN(const std::string row_key, parts.row_key_of(parts.root()));
    inserted =
        parts.make_temporary("inserted", fmt::format("SELECT {} AS id FROM {}", parts.name(row_key, "s"), added));
  }
  insert_versions(parts, scd2, added);
  return insert_nested(parts, scd2, inserted);
}

}  // namespace lode
