// Text of the program: numbers for people, JSON for programs, widths on a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lode::cli {

/// 12480 -> "12 480".
std::string group_digits(std::uint64_t number);
/// "1 row", "12 480 rows".
std::string count_of(std::uint64_t number, std::string_view noun);
/// "512 B", "3.4 KB", "41.2 MB" (powers of 1000).
std::string show_bytes(std::uint64_t bytes);
/// "80 ms", "4.1 s", "3 min 12 s".
std::string show_seconds(double seconds);
/// The first line of a text.
std::string first_line(std::string_view text);

/// The candidate that someone who wrote `word` probably meant; "" when none is close.
std::string closest(std::string_view word, const std::vector<std::string>& candidates);

bool is_utf8(std::string_view text);
/// `text` on one line and without what a terminal would obey: line breaks and tabs become blanks, other control
/// characters and what is not UTF-8 '?'.
std::string printable(std::string_view text);
/// Columns that `text` (UTF-8, printable) takes on a terminal; wide characters take two.
std::size_t display_width(std::string_view text);
/// `text` cut to at most `columns`, with "…" (or ".") at the end when something was cut.
std::string cut_to_width(std::string_view text, std::size_t columns, bool unicode);

/// A JSON string literal, quotes included. `text` must be UTF-8.
std::string quote_json(std::string_view text);

/// Builds one JSON object, member after member.
class JsonObject {
 public:
  JsonObject& text(std::string_view key, std::string_view value) { return raw(key, quote_json(value)); }
  JsonObject& number(std::string_view key, std::uint64_t value) { return raw(key, std::to_string(value)); }
  JsonObject& decimal(std::string_view key, double value);
  JsonObject& boolean(std::string_view key, bool value) { return raw(key, value ? "true" : "false"); }
  JsonObject& texts(std::string_view key, const std::vector<std::string>& values);
  /// `json` is a value in JSON already.
  JsonObject& raw(std::string_view key, std::string_view json);
  std::string str() const { return body_.empty() ? "{}" : body_ + "}"; }

 private:
  std::string body_;
};

/// A list of JSON values that are JSON already.
std::string json_list(const std::vector<std::string>& items);

}  // namespace lode::cli
