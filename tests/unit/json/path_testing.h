// What the tests of paths share.
#pragma once

#include <string>

#include "json/path.h"
#include "json_testing.h"

namespace lode::json {

inline const std::string kPathDocument = R"({
  "a": {"b": [{"c": 1}, {"c": 2, "d": null}, {"e": {"c": 3}}], "k.k": "x", "it's": 4}, "o": {"x": 1, "y": {"z": 2}},
  "l": [[1, 2], [3, 4], "s", {"c": 5}], "n": null, "0": 7, "many-results": [1], "true": 8, "é": 9})";

/// A path and what it finds in kPathDocument, as JSON.
struct PathCase {
  std::string path;
  std::string matches;
};

/// A JSON list of the matches.
inline std::string matches_of(const Path& path, Ref root) {
  std::string out = "[";
  for (const Ref match : path.select(root)) {
    if (out.size() > 1) out += ",";
    append(out, match);
  }
  return out + "]";
}

}  // namespace lode::json
