// Where in the data an error is: JSON path and value, for messages.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "json/write.h"
#include "normalize/core.h"
#include "normalize/json_text.h"

namespace lode {
namespace {

using json::Cell;
using json::Kind;
using json::Ref;

constexpr std::size_t kExcerptBytes = 120;

bool is_plain_key(std::string_view key) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !key.empty() && std::all_of(key.begin(), key.end(), is_word);
}

// Appends the path from `root` to `target`, a cell inside it; false if it is not there.
bool append_path(std::string& path, const Cell* root, const Cell* target) {
  if (root == target) return true;
  if (target < root || target >= root + Ref(root).span()) return false;
  Ref at(root + 1);
  for (std::uint32_t i = 0; i < root->size; ++i) {
    const Ref key = at;
    const Ref child = root->kind == Kind::kObject ? Ref(at.cell() + 1) : at;
    const Cell* behind = child.next().cell();
    if (target < behind) {
      if (root->kind == Kind::kList) {
        path += fmt::format("[{}]", i);
      } else if (is_plain_key(key.as_text())) {
        path.append(".").append(key.as_text());
      } else {
        path.append("['").append(replace_all(std::string(key.as_text()), "'", "\\'")).append("']");
      }
      return append_path(path, child.cell(), target);
    }
    at = Ref(behind);
  }
  return false;
}

}  // namespace

std::string NormalizerCore::path_of(const Frame& frame, const Cell* value) const {
  std::string path;
  if (frame.up == nullptr) {
    path = "$";
  } else {
    path = path_of(*frame.up, frame.list);
  }
  path += fmt::format("[{}]", frame.index);
  if (value != nullptr) append_path(path, frame.row, value);
  return path;
}

Status NormalizerCore::with_place(Status status, const Frame& frame, const Cell* value) const {
  const bool is_in_row = value != nullptr && value >= frame.row && value < frame.row + Ref(frame.row).span();
  std::string excerpt;
  if (value != nullptr) {
    append_nested_json(excerpt, Ref(value));
    if (options_.show_value) {
      const std::string path = path_of(frame, is_in_row ? value : nullptr);
      const std::size_t dot = path.find_last_of(".'");
      excerpt = options_.show_value(dot == std::string::npos ? "" : std::string_view(path).substr(dot + 1), excerpt);
    }
    status.with("value", shorten(excerpt, kExcerptBytes));
  }
  error_path_ = path_of(frame, is_in_row ? value : nullptr);
  status.with("at", error_path_);
  return status;
}

}  // namespace lode
