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
/// A *path* is a name in which the separator joins the names of nested fields: "order__items".
class Naming {
 public:
  virtual ~Naming() = default;
  /// `convention`: "snake_case", "duck_case", "direct", "sql_cs_v1", "sql_ci_v1" or "s3_tables", also with dlt's module
  /// path before it ("dlt.common.normalizers.names.snake_case"). `length_max` 0: no limit. Errors: kConfigInvalid.
  static Result<std::shared_ptr<const Naming>> make(std::string_view convention, std::uint32_t length_max);

  /// The convention as it is written in schemas: "snake_case".
  const std::string& convention() const { return convention_; }
  virtual bool is_case_sensitive() const = 0;
  virtual std::string_view separator() const { return "__"; }
  std::uint32_t length_max() const { return length_max_; }

  /// Errors: kSchemaInvalid for a name that is empty or only white space.
  Result<std::string> identifier(std::string_view name) const;
  /// As identifier(), for the name of a table or dataset.
  Result<std::string> table_identifier(std::string_view name) const;
  /// Splits at the separator, normalizes each piece, joins and shortens. May be "".
  std::string path(std::string_view name) const;
  /// As path(), for the name of a table.
  std::string table_path(std::string_view name) const;
  /// Joins pieces that are already normalized, then shortens. Blank pieces are left out.
  std::string shorten_fragments(const std::vector<std::string>& fragments) const;
  /// The pieces between separators, blank ones left out.
  std::vector<std::string_view> break_path(std::string_view path) const;

 protected:
  Naming(std::string convention, std::uint32_t length_max)
      : convention_(std::move(convention)), length_max_(length_max) {}

 private:
  /// Maps a name without white space at its ends; not shortened.
  virtual std::string map(std::string_view trimmed) const = 0;
  /// What a convention does last, after shortening.
  virtual std::string finish(std::string shortened) const { return shortened; }
  virtual std::string finish_table(std::string identifier) const { return identifier; }
  std::string identifier_of(std::string_view trimmed) const;
  /// Cuts `normalized` to length_max_; the tag in its middle is a hash of `source`.
  std::string shorten(std::string normalized, std::string_view source) const;
  std::string join(const std::vector<std::string>& pieces) const;

  std::string convention_;
  std::uint32_t length_max_;
};

}  // namespace lode
