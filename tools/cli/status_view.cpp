// What lode_run_status says, as structures. The one file that reads JSON.
#include "status_view.h"

#include <simdjson.h>

namespace lode::cli {
namespace {

using simdjson::ondemand::object;
using simdjson::ondemand::value;

std::uint64_t number(object& from, const char* key) {
  std::uint64_t out = 0;
  return from[key].get(out) == simdjson::SUCCESS ? out : 0;
}

std::string text(object& from, const char* key) {
  std::string_view out;
  return from[key].get(out) == simdjson::SUCCESS ? std::string(out) : std::string();
}

bool flag(object& from, const char* key) {
  bool out = false;
  return from[key].get(out) == simdjson::SUCCESS && out;
}

// Calls `take` with every object in the list at `key`.
template <typename Take>
void each_object(object& from, const char* key, const Take& take) {
  simdjson::ondemand::array list;
  if (from[key].get(list) != simdjson::SUCCESS) return;
  for (auto element : list) {
    object item;
    if (element.get(item) == simdjson::SUCCESS) take(item);
  }
}

std::vector<ResourceView> read_resources(object& from) {
  std::vector<ResourceView> out;
  each_object(from, "resources", [&](object& item) {
    out.push_back({text(item, "name"), number(item, "rows"), number(item, "bytes"), number(item, "requests"),
                   number(item, "retries"), flag(item, "done")});
  });
  return out;
}

// The list at `key` as it is written; else `out` stays.
void read_raw_list(object& from, const char* key, std::string& out) {
  simdjson::ondemand::array list;
  std::string_view raw;
  if (from[key].get(list) == simdjson::SUCCESS && list.raw_json().get(raw) == simdjson::SUCCESS) out = raw;
}

ReportView read_report(object& from) {
  ReportView report;
  report.pipeline = text(from, "pipeline");
  report.text = text(from, "text");
  double seconds = 0;
  if (from["seconds"].get(seconds) == simdjson::SUCCESS) report.seconds = seconds;
  report.resources = read_resources(from);
  return report;
}

}  // namespace

RunView read_status(std::string_view status_json) {
  RunView view;
  const simdjson::padded_string json(status_json);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  object root;
  if (parser.iterate(json).get(document) != simdjson::SUCCESS || document.get(root) != simdjson::SUCCESS) return view;
  each_object(root, "pipelines", [&](object& item) {
    view.pipelines.push_back(
        {text(item, "pipeline"), text(item, "step"), number(item, "rows_loaded"), read_resources(item)});
  });
  read_raw_list(root, "reports", view.reports_json);
  read_raw_list(root, "previews", view.previews_json);
  each_object(root, "reports", [&](object& item) { view.reports.push_back(read_report(item)); });
  return view;
}

bool is_retryable(std::string_view error_json) {
  const simdjson::padded_string json(error_json);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  object root;
  if (parser.iterate(json).get(document) != simdjson::SUCCESS || document.get(root) != simdjson::SUCCESS) return false;
  return flag(root, "retryable");
}

}  // namespace lode::cli
