// json::Value: an owning tree for small things.
#include "json/value.h"

#include "base/assert.h"

namespace lode::json {

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::kNull: return "null";
    case Kind::kBool: return "boolean";
    case Kind::kInt: return "integer";
    case Kind::kDouble: return "number";
    case Kind::kText: return "text";
    case Kind::kList: return "list";
    case Kind::kObject: return "object";
    case Kind::kBigInt: return "integer";
    case Kind::kDecimal: return "decimal";
    case Kind::kTimestamp: return "timestamp";
    case Kind::kDate: return "date";
    case Kind::kTime: return "time";
    case Kind::kBinary: return "binary";
  }
  return "unknown";
}

namespace {

bool is_number_kind(Kind kind) { return kind == Kind::kTimestamp || kind == Kind::kDate || kind == Kind::kTime; }

bool is_text_kind(Kind kind) { return kind == Kind::kBigInt || kind == Kind::kDecimal || kind == Kind::kBinary; }

}  // namespace

Value Value::list(List items) {
  Value value;
  value.kind_ = Kind::kList;
  value.list_ = std::move(items);
  return value;
}

Value Value::object(std::vector<Member> members) {
  Value value;
  value.kind_ = Kind::kObject;
  value.members_ = std::move(members);
  return value;
}

Value Value::of_text(Kind kind, std::string text) {
  LODE_ASSERT(is_text_kind(kind) || kind == Kind::kText);
  Value value(std::move(text));
  value.kind_ = kind;
  return value;
}

Value Value::of_number(Kind kind, std::int64_t number) {
  LODE_ASSERT(is_number_kind(kind));
  Value value(number);
  value.kind_ = kind;
  return value;
}

bool Value::as_bool() const {
  LODE_ASSERT(is_bool());
  return int_ != 0;
}

std::int64_t Value::as_int() const {
  LODE_ASSERT(is_int() || is_number_kind(kind_));
  return int_;
}

double Value::as_double() const {
  LODE_ASSERT(is_double() || is_int());
  return is_double() ? double_ : static_cast<double>(int_);
}

const std::string& Value::as_text() const {
  LODE_ASSERT(is_text() || is_text_kind(kind_));
  return text_;
}

const Value::List& Value::items() const {
  LODE_ASSERT(is_list());
  return list_;
}

Value::List& Value::items() {
  LODE_ASSERT(is_list());
  return list_;
}

const std::vector<Value::Member>& Value::members() const {
  LODE_ASSERT(is_object());
  return members_;
}

std::vector<Value::Member>& Value::members() {
  LODE_ASSERT(is_object());
  return members_;
}

const Value* Value::find(std::string_view key) const {
  for (const Member& member : members_) {
    if (member.first == key) return &member.second;
  }
  return nullptr;
}

Value* Value::find(std::string_view key) { return const_cast<Value*>(std::as_const(*this).find(key)); }

const Value* Value::find_path(std::initializer_list<std::string_view> keys) const {
  const Value* value = this;
  for (const std::string_view key : keys) {
    value = value->find(key);
    if (value == nullptr) return nullptr;
  }
  return value;
}

std::string Value::text_or(std::string_view key, std::string_view fallback) const {
  const Value* value = find(key);
  return value != nullptr && value->is_text() ? value->text_ : std::string(fallback);
}

std::int64_t Value::int_or(std::string_view key, std::int64_t fallback) const {
  const Value* value = find(key);
  return value != nullptr && value->is_int() ? value->int_ : fallback;
}

bool Value::bool_or(std::string_view key, bool fallback) const {
  const Value* value = find(key);
  return value != nullptr && value->is_bool() ? value->as_bool() : fallback;
}

Value& Value::set(std::string_view key, Value value) {
  Value& place = (*this)[key];
  place = std::move(value);
  return place;
}

Value& Value::operator[](std::string_view key) {
  if (is_null()) kind_ = Kind::kObject;
  LODE_ASSERT(is_object());
  if (Value* value = find(key)) return *value;
  members_.emplace_back(std::string(key), Value());
  return members_.back().second;
}

bool Value::erase(std::string_view key) {
  for (auto member = members_.begin(); member != members_.end(); ++member) {
    if (member->first == key) {
      members_.erase(member);
      return true;
    }
  }
  return false;
}

void Value::push_back(Value value) {
  if (is_null()) kind_ = Kind::kList;
  LODE_ASSERT(is_list());
  list_.push_back(std::move(value));
}

std::size_t Value::size() const { return is_list() ? list_.size() : is_object() ? members_.size() : 0; }

bool operator==(const Value& a, const Value& b) {
  if (a.kind_ != b.kind_) return false;
  switch (a.kind_) {
    case Kind::kNull: return true;
    case Kind::kDouble: return a.double_ == b.double_;
    case Kind::kBool:
    case Kind::kInt:
    case Kind::kTimestamp:
    case Kind::kDate:
    case Kind::kTime: return a.int_ == b.int_;
    case Kind::kText:
    case Kind::kBigInt:
    case Kind::kDecimal:
    case Kind::kBinary: return a.text_ == b.text_;
    case Kind::kList: return a.list_ == b.list_;
    case Kind::kObject: break;
  }
  if (a.members_.size() != b.members_.size()) return false;
  for (std::size_t i = 0; i < a.members_.size(); ++i) {
    const auto& [key, value] = a.members_[i];
    // Mostly the keys are in the same order; then nothing is looked up.
    const Value* other = b.members_[i].first == key ? &b.members_[i].second : b.find(key);
    if (other == nullptr || !(value == *other)) return false;
  }
  return true;
}

}  // namespace lode::json
