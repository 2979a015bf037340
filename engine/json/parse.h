// Parsing JSON. simdjson does the hard part; parse.cpp is the only file that knows it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/document.h"
#include "json/typed.h"

namespace lode::json {

/// Parses JSON texts into documents. Reusable, keeps its buffers; used by one thread at a time.
/// Errors: kJsonSyntax with line, column and an excerpt; kJsonDepth beyond 2500 levels. Integers beyond 64 bits become
/// kBigInt, so no digit is lost; a number too large for a double is an error. Keys keep their order and duplicates
/// stay. A byte order mark is skipped. The system's memory running out is the one failure that throws (std::bad_alloc).
class Parser {
 public:
  /// With Typing::kTyped, strings of dlt's typed JSON become what they stand for; what cannot be decoded stays text.
  explicit Parser(Typing typing = Typing::kPlain);
  ~Parser();
  Parser(Parser&&) noexcept;
  Parser& operator=(Parser&&) noexcept;

  /// One JSON text; the document has one root. `text` is moved in and kept by the document: strings are not copied.
  Result<std::shared_ptr<const Document>> parse(std::string text);
  /// JSON lines (values separated by white space): one root a value. `text` must hold whole values.
  /// `first_line` is the number of the first line, for messages.
  Result<std::shared_ptr<const Document>> parse_lines(std::string text, std::size_t first_line = 1);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// parse() into an owning value, for small things. Of keys that are there twice the last counts, as in Python.
Result<Value> parse_value(std::string_view text, Typing typing = Typing::kPlain);

}  // namespace lode::json
