// What a path is compiled into. Private to this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/document.h"

namespace lode::json {

struct PathCondition;

/// One step: from a value to some of the values in it.
struct PathStep {
  enum class Kind {
    kFields,
    kIndexes,
    kSlice,
    kAnyChild,
    kDescend,  ///< the value and everything below it
    kUnion,
    kFilter,
  };
  Kind kind = Kind::kFields;
  std::vector<std::string> fields = {};
  std::vector<std::int64_t> indexes = {};
  std::optional<std::int64_t> start = {};
  std::optional<std::int64_t> end = {};
  std::int64_t stride = 1;
  std::vector<std::vector<PathStep>> branches;  ///< kUnion
  std::vector<PathCondition> conditions;        ///< kFilter: one
};

/// A path inside a condition.
struct PathQuery {
  bool from_root = false;  ///< "$…", else from the item in question
  std::vector<PathStep> steps;
};

/// What stands behind '?'.
struct PathCondition {
  enum class Kind { kExists, kMissing, kCompare, kAll, kAny };
  enum class Operator { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };
  Kind kind = Kind::kExists;
  PathQuery left = {};
  Operator compare = Operator::kEqual;
  std::optional<PathQuery> right = {};                ///< else `literal`
  std::shared_ptr<const Document> literal = nullptr;  ///< of one root
  std::vector<PathCondition> parts;                   ///< kAll, kAny
};

/// The steps of a path as written. Errors: kJsonPath.
Result<std::vector<PathStep>> compile_steps(std::string_view text);

}  // namespace lode::json
