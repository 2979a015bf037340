// Paths into JSON values: "data.items", "$.groups[*].rows", "items[-1].id", "a['odd key'].b", "a..b".
// Source of the grammar: the parts of JSONPath that dlt's users write (jsonpath-ng's dialect, as newer releases read
// it).
//
//   a.b   $.a   'a b'.c   a["k.k"]      members; a bare name is letters, digits, '_', '-' and '@', or a number
//   a,b   ['a','b']   a.(b|c)           several members; either of two paths
//   a.*   a[*]                          every item of a list, every member's value of an object
//   b[0]   b[-1]   b[0,2]   b[1:]   b[::2]   b[-2:]
//   $..c   a..c                         at any depth below, the value itself included
//   b[?(@.c > 1 && @.d == 'x')]   b[?@.c]   b[?(!@.c)]   b[?(@.c == $.limit)]
//
// A path never fails on a value: what is not there does not match, and null is a match like any other value.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/document.h"

namespace lode::json {

struct PathStep;

/// A compiled path. A value; const methods are thread-safe. A default one selects the root.
class Path {
 public:
  /// Errors: kJsonPath, naming the position.
  static Result<Path> compile(std::string_view text);

  /// All matches, in document order for each step. Something may match twice in a path with '..', '|' or ','.
  std::vector<Ref> select(Ref root) const;
  /// The first match; a Ref without a cell if there is none.
  Ref first(Ref root) const;
  /// The key when the path is one plain field name, else "". Lets callers take a short cut.
  const std::string& plain_field() const { return plain_field_; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::string plain_field_;
  std::shared_ptr<const std::vector<PathStep>> steps_;  ///< null: none
};

}  // namespace lode::json
