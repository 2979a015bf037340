// Naming: how names from data become identifiers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace lode {

/// One naming convention with a length limit. Immutable and thread-safe. Lengths count code points.
class Naming {
 public:
  virtual ~Naming() = default;
  /// `convention`: "snake_case" (more come with the full set). `length_max` 0: no limit. Errors: kConfigInvalid.
  static Result<std::shared_ptr<const Naming>> make(std::string_view convention, std::uint32_t length_max);

  /// Errors: kSchemaInvalid for an empty name.
  virtual Result<std::string> identifier(std::string_view name) const = 0;
  /// Splits at the separator, normalizes each piece, joins and shortens. May be "".
  virtual std::string path(std::string_view name) const = 0;
  /// Joins pieces that are already normalized, then shortens.
  virtual std::string shorten_fragments(const std::vector<std::string>& fragments) const = 0;
  virtual std::string_view separator() const = 0;
  virtual std::uint32_t length_max() const = 0;
};

}  // namespace lode
