// Row selection: where in a JSON document the rows are.
#pragma once

#include <memory>
#include <string>

#include "json/document.h"
#include "json/path.h"

namespace lode {

/// The rows at `path`. One match that is a list: its items; null: none; anything else: one row. Several matches: each
/// is a row. No match: none.
json::Rows select_rows(std::shared_ptr<const json::Document> document, const json::Path& path);

/// The path of a field of the object at `path` ("" is the root): "meta.next", "meta.['odd key']".
std::string append_path_field(const std::string& path, std::string_view name);

/// The path of the list that holds the rows of a REST answer, as dlt guesses it: the first list, at most three keys
/// deep, whose key is a usual name ("data", "items", "results"…), else the first list, else "$".
std::string detect_rows_path(json::Ref body);

}  // namespace lode
