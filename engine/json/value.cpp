// json::Value: an owning tree for small things.
#include "json/value.h"

#include <new>

#include "base/assert.h"

namespace lode::json {

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return "boolean";
    case Kind::kInt:
      return "integer";
    case Kind::kDouble:
      return "number";
    case Kind::kText:
      return "text";
    case Kind::kList:
      return "list";
    case Kind::kObject:
      return "object";
    case Kind::kBigInt:
      return "integer";
    case Kind::kDecimal:
      return "decimal";
    case Kind::kTimestamp:
      return "timestamp";
    case Kind::kDate:
      return "date";
    case Kind::kTime:
      return "time";
    case Kind::kBinary:
      return "binary";
  }
  return "unknown";
}

namespace {

bool is_number_kind(Kind kind) { return kind == Kind::kTimestamp || kind == Kind::kDate || kind == Kind::kTime; }

bool is_text_kind(Kind kind) {
  return kind == Kind::kText || kind == Kind::kBigInt || kind == Kind::kDecimal || kind == Kind::kBinary;
}

}  // namespace

// REQUIRES: this holds nothing that has to be destroyed.
void Value::take(Value& other) noexcept {
  kind_ = other.kind_;
  subkind_ = other.subkind_;
  if (has_text()) {
    new (&text_) std::string(std::move(other.text_));
  } else if (kind_ == Kind::kList) {
    new (&list_) List(std::move(other.list_));
  } else if (kind_ == Kind::kObject) {
    new (&members_) std::vector<Member>(std::move(other.members_));
  } else {
    int_ = other.int_;  // or double_: the same eight bytes
  }
  other.destroy();
  other.kind_ = Kind::kNull;
  other.subkind_ = Subkind::kNone;
  other.int_ = 0;
}

// Copies all but what is in `other`'s containers: those are added to `pending`. REQUIRES: as take().
void Value::copy_level(const Value& other, std::vector<std::pair<const Value*, Value*>>& pending) {
  const auto copy_or_postpone = [&](const Value& from, Value& to) {
    if (from.size() > 0) {
      pending.emplace_back(&from, &to);
    } else {
      to.copy_level(from, pending);
    }
  };
  // Containers get their size at once, so places in them do not move.
  if (other.has_text()) {
    new (&text_) std::string(other.text_);
  } else if (other.is_list()) {
    new (&list_) List(other.list_.size());
    for (std::size_t i = 0; i < list_.size(); ++i) copy_or_postpone(other.list_[i], list_[i]);
  } else if (other.is_object()) {
    new (&members_) std::vector<Member>();
    members_.reserve(other.members_.size());
    for (const auto& [key, value] : other.members_) {
      copy_or_postpone(value, members_.emplace_back(key, Value()).second);
    }
  } else {
    int_ = other.int_;
  }
  kind_ = other.kind_;
  subkind_ = other.subkind_;
}

Value::Value(const Value& other) {
  std::vector<std::pair<const Value*, Value*>> pending;
  copy_level(other, pending);
  while (!pending.empty()) {
    const auto [from, to] = pending.back();
    pending.pop_back();
    to->copy_level(*from, pending);
  }
}

Value& Value::operator=(const Value& other) {
  if (this != &other) *this = Value(other);
  return *this;
}

Value& Value::operator=(Value&& other) noexcept {
  if (this == &other) return *this;
  Value taken(std::move(other));  // `other` may lie inside this
  destroy();
  take(taken);
  return *this;
}

// Takes grandchildren out before their parents go. Ends the life of list_ or members_.
void Value::destroy_container() noexcept {
  std::vector<Value> pending;
  const auto take_containers_of = [&](Value& value) {
    if (value.is_list()) {
      for (Value& item : value.list_) {
        if (item.size() > 0) pending.push_back(std::move(item));
      }
    } else {
      for (Member& member : value.members_) {
        if (member.second.size() > 0) pending.push_back(std::move(member.second));
      }
    }
  };
  take_containers_of(*this);
  while (!pending.empty()) {
    Value value = std::move(pending.back());
    pending.pop_back();
    take_containers_of(value);
  }
  if (is_list()) {
    list_.~vector();
  } else {
    members_.~vector();
  }
}

Value Value::list(List items) {
  Value value;
  value.kind_ = Kind::kList;
  new (&value.list_) List(std::move(items));
  return value;
}

Value Value::object(std::vector<Member> members) {
  Value value;
  value.kind_ = Kind::kObject;
  new (&value.members_) std::vector<Member>(std::move(members));
  return value;
}

Value Value::of_text(Kind kind, std::string text) {
  LODE_ASSERT(is_text_kind(kind));
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
  LODE_ASSERT(has_text());
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
  if (!is_object()) return nullptr;
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
  if (is_null()) *this = object();
  LODE_ASSERT(is_object());
  if (Value* value = find(key)) return *value;
  members_.emplace_back(std::string(key), Value());
  return members_.back().second;
}

bool Value::erase(std::string_view key) {
  if (!is_object()) return false;
  for (auto member = members_.begin(); member != members_.end(); ++member) {
    if (member->first == key) {
      members_.erase(member);
      return true;
    }
  }
  return false;
}

void Value::push_back(Value value) {
  if (is_null()) *this = list();
  LODE_ASSERT(is_list());
  list_.push_back(std::move(value));
}

std::size_t Value::size() const { return is_list() ? list_.size() : is_object() ? members_.size() : 0; }

namespace {

bool equal_scalars(const Value& a, const Value& b) {
  switch (a.kind()) {
    case Kind::kBool:
      return a.as_bool() == b.as_bool();
    case Kind::kDouble:
      return a.as_double() == b.as_double();
    case Kind::kInt:
    case Kind::kTimestamp:
    case Kind::kDate:
    case Kind::kTime:
      return a.as_int() == b.as_int();
    case Kind::kText:
    case Kind::kBigInt:
    case Kind::kDecimal:
    case Kind::kBinary:
      return a.as_text() == b.as_text();
    default:
      return true;
  }
}

}  // namespace

bool operator==(const Value& a, const Value& b) {
  std::vector<std::pair<const Value*, const Value*>> pending{{&a, &b}};
  while (!pending.empty()) {
    const auto [left, right] = pending.back();
    pending.pop_back();
    if (left->kind() != right->kind() || left->size() != right->size() || !equal_scalars(*left, *right)) return false;
    for (std::size_t i = 0; left->is_list() && i < left->size(); ++i) {
      pending.emplace_back(&left->list_[i], &right->list_[i]);
    }
    for (std::size_t i = 0; left->is_object() && i < left->size(); ++i) {
      const auto& [key, value] = left->members_[i];
      // Mostly the keys are in the same order; then nothing is looked up.
      const Value* other = right->members_[i].first == key ? &right->members_[i].second : right->find(key);
      if (other == nullptr) return false;
      pending.emplace_back(&value, other);
    }
  }
  return true;
}

}  // namespace lode::json
