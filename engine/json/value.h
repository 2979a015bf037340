// json::Value: an owning tree for small things: configuration, schemas, state. Rows in bulk are json::Document.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lode::json {

/// What a value is. The kinds after kObject are not JSON: they come from Lua, from typed JSON and from files with
/// types. Written to disk (package/FORMAT.md): do not change the values of existing entries.
enum class Kind : std::uint8_t {
  kNull = 0,
  kBool = 1,
  kInt = 2,  ///< fits in 64 bits, signed
  kDouble = 3,
  kText = 4,  ///< UTF-8
  kList = 5,
  kObject = 6,
  kBigInt = 7,     ///< an integer beyond 64 bits, as its decimal digits
  kDecimal = 8,    ///< exact, as text: "12.50"
  kTimestamp = 9,  ///< microseconds since 1970 UTC
  kDate = 10,      ///< days since 1970-01-01
  kTime = 11,      ///< microseconds of the day
  kBinary = 12,    ///< bytes
};

/// What dlt knows about a value beyond its kind. Kept from reading to writing typed JSON; equality does not look at it.
enum class Subkind : std::uint8_t {
  kNone = 0,
  kUuid,      ///< of kText: canonical form
  kHexBytes,  ///< of kBinary: written "0x…"
  kWei,       ///< of kDecimal
  kNaive,     ///< of kTimestamp: written without a zone; the number takes it as UTC
};

/// "integer", "text", "list"…: for messages.
std::string_view kind_name(Kind kind);

/// An owning value. Objects keep the order of their keys. Copies are deep; a value is used by one thread at a time.
class Value {
 public:
  using List = std::vector<Value>;
  using Member = std::pair<std::string, Value>;

  Value() {}  ///< null
  // Values may be thousands of levels deep: copying and destroying do not recurse.
  Value(const Value& other);
  Value(Value&& other) noexcept { take(other); }  ///< `other` becomes null
  Value& operator=(const Value& other);
  Value& operator=(Value&& other) noexcept;
  ~Value() { destroy(); }
  Value(std::nullptr_t) {}                                                 // NOLINT: values are meant to convert
  Value(bool value) : kind_(Kind::kBool), int_(value) {}                   // NOLINT
  Value(int value) : kind_(Kind::kInt), int_(value) {}                     // NOLINT
  Value(std::int64_t value) : kind_(Kind::kInt), int_(value) {}            // NOLINT
  Value(double value) : kind_(Kind::kDouble), double_(value) {}            // NOLINT
  Value(const char* text) : kind_(Kind::kText), text_(text) {}             // NOLINT
  Value(std::string text) : kind_(Kind::kText), text_(std::move(text)) {}  // NOLINT
  Value(std::string_view text) : kind_(Kind::kText), text_(text) {}        // NOLINT
  static Value list(List items = {});
  static Value object(std::vector<Member> members = {});
  /// kText, kBigInt, kDecimal or kBinary.
  static Value of_text(Kind kind, std::string text);
  /// kTimestamp, kDate or kTime.
  static Value of_number(Kind kind, std::int64_t number);

  Kind kind() const { return kind_; }
  Subkind subkind() const { return subkind_; }
  void set_subkind(Subkind subkind) { subkind_ = subkind; }
  bool is_null() const { return kind_ == Kind::kNull; }
  bool is_bool() const { return kind_ == Kind::kBool; }
  bool is_int() const { return kind_ == Kind::kInt; }
  bool is_double() const { return kind_ == Kind::kDouble; }
  bool is_text() const { return kind_ == Kind::kText; }
  bool is_list() const { return kind_ == Kind::kList; }
  bool is_object() const { return kind_ == Kind::kObject; }

  // REQUIRES: the kind matches.
  bool as_bool() const;
  std::int64_t as_int() const;         ///< kInt, kTimestamp, kDate, kTime
  double as_double() const;            ///< kDouble, or kInt converted
  const std::string& as_text() const;  ///< kText, kBigInt, kDecimal, kBinary
  const List& items() const;
  List& items();
  const std::vector<Member>& members() const;
  std::vector<Member>& members();

  /// The member of an object, the first of that name; null if this is no object or has no such key. Valid until the
  /// object changes.
  const Value* find(std::string_view key) const;
  Value* find(std::string_view key);
  /// find() along "a", "b", "c".
  const Value* find_path(std::initializer_list<std::string_view> keys) const;
  /// The member's text, or `fallback` if it is not there or not text.
  std::string text_or(std::string_view key, std::string_view fallback) const;
  std::int64_t int_or(std::string_view key, std::int64_t fallback) const;
  bool bool_or(std::string_view key, bool fallback) const;
  /// Adds a member or replaces its value in place; turns null into an object first. Returns the value stored.
  Value& set(std::string_view key, Value value);
  /// The member, added as null if absent.
  Value& operator[](std::string_view key);
  /// False if it was not there.
  bool erase(std::string_view key);
  void push_back(Value value);  ///< turns null into a list first
  std::size_t size() const;     ///< items or members; 0 for all else

  /// Equal kinds and contents; the order of keys does not matter.
  friend bool operator==(const Value& a, const Value& b);

 private:
  bool has_text() const {
    return kind_ == Kind::kText || kind_ == Kind::kBigInt || kind_ == Kind::kDecimal || kind_ == Kind::kBinary;
  }
  void take(Value& other) noexcept;
  void copy_level(const Value& other, std::vector<std::pair<const Value*, Value*>>& pending);
  void destroy() noexcept {
    if (has_text()) {
      text_.~basic_string();
    } else if (kind_ == Kind::kList || kind_ == Kind::kObject) {
      destroy_container();
    }
  }
  void destroy_container() noexcept;

  Kind kind_ = Kind::kNull;
  Subkind subkind_ = Subkind::kNone;
  union {  // what kind_ says; int_ for null
    std::int64_t int_ = 0;
    double double_;
    std::string text_;
    List list_;
    std::vector<Member> members_;
  };
};

}  // namespace lode::json
