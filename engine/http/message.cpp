// HttpRequest and HttpResponse: looking up and changing headers.
#include "http/message.h"

#include <algorithm>

#include "base/text.h"

namespace lode {

const std::string* find_header(const HttpHeaders& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (equal_ignoring_case(key, name)) return &value;
  }
  return nullptr;
}

void remove_header(HttpHeaders& headers, std::string_view name) {
  std::erase_if(headers, [&](const auto& header) { return equal_ignoring_case(header.first, name); });
}

void set_header(HttpHeaders& headers, std::string_view name, std::string value) {
  const auto is_named = [&](const auto& header) { return equal_ignoring_case(header.first, name); };
  const auto first = std::find_if(headers.begin(), headers.end(), is_named);
  if (first == headers.end()) {
    headers.emplace_back(std::string(name), std::move(value));
    return;
  }
  first->second = std::move(value);
  headers.erase(std::remove_if(first + 1, headers.end(), is_named), headers.end());
}

}  // namespace lode
