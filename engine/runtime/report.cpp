// Run report: what a run did, for people and for programs.
#include "runtime/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "base/time.h"
#include "json/write.h"

namespace lode {
namespace {

// A cursor value as a person writes it: text without its quotes.
std::string show_cursor(const json::Value& value) {
  if (value.is_null()) return "(first run)";
  return value.is_text() ? value.as_text() : json::write(value);
}

std::string show_change(const RunReport::TableRow& row) {
  if (row.is_new) return "new table";
  if (row.columns_added.empty()) return "";
  std::string text =
      row.columns_added.size() == 1 ? "+1 column: " : fmt::format("+{} columns: ", row.columns_added.size());
  constexpr std::size_t kShown = 4;
  for (std::size_t i = 0; i < std::min(kShown, row.columns_added.size()); ++i) {
    if (i > 0) text += ", ";
    text += fmt::format("{} {}", row.columns_added[i].name(), type_name(row.columns_added[i].type()));
  }
  if (row.columns_added.size() > kShown) text += ", …";
  return text;
}

json::Value text_list(const std::vector<std::string>& texts) {
  json::Value list = json::Value::list();
  for (const std::string& text : texts) list.push_back(text);
  return list;
}

std::string show_names(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 6;
  const std::vector<std::string> first(names.begin(),
                                       names.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, names.size())));
  return join(first, ", ") + (names.size() > kShown ? ", …" : "");
}

}  // namespace

std::uint64_t RunReport::row_count() const {
  std::uint64_t sum = 0;
  for (const TableRow& row : tables) sum += row.rows;
  return sum;
}

std::string RunReport::render() const {
  if (is_checked_only) return fmt::format("{}: checked, nothing was run", pipeline);
  if (!preview.is_null()) {
    const auto rows = static_cast<std::int64_t>(row_count());
    return fmt::format("{}: a preview of {} row{} in {} table{}; nothing was loaded", pipeline, group_digits(rows),
                       rows == 1 ? "" : "s", tables.size(), tables.size() == 1 ? "" : "s");
  }
  std::string out;
  for (const std::string& id : resumed) {
    out += fmt::format("{}: finished loading package {} of an earlier run\n", pipeline, id);
  }
  if (load_id.empty()) {
    return out + fmt::format("{}: nothing new to load into {} (dataset {}), in {}", pipeline, destination, dataset,
                             show_seconds(seconds));
  }
  out += fmt::format("{}: loaded package {} into {} (dataset {}) in {}", pipeline, load_id, destination, dataset,
                     show_seconds(seconds));
  if (!cleanup.dropped.empty()) out += fmt::format("\n  dropped first: {}", show_names(cleanup.dropped));
  if (!cleanup.emptied.empty()) out += fmt::format("\n  emptied first: {}", show_names(cleanup.emptied));
  std::size_t name_width = 0;
  std::size_t rows_width = 0;
  for (const TableRow& row : tables) {
    name_width = std::max(name_width, row.table.size());
    rows_width = std::max(rows_width, group_digits(static_cast<std::int64_t>(row.rows)).size());
  }
  for (const TableRow& row : tables) {
    const std::string line =
        fmt::format("  {:<{}}  {:>{}} rows  {:<7}  {}", row.table, name_width,
                    group_digits(static_cast<std::int64_t>(row.rows)), rows_width, row.disposition, show_change(row));
    out += '\n';
    out += line.substr(0, line.find_last_not_of(' ') + 1);
  }
  for (const CursorChange& cursor : cursors) {
    out += fmt::format("\n  cursor of {}: {} -> {}", cursor.resource, show_cursor(cursor.before),
                       show_cursor(cursor.after));
  }
  return out;
}

json::Value RunReport::to_json() const {
  json::Value out = json::Value::object();
  out.set("pipeline", pipeline);
  out.set("load_id", load_id.empty() ? json::Value() : json::Value(load_id));
  out.set("destination", destination);
  out.set("dataset", dataset);
  out.set("operation", operation);
  out.set("seconds", seconds);
  if (ended_at_us != 0) out.set("ended_at", iso_timestamp_z(ended_at_us));
  out.set("rows", static_cast<std::int64_t>(row_count()));
  out.set("requests", static_cast<std::int64_t>(requests));
  out.set("retries", static_cast<std::int64_t>(retries));
  out.set("checked_only", is_checked_only);
  out.set("preview_only", !preview.is_null());
  json::Value table_list = json::Value::list();
  for (const TableRow& row : tables) {
    json::Value columns = json::Value::list();
    for (const Column& column : row.columns_added) columns.push_back(column.props());
    table_list.push_back(json::Value::object({{"name", row.table},
                                              {"rows", static_cast<std::int64_t>(row.rows)},
                                              {"files", static_cast<std::int64_t>(row.files)},
                                              {"bytes", static_cast<std::int64_t>(row.bytes)},
                                              {"load_seconds", row.load_seconds},
                                              {"write_disposition", row.disposition},
                                              {"new", row.is_new},
                                              {"columns_added", std::move(columns)}}));
  }
  out.set("tables", std::move(table_list));
  json::Value resource_list = json::Value::list();
  for (const ResourceRow& row : resources) {
    resource_list.push_back(json::Value::object({{"name", row.name},
                                                 {"rows", static_cast<std::int64_t>(row.rows)},
                                                 {"bytes", static_cast<std::int64_t>(row.bytes)},
                                                 {"pages", static_cast<std::int64_t>(row.pages)},
                                                 {"requests", static_cast<std::int64_t>(row.requests)},
                                                 {"retries", static_cast<std::int64_t>(row.retries)},
                                                 {"done", true}}));
  }
  out.set("resources", std::move(resource_list));
  json::Value cursor_list = json::Value::list();
  for (const CursorChange& cursor : cursors) {
    cursor_list.push_back(json::Value::object({{"resource", cursor.resource},
                                               {"cursor_path", cursor.cursor_path},
                                               {"before", cursor.before},
                                               {"after", cursor.after}}));
  }
  out.set("cursors", std::move(cursor_list));
  out.set("resumed", text_list(resumed));
  json::Value step_list = json::Value::list();
  for (const Step& step : steps) {
    step_list.push_back(json::Value::object(
        {{"step", step.name},
         {"started_at", step.started_at_us != 0 ? json::Value(iso_timestamp_z(step.started_at_us)) : json::Value()},
         {"seconds", step.seconds}}));
  }
  out.set("steps", std::move(step_list));
  if (schema) {
    out.set("schema",
            json::Value::object(
                {{"name", schema->name()}, {"version", schema->version()}, {"version_hash", schema->version_hash()}}));
  }
  out.set("refresh", refresh.empty() ? json::Value() : json::Value(refresh));
  out.set("dropped_tables", text_list(cleanup.dropped));
  out.set("emptied_tables", text_list(cleanup.emptied));
  out.set("load_attempts", static_cast<std::int64_t>(load_attempts));
  out.set("warnings", text_list(warnings));
  return out;
}

}  // namespace lode
