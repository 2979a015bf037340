// zlib and base64 together: how dlt packs long texts for a column.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lode {

/// base64(zlib level 9).
std::string deflate_base64(std::string_view bytes);
/// nullopt when `text` is not strict base64 of a whole zlib stream, or more than 1 GiB would come out.
std::optional<std::string> inflate_base64(std::string_view text);

}  // namespace lode
