// What lode_run_status says, as structures.
#include "status_view.h"

#include "json_tree.h"

namespace lode::cli {
namespace {

std::vector<ResourceView> read_resources(const JsonTree& from) {
  std::vector<ResourceView> out;
  for (const JsonTree& item : from.at("resources").children()) {
    out.push_back({item.text_at("name"), item.number_at("rows"), item.number_at("bytes"), item.number_at("requests"),
                   item.number_at("retries"), item.flag_at("done")});
  }
  return out;
}

ReportView read_report(const JsonTree& from) {
  return {from.text_at("pipeline"), from.text_at("text"), from.decimal_at("seconds"), read_resources(from)};
}

std::string list_json(const JsonTree& list) { return list.kind() == JsonTree::Kind::kList ? list.json() : "[]"; }

}  // namespace

RunView read_status(std::string_view status_json) {
  RunView view;
  const JsonTree root = JsonTree::read(status_json);
  for (const JsonTree& item : root.at("pipelines").children()) {
    view.pipelines.push_back(
        {item.text_at("pipeline"), item.text_at("step"), item.number_at("rows_loaded"), read_resources(item)});
  }
  for (const JsonTree& item : root.at("reports").children()) view.reports.push_back(read_report(item));
  view.reports_json = list_json(root.at("reports"));
  view.previews_json = list_json(root.at("previews"));
  return view;
}

bool is_retryable(std::string_view error_json) { return JsonTree::read(error_json).flag_at("retryable"); }

}  // namespace lode::cli
