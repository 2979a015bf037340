// What the tests of json share.
#pragma once

#include <memory>
#include <string>

#include "json/parse.h"
#include "json/write.h"
#include "support/catch.h"

namespace lode::json {

using DocumentPointer = std::shared_ptr<const Document>;

inline DocumentPointer parse_or_fail(const std::string& text, Typing typing = Typing::kPlain) {
  Parser parser(typing);
  Result<DocumentPointer> document = parser.parse(text);
  if (!document.ok()) FAIL(document.status().render());
  return std::move(document).value();
}

inline DocumentPointer parse_lines_or_fail(const std::string& text) {
  Parser parser;
  Result<DocumentPointer> document = parser.parse_lines(text);
  if (!document.ok()) FAIL(document.status().render());
  return std::move(document).value();
}

/// Parsed and written again.
inline std::string again(const std::string& text) { return write(parse_or_fail(text)->root(0)); }

}  // namespace lode::json
