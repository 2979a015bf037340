// What the engine says in JSON, as a tree. Numbers stay as they are written, however long they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lode::cli {

/// One value. Asked for what it does not have, it answers with defaults: a newer engine may say less or more.
class JsonTree {
 public:
  enum class Kind { kNull, kText, kOther, kList, kObject };

  /// kNull if `json` is none.
  static JsonTree read(std::string_view json);

  Kind kind() const { return kind_; }
  /// Of kText what it says; of kOther (numbers, true, false) as it is written.
  const std::string& text() const { return text_; }
  /// Of a list, the items; of an object, the values. Else none.
  const std::vector<JsonTree>& children() const { return children_; }

  /// The member of an object; a null if there is none.
  const JsonTree& at(std::string_view key) const;
  std::string text_at(std::string_view key) const;  ///< "" if it is not text
  std::uint64_t number_at(std::string_view key) const;
  double decimal_at(std::string_view key) const;
  bool flag_at(std::string_view key, bool fallback = false) const;
  /// Back to JSON.
  std::string json() const;

 private:
  struct Reader;
  Kind kind_ = Kind::kNull;
  std::string text_;
  std::vector<std::string> keys_;  // of children_, if it is an object
  std::vector<JsonTree> children_;
};

}  // namespace lode::cli
