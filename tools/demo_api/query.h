// The query string of a request. cpp-httplib's own parsing is not used: it keeps only the last part of "a=b=c", and a
// fault spec is full of equals signs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lode::demo_api {

std::string percent_encode(std::string_view text);  ///< all but letters, digits and - . _ ~
std::string percent_decode(std::string_view text);  ///< also turns "+" into a blank; leaves a broken %-sequence alone

/// Names and values in the order in which they were sent. A value; not synchronised.
class Query {
 public:
  Query() = default;
  /// `target` is the request's path with its query string, as sent.
  static Query of_target(std::string_view target);

  bool has(std::string_view name) const { return find(name) != nullptr; }
  /// The first value of that name; null when absent.
  const std::string* find(std::string_view name) const;
  /// `fallback` when absent; nullopt when it is there and not an integer.
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t fallback) const;

  /// Puts the value in the place of those of the same name, at the end.
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);
  /// "?a=1&b=x%20y"; "" when there is nothing in it.
  std::string render() const;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace lode::demo_api
