// TextMap: a hash map by text.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/text_index.h"

namespace lode {

/// Finds std::string keys by std::string_view without a copy.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return hash_text(text); }
};
template <class T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

}  // namespace lode
