// Rows of a query as text, page by page.
#include "runtime/query_text.h"

#include "base/text.h"
#include "base/time.h"
#include "json/write.h"

namespace lode {
namespace {

// A value without the quotes that JSON puts around some.
std::string plain_text(json::Ref value) {
  switch (value.kind()) {
    case json::Kind::kText:
    case json::Kind::kBigInt:
    case json::Kind::kDecimal:
      return std::string(value.as_text());
    case json::Kind::kTimestamp:
    case json::Kind::kDate:
    case json::Kind::kTime:
    case json::Kind::kBinary: {
      const std::string quoted = json::write(value);
      return quoted.substr(1, quoted.size() - 2);
    }
    default:
      return json::write(value);
  }
}

// Programs that read CSV take these for something else than text.
bool needs_quotes(std::string_view text) {
  return text.empty() || text.front() == ' ' || text.back() == ' ' ||
         text.find_first_of(",\"\r\n") != std::string::npos;
}

void append_csv(std::string& out, std::string_view text) {
  if (!needs_quotes(text)) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += c;
    out += c;
  }
  out += '"';
}

// "2024-03-01 10:00:00.5Z"
std::string readable_timestamp(json::Ref value) {
  std::string text = iso_timestamp_naive(value.as_int());
  if (text.find('.') != std::string::npos) text.erase(text.find_last_not_of('0') + 1);
  text[text.find('T')] = ' ';
  return value.subkind() == json::Subkind::kNaive ? text : text + 'Z';
}

void append_cell(std::string& out, json::Ref value) {
  switch (value.kind()) {
    case json::Kind::kBigInt:
    case json::Kind::kDecimal:
      out += value.as_text();  // digits, which JSON takes for a number
      return;
    case json::Kind::kTimestamp:
      json::append_text(out, readable_timestamp(value));
      return;
    case json::Kind::kList:
    case json::Kind::kObject:
      json::append_text(out, json::write(value));
      return;
    default:
      json::append(out, value);
  }
}

}  // namespace

std::optional<QueryFormat> query_format_from_name(std::string_view name) {
  if (name == "csv") return QueryFormat::kCsv;
  if (name == "json") return QueryFormat::kJson;
  if (name == "jsonl") return QueryFormat::kJsonl;
  if (name == "cells") return QueryFormat::kCells;
  return std::nullopt;
}

std::string QueryText::begin() const {
  std::string out;
  if (format_ == QueryFormat::kCsv) {
    for (const std::string& column : columns_) {
      if (!out.empty()) out += ',';
      append_csv(out, column);
    }
  } else if (format_ == QueryFormat::kCells) {
    json::Value names = json::Value::list();
    for (const std::string& column : columns_) names.push_back(column);
    json::append(out, names);
  } else if (format_ == QueryFormat::kJson) {
    out += '[';
  }
  return out;
}

std::string QueryText::rows(const std::vector<json::Ref>& rows) {
  std::string out;
  for (const json::Ref row : rows) {
    if (!out.empty() || (has_rows_ && format_ == QueryFormat::kJson)) {
      out += format_ == QueryFormat::kJson ? (out.empty() ? "," : ",\n") : "\n";
    }
    if (format_ == QueryFormat::kJson || format_ == QueryFormat::kJsonl) {
      json::append(out, row);
    } else {
      const bool is_csv = format_ == QueryFormat::kCsv;
      if (!is_csv) out += '[';
      json::Ref key = row.size() > 0 ? row.first_child() : row;
      for (std::size_t i = 0; i < row.size(); ++i) {
        const json::Ref value = key.next();
        if (i > 0) out += ',';
        if (!is_csv) {
          append_cell(out, value);
        } else if (!value.is_null()) {
          append_csv(out, plain_text(value));
        }
        key = value.next();
      }
      if (!is_csv) out += ']';
    }
    has_rows_ = true;
  }
  return out;
}

std::string QueryText::end() const { return format_ == QueryFormat::kJson ? "]" : ""; }

}  // namespace lode
