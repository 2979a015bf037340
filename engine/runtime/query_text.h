// Rows of a query as text, page by page: what `lode sql` prints.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"

namespace lode {

enum class QueryFormat {
  kCsv,    ///< a line of names, then one a row; null is nothing, an empty text is ""
  kJson,   ///< one list of objects
  kJsonl,  ///< an object a line
  kCells,  ///< a line of names, then one a row, each a JSON list: for who lays out a table. Texts are as people read
           ///< them
};
std::optional<QueryFormat> query_format_from_name(std::string_view name);

/// The text of one query's rows, a piece at a time: begin, any number of rows, end. Each piece ends where a line does,
/// without its newline; some are empty. One thread.
class QueryText {
 public:
  QueryText(QueryFormat format, std::vector<std::string> columns) : format_(format), columns_(std::move(columns)) {}
  std::string begin() const;
  /// Objects with all columns in order.
  std::string rows(const std::vector<json::Ref>& rows);
  std::string end() const;

 private:
  const QueryFormat format_;
  const std::vector<std::string> columns_;
  bool has_rows_ = false;
};

}  // namespace lode
