// Cells for tests, made in one expression.
#pragma once

#include <cstdint>
#include <string_view>

#include "json/document.h"

namespace lode::test {

inline json::Cell null_cell() {
  json::Cell cell;
  cell.kind = json::Kind::kNull;
  cell.size = 0;
  cell.number = 0;
  return cell;
}

inline json::Cell number_cell(json::Kind kind, std::int64_t number) {
  json::Cell cell = null_cell();
  cell.kind = kind;
  cell.number = number;
  return cell;
}

inline json::Cell int_cell(std::int64_t number) { return number_cell(json::Kind::kInt, number); }
inline json::Cell bool_cell(bool value) { return number_cell(json::Kind::kBool, value ? 1 : 0); }

inline json::Cell double_cell(double real) {
  json::Cell cell = null_cell();
  cell.kind = json::Kind::kDouble;
  cell.real = real;
  return cell;
}

/// `text` must outlive the cell.
inline json::Cell text_cell(std::string_view text, json::Kind kind = json::Kind::kText) {
  json::Cell cell = null_cell();
  cell.kind = kind;
  cell.size = static_cast<std::uint32_t>(text.size());
  cell.text = text.data();
  return cell;
}

}  // namespace lode::test
