// Form encoding: query parameters and form bodies.
#include "http/form.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/text.h"
#include "base/time.h"
#include "http/url.h"

namespace lode {
namespace {

// Python's repr of a double: the shortest digits that read back equal; plain from 1e-4 to 1e16, else with an exponent
// of at least two digits.
std::string python_double(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  const double size = std::fabs(value);
  char text[400];
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e16);
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  const auto [end, error] = std::to_chars(text, text + sizeof text, value, format);
  std::string out(text, end);
  if (plain && out.find('.') == std::string::npos) out += ".0";
  return out;
}

Result<std::string> form_text(std::string_view name, const json::Value& value) {
  switch (value.kind()) {
    case json::Kind::kBool:
      return std::string(value.as_bool() ? "True" : "False");
    case json::Kind::kInt:
      return std::to_string(value.as_int());
    case json::Kind::kDouble:
      return python_double(value.as_double());
    case json::Kind::kText:
    case json::Kind::kBigInt:
    case json::Kind::kDecimal:
    case json::Kind::kBinary:
      return value.as_text();
    case json::Kind::kTimestamp:
      return iso_timestamp_z(value.as_int());
    case json::Kind::kDate:
      return iso_date(value.as_int());
    case json::Kind::kTime:
      return iso_time(value.as_int());
    case json::Kind::kNull:
    case json::Kind::kList:
    case json::Kind::kObject:
      break;
  }
  return Status::error(Code::kInvalidArgument, fmt::format("parameter '{}' is {}; text, a number, a boolean or a list "
                                                           "of those was expected",
                                                           name, json::kind_name(value.kind())));
}

Status add_pairs(const std::string& name, const json::Value& value, FormPairs& out) {
  if (value.is_null()) return {};
  if (value.is_list()) {
    for (const json::Value& item : value.items()) {
      if (item.is_null()) continue;
      LODE_ASSIGN(std::string text, form_text(name, item));
      out.emplace_back(name, std::move(text));
    }
    return {};
  }
  LODE_ASSIGN(std::string text, form_text(name, value));
  out.emplace_back(name, std::move(text));
  return {};
}

}  // namespace

Result<FormPairs> form_pairs(const json::Value& params) {
  FormPairs out;
  if (params.is_null()) return out;
  if (params.is_object()) {
    for (const auto& [name, value] : params.members()) LODE_TRY(add_pairs(name, value, out));
    return out;
  }
  if (params.is_list()) {
    for (const json::Value& pair : params.items()) {
      if (!pair.is_list() || pair.size() != 2 || !pair.items()[0].is_text()) {
        return Status::error(Code::kInvalidArgument, "parameters given as a list must be pairs: { name, value }");
      }
      LODE_TRY(add_pairs(pair.items()[0].as_text(), pair.items()[1], out));
    }
    return out;
  }
  return Status::error(Code::kInvalidArgument, fmt::format("parameters must be a table of names and values, not {}",
                                                           json::kind_name(params.kind())));
}

std::string form_encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
        c == '-' || c == '~') {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return out;
}

std::string form_encode(const FormPairs& pairs) {
  std::string out;
  for (const auto& [name, value] : pairs) {
    if (!out.empty()) out += '&';
    out.append(form_encode(name)).append("=").append(form_encode(value));
  }
  return out;
}

std::string form_decode(std::string_view text) { return percent_decode(replace_all(std::string(text), "+", " ")); }

}  // namespace lode
