// CSV: RFC 4180 with a header line, into documents.
#include "sources/files/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace lode {
namespace {

bool read_integer(std::string_view text, std::int64_t& value) {
  const std::string_view digits = text.substr(text.substr(0, 1) == "-" ? 1 : 0);
  if (digits.empty() || (digits.size() > 1 && digits[0] == '0')) return false;  // 007 is a name, not a number
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool read_number(std::string_view text, double& value) {
  const std::string_view digits = text.substr(text.substr(0, 1) == "-" ? 1 : 0);
  if (digits.empty() || digits[0] < '0' || digits[0] > '9') return false;
  if (digits.size() > 1 && digits[0] == '0' && digits[1] != '.' && digits[1] != 'e' && digits[1] != 'E') return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool read_boolean(std::string_view text, bool& value) {
  value = equal_ignoring_case(text, "true");
  return value || equal_ignoring_case(text, "false");
}

}  // namespace

std::size_t CsvReader::whole_records(std::string_view text, bool is_last) {
  if (is_last) return text.size();
  std::size_t end = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == '\n' && !quoted) end = i + 1;
  }
  return end;
}

CsvReader::Type CsvReader::type_of(const Field& field) {
  std::int64_t integer = 0;
  double number = 0;
  bool boolean = false;
  if (field.text.empty() && !field.quoted) return Type::kUnknown;
  if (field.quoted) return Type::kText;
  if (read_integer(field.text, integer)) return Type::kInteger;
  if (read_number(field.text, number)) return Type::kNumber;
  if (read_boolean(field.text, boolean)) return Type::kBoolean;
  return Type::kText;
}

CsvReader::Type CsvReader::common(Type a, Type b) {
  if (a == Type::kUnknown || a == b) return b;
  if (b == Type::kUnknown) return a;
  const bool numeric = (a == Type::kInteger || a == Type::kNumber) && (b == Type::kInteger || b == Type::kNumber);
  return numeric ? Type::kNumber : Type::kText;
}

void CsvReader::write(json::DocumentBuilder& out, const Field& field, Type type) const {
  std::int64_t integer = 0;
  double number = 0;
  bool boolean = false;
  if (field.text.empty() && !field.quoted) {
    out.null();
  } else if (type == Type::kInteger && read_integer(field.text, integer)) {
    out.integer(integer);
  } else if (type == Type::kNumber && read_number(field.text, number)) {
    out.real(number);
  } else if (type == Type::kBoolean && read_boolean(field.text, boolean)) {
    out.boolean(boolean);
  } else {
    out.text(field.text);
  }
}

// Takes one record off the front of `text`.
Status CsvReader::read_record(std::string_view& text, std::vector<Field>& fields) {
  fields.clear();
  const std::size_t first_line = line_;
  std::size_t i = 0;
  for (bool more = true; more;) {
    Field field;
    if (i < text.size() && text[i] == '"') {
      field.quoted = true;
      for (++i;; ++i) {
        if (i >= text.size()) {
          return Status::error(Code::kCsvSyntax, fmt::format("line {}: a quoted field is not closed", first_line));
        }
        if (text[i] == '\n') ++line_;
        if (text[i] == '"') {
          if (i + 1 >= text.size() || text[i + 1] != '"') break;
          ++i;
        }
        field.text += text[i];
      }
      ++i;
      if (i < text.size() && text[i] != ',' && text[i] != '\n' && text[i] != '\r') {
        return Status::error(Code::kCsvSyntax, fmt::format("line {}: '{}' follows a closing quote", line_, text[i]));
      }
    } else {
      const std::size_t end = std::min(text.find_first_of(",\n", i), text.size());
      field.text = text.substr(i, end - i);
      if (end == text.size() || text[end] == '\n') {
        if (!field.text.empty() && field.text.back() == '\r') field.text.pop_back();
      }
      i = end;
    }
    if (i < text.size() && text[i] == '\r') ++i;
    more = i < text.size() && text[i] == ',';
    if (i < text.size()) ++i;
    fields.push_back(std::move(field));
  }
  ++line_;
  text.remove_prefix(i);
  return {};
}

Result<std::shared_ptr<const json::Document>> CsvReader::read(std::string_view text) {
  std::vector<Field> fields;
  if (names_.empty() && !text.empty()) {
    if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
    LODE_TRY(read_record(text, fields));
    for (const Field& field : fields) names_.push_back(field.text);
  }
  std::vector<std::pair<std::size_t, std::vector<Field>>> records;
  const bool types_known = !types_.empty();
  if (!types_known) types_.resize(names_.size(), Type::kUnknown);
  while (!text.empty()) {
    const std::size_t line = line_;
    LODE_TRY(read_record(text, fields));
    if (fields.size() == 1 && fields[0].text.empty() && !fields[0].quoted && names_.size() > 1)
      continue;  // an empty line
    if (fields.size() != names_.size()) {
      return Status::error(Code::kCsvSyntax,
                           fmt::format("line {} has {} fields, the header has {}", line, fields.size(), names_.size()));
    }
    for (std::size_t i = 0; !types_known && i < fields.size(); ++i) types_[i] = common(types_[i], type_of(fields[i]));
    records.emplace_back(line, std::move(fields));
  }
  json::DocumentBuilder out;
  for (const auto& [line, record] : records) {
    out.begin_object();
    for (std::size_t i = 0; i < record.size(); ++i) {
      if (!is_utf8(record[i].text)) {
        return Status::error(Code::kCsvSyntax, fmt::format("line {}: field '{}' is not UTF-8", line, names_[i]));
      }
      out.key(names_[i]);
      write(out, record[i], types_[i]);
    }
    out.end_object();
  }
  return out.finish();
}

}  // namespace lode
