// Row selection: where in a JSON document the rows are.
#include "extract/row_selection.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace lode {
namespace {

// Names that REST APIs give their list of rows; dlt's list.
constexpr std::array<std::string_view, 11> kUsualNames = {
    "data", "items", "results", "entries", "records", "rows", "entities", "payload", "content", "objects", "values"};
constexpr std::size_t kDepthMax = 3;

bool is_plain_name(std::string_view name) {
  if (name.empty() || name.front() == '-' || (name.front() >= '0' && name.front() <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

struct FoundList {
  std::string path;
  bool has_usual_name;
};

void find_lists(json::Ref object, const std::string& prefix, std::size_t depth, std::vector<FoundList>& out) {
  json::Ref key = object.size() > 0 ? object.first_child() : object;
  for (std::size_t i = 0; i < object.size(); ++i) {
    const json::Ref value = key.next();
    const std::string_view name = key.as_text();
    const std::string path = append_path_field(prefix, name);
    if (value.is_list()) {
      out.push_back({path, std::find(kUsualNames.begin(), kUsualNames.end(), name) != kUsualNames.end()});
    } else if (value.is_object() && depth < kDepthMax) {
      find_lists(value, path, depth + 1, out);
    }
    key = value.next();
  }
}

}  // namespace

std::string append_path_field(const std::string& path, std::string_view name) {
  const std::string dot = path.empty() ? "" : ".";
  if (is_plain_name(name)) return path + dot + std::string(name);
  std::string quoted;
  for (const char c : name) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return path + dot + "['" + quoted + "']";
}

json::Rows select_rows(std::shared_ptr<const json::Document> document, const json::Path& path) {
  json::Rows rows;
  const std::vector<json::Ref> matches = path.select(document->root(0));
  if (matches.size() != 1) {
    rows.rows = matches;
  } else if (matches[0].is_list()) {
    rows.rows.reserve(matches[0].size());
    json::Ref item = matches[0].size() > 0 ? matches[0].first_child() : matches[0];
    for (std::size_t i = 0; i < matches[0].size(); ++i, item = item.next()) rows.rows.push_back(item);
  } else if (!matches[0].is_null()) {
    rows.rows = matches;
  }
  rows.document = std::move(document);
  return rows;
}

std::string detect_rows_path(json::Ref body) {
  if (!body.is_object()) return "$";
  std::vector<FoundList> lists;
  find_lists(body, "", 1, lists);
  if (lists.empty()) return "$";
  const auto usual =
      std::find_if(lists.begin(), lists.end(), [](const FoundList& list) { return list.has_usual_name; });
  return usual != lists.end() ? usual->path : lists.front().path;
}

}  // namespace lode
