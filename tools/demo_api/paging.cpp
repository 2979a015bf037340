// Page arithmetic and cursors.
#include "paging.h"

#include <algorithm>
#include <charconv>

namespace lode::demo_api {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string to_base64(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k > bytes.size() ? '=' : kAlphabet[group >> (18 - 6 * k) & 63U];
    }
  }
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out;
  std::uint32_t bits = 0;
  int bit_count = 0;
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      out += static_cast<char>(bits >> bit_count & 255U);
    }
  }
  return out;
}

}  // namespace

std::int64_t RepeatedPages::real(std::int64_t shown_page) const {
  std::int64_t position = 0;
  for (std::int64_t number = 1;; ++number) {
    position += repeats(number) ? 2 : 1;
    if (position >= shown_page) return number;
  }
}

std::int64_t RepeatedPages::shown(std::int64_t pages) const {
  std::int64_t count = pages;
  for (std::int64_t number = 1; number <= pages; ++number) count += repeats(number) ? 1 : 0;
  return count;
}

PageSlice slice_page(std::int64_t rows, std::int64_t size, std::int64_t shown, const RepeatedPages& repeated) {
  const std::int64_t pages = std::max<std::int64_t>(1, (rows + size - 1) / size);
  PageSlice slice;
  slice.pages_shown = repeated.shown(pages);
  slice.rows_shown = (slice.pages_shown - 1) * size + (rows - (pages - 1) * size);
  if (shown > slice.pages_shown) return slice;
  slice.again = repeated.again(shown);
  slice.first = (repeated.real(shown) - 1) * size;
  slice.count = std::min(size, rows - slice.first);
  return slice;
}

std::string pack_cursor(const std::vector<std::int64_t>& numbers) {
  std::string text = "c";
  for (const std::int64_t number : numbers) text += "~" + std::to_string(number);
  return to_base64(text);
}

std::optional<std::vector<std::int64_t>> unpack_cursor(std::string_view cursor, std::size_t count) {
  const auto decoded = from_base64(cursor);
  if (!decoded || decoded->substr(0, 1) != "c") return std::nullopt;
  std::string_view rest = *decoded;
  rest.remove_prefix(1);
  std::vector<std::int64_t> numbers;
  while (!rest.empty()) {
    std::int64_t number = 0;
    if (rest.front() != '~') return std::nullopt;
    const auto parsed = std::from_chars(rest.data() + 1, rest.data() + rest.size(), number);
    if (parsed.ec != std::errc()) return std::nullopt;
    rest.remove_prefix(static_cast<std::size_t>(parsed.ptr - rest.data()));
    numbers.push_back(number);
  }
  if (numbers.size() != count) return std::nullopt;
  return numbers;
}

}  // namespace lode::demo_api
