// ${NAME} in texts of configuration files.
#include "config/files/interpolate.h"

#include <cctype>

namespace lode {
namespace {

// The length of the name that `text` starts with; 0 if it starts with none.
std::size_t name_length(std::string_view text) {
  const auto is_letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t length = 0;
  while (length < text.size() && (is_letter(text[length]) || (length > 0 && is_digit(text[length])))) ++length;
  return length;
}

struct Reference {
  std::string name;
  std::optional<std::string_view> fallback;
  std::size_t size = 0;  ///< of the whole, "${" and "}" included
};

// What stands at the start of `text`, which starts with "${".
std::optional<Reference> read_reference(std::string_view text) {
  const std::size_t length = name_length(text.substr(2));
  if (length == 0) return std::nullopt;
  Reference reference{std::string(text.substr(2, length)), std::nullopt, 0};
  std::string_view rest = text.substr(2 + length);
  if (rest.starts_with(":-")) {
    const std::size_t end = rest.find('}');
    if (end == std::string_view::npos) return std::nullopt;
    reference.fallback = rest.substr(2, end - 2);
    reference.size = 2 + length + end + 1;
    return reference;
  }
  if (!rest.starts_with('}')) return std::nullopt;
  reference.size = 2 + length + 1;
  return reference;
}

}  // namespace

std::optional<std::string> interpolate(std::string_view text, const VariableLookup& lookup, std::string& missing) {
  std::string out;
  while (!text.empty()) {
    if (text.starts_with("$${")) {
      out += "${";
      text.remove_prefix(3);
      continue;
    }
    const std::optional<Reference> reference = text.starts_with("${") ? read_reference(text) : std::nullopt;
    if (!reference) {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    const std::optional<std::string> value = lookup(reference->name);
    if (reference->fallback && (!value || value->empty())) {
      out += *reference->fallback;
    } else if (value) {
      out += *value;
    } else {
      missing = reference->name;
      return std::nullopt;
    }
    text.remove_prefix(reference->size);
  }
  return out;
}

bool interpolate(json::Value& value, const VariableLookup& lookup, std::string& missing) {
  if (value.is_text()) {
    if (value.as_text().find("${") == std::string::npos) return true;
    std::optional<std::string> text = interpolate(value.as_text(), lookup, missing);
    if (!text) return false;
    value = std::move(*text);
    return true;
  }
  if (value.is_list()) {
    for (json::Value& item : value.items()) {
      if (!interpolate(item, lookup, missing)) return false;
    }
  } else if (value.is_object()) {
    for (auto& member : value.members()) {
      if (!interpolate(member.second, lookup, missing)) return false;
    }
  }
  return true;
}

}  // namespace lode
