// Text of the program: numbers for people, JSON for programs, widths on a terminal.
#include "text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace lode::cli {
namespace {

struct CodePoint {
  char32_t code;
  std::size_t bytes;  // 0: not UTF-8
};

// The code point at the start of `text`, which is not empty.
CodePoint decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {0, 0};
  char32_t code = lead & (0x7F >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {0, 0};
    code = code << 6 | (byte(i) & 0x3F);
  }
  constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[bytes] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return {0, 0};
  return {code, bytes};
}

bool in_range(char32_t code, char32_t first, char32_t last) { return code >= first && code <= last; }

// East Asian wide characters and pictures take two columns, combining marks none: coarse, and right for names.
std::size_t width_of(char32_t code) {
  if (in_range(code, 0x300, 0x36F) || in_range(code, 0x200B, 0x200F) || in_range(code, 0xFE00, 0xFE0F)) return 0;
  const bool is_wide =
      in_range(code, 0x1100, 0x115F) || in_range(code, 0x2E80, 0xA4CF) || in_range(code, 0xAC00, 0xD7A3) ||
      in_range(code, 0xF900, 0xFAFF) || in_range(code, 0xFE30, 0xFE6F) || in_range(code, 0xFF00, 0xFF60) ||
      in_range(code, 0xFFE0, 0xFFE6) || in_range(code, 0x1F300, 0x1FAFF) || in_range(code, 0x20000, 0x3FFFD);
  return is_wide ? 2 : 1;
}

// How many insertions, deletions, substitutions and swaps of neighbours make `a` into `b`; case does not count.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  const auto same = [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  };
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = cost[i - 1][j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, change});
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1])) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string group_digits(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, " ");
  }
  return digits;
}

std::string count_of(std::uint64_t number, std::string_view noun) {
  const std::string_view plural = noun == "retry" ? "retries" : "";
  if (number == 1) return fmt::format("1 {}", noun);
  if (!plural.empty()) return fmt::format("{} {}", group_digits(number), plural);
  return fmt::format("{} {}s", group_digits(number), noun);
}

std::string show_bytes(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  for (const char* unit : {"KB", "MB", "GB"}) {
    value /= 1000;
    if (value < 999.95) return fmt::format("{:.1f} {}", value, unit);
  }
  return fmt::format("{:.1f} TB", value / 1000);
}

std::string show_seconds(double seconds) {
  if (seconds < 0.0995) return fmt::format("{:.0f} ms", seconds * 1000);
  if (seconds < 120) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(seconds);
  if (whole < 7200) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string first_line(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

std::string closest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= best_distance) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const CodePoint point = decode(text);
    if (point.bytes == 0) return false;
    text.remove_prefix(point.bytes);
  }
  return true;
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const CodePoint point = decode(text);
    if (point.code == '\n' || point.code == '\t') {
      out += ' ';
    } else if (point.bytes == 0 || point.code < 0x20 || in_range(point.code, 0x7F, 0x9F)) {
      out += '?';
    } else {
      out.append(text.substr(0, point.bytes));
    }
    text.remove_prefix(std::max<std::size_t>(1, point.bytes));
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const CodePoint point = decode(text);
    width += point.bytes == 0 ? 1 : width_of(point.code);
    text.remove_prefix(std::max<std::size_t>(1, point.bytes));
  }
  return width;
}

std::string cut_to_width(std::string_view text, std::size_t columns, bool unicode) {
  if (display_width(text) <= columns) return std::string(text);
  if (columns == 0) return "";
  std::string out;
  std::size_t width = 0;
  while (!text.empty()) {
    const CodePoint point = decode(text);
    const std::size_t bytes = std::max<std::size_t>(1, point.bytes);
    width += point.bytes == 0 ? 1 : width_of(point.code);
    if (width > columns - 1) break;
    out.append(text.substr(0, bytes));
    text.remove_prefix(bytes);
  }
  return out + (unicode ? "…" : ".");
}

std::string quote_json(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

JsonObject& JsonObject::raw(std::string_view key, std::string_view json) {
  body_ += body_.empty() ? '{' : ',';
  body_.append(quote_json(key)).append(":").append(json);
  return *this;
}

JsonObject& JsonObject::decimal(std::string_view key, double value) { return raw(key, fmt::format("{:.3f}", value)); }

JsonObject& JsonObject::texts(std::string_view key, const std::vector<std::string>& values) {
  std::vector<std::string> quoted;
  quoted.reserve(values.size());
  for (const std::string& value : values) quoted.push_back(quote_json(value));
  return raw(key, json_list(quoted));
}

std::string json_list(const std::vector<std::string>& items) { return fmt::format("[{}]", fmt::join(items, ",")); }

}  // namespace lode::cli
