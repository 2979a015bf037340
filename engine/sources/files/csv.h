// CSV: RFC 4180 with a header line, into documents.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/document.h"

namespace lode {

/// Reads CSV texts chunk after chunk into rows: objects whose keys are the header's names. Empty fields are null. Used
/// by one thread. Types are settled by the first chunk: a column whose values there are all integers (without leading
/// zeros), all numbers or all true/false gets that type; a later value that does not fit stays text.
class CsvReader {
 public:
  /// The rows of `text`, which ends with a whole record. Errors: kCsvSyntax with the line.
  Result<std::shared_ptr<const json::Document>> read(std::string_view text);
  /// Where the last whole record of `text` ends; 0 if there is none. `is_last`: no more text follows.
  static std::size_t whole_records(std::string_view text, bool is_last);

 private:
  enum class Type { kUnknown, kInteger, kNumber, kBoolean, kText };
  struct Field {
    std::string text;
    bool quoted = false;
  };
  Status read_record(std::string_view& text, std::vector<Field>& fields);
  static Type type_of(const Field& field);
  static Type common(Type a, Type b);
  void write(json::DocumentBuilder& out, const Field& field, Type type) const;

  std::vector<std::string> names_;
  std::vector<Type> types_;
  std::size_t line_ = 1;
};

}  // namespace lode
