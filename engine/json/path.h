// Paths into JSON values: "data.items", "$.groups[*].rows", "items[-1].id", "a['odd key'].b", "a..b".
// Source of the grammar: the parts of JSONPath that dlt's users write (jsonpath-ng's dialect).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/document.h"

namespace lode::json {

/// A compiled path. A value; const methods are thread-safe.
class Path {
 public:
  /// Errors: kJsonPath, naming the position.
  static Result<Path> compile(std::string_view text);

  /// All matches, in document order.
  std::vector<Ref> select(Ref root) const;
  /// The first match; a Ref without a cell if there is none.
  Ref first(Ref root) const;
  /// The key when the path is one plain field name, else "". Lets callers take a short cut.
  const std::string& plain_field() const { return plain_field_; }
  const std::string& text() const { return text_; }

 private:
  struct Step {
    enum class Kind { kField, kIndex, kAnyChild, kDescend, kSlice } kind = Kind::kField;
    std::string field;
    std::int64_t index = 0;
    std::int64_t slice_end = 0;
    bool has_slice_start = false;
    bool has_slice_end = false;
  };
  Status compile_bracket(void* reader);
  void apply(std::size_t step, Ref value, std::vector<Ref>& out) const;

  std::string text_;
  std::string plain_field_;
  std::vector<Step> steps_;
};

}  // namespace lode::json
