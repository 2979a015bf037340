// Values that stay nested: their JSON text.
#include "normalize/json_text.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "json/write.h"

namespace lode {
namespace {

using json::Ref;
using json::Value;

constexpr std::size_t kPairwiseMax = 12;  // up to here, comparing all pairs is faster than sorting

bool has_duplicate(std::vector<std::string_view>& keys) {
  if (keys.size() <= kPairwiseMax) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (keys[i] == keys[j]) return true;
      }
    }
    return false;
  }
  std::sort(keys.begin(), keys.end());
  return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}

bool has_duplicates_inside(Ref value) {
  if (value.is_list()) {
    Ref item = Ref(value.cell() + 1);
    for (std::size_t i = 0; i < value.size(); ++i, item = item.next()) {
      if (has_duplicates_inside(item)) return true;
    }
  } else if (value.is_object()) {
    std::vector<std::string_view> keys;
    keys.reserve(value.size());
    Ref key = Ref(value.cell() + 1);
    for (std::size_t i = 0; i < value.size(); ++i) {
      keys.push_back(key.as_text());
      const Ref member = Ref(key.cell() + 1);
      if (has_duplicates_inside(member)) return true;
      key = member.next();
    }
    return has_duplicate(keys);
  }
  return false;
}

}  // namespace

Value without_duplicates(Ref value) {
  if (value.is_list()) {
    Value list = Value::list();
    Ref item = Ref(value.cell() + 1);
    for (std::size_t i = 0; i < value.size(); ++i, item = item.next()) list.push_back(without_duplicates(item));
    return list;
  }
  if (!value.is_object()) return json::to_value(value);
  std::vector<Value::Member> members;
  std::unordered_map<std::string_view, std::size_t> places;
  Ref key = Ref(value.cell() + 1);
  for (std::size_t i = 0; i < value.size(); ++i) {
    const Ref member = Ref(key.cell() + 1);
    const auto [place, is_new] = places.emplace(key.as_text(), members.size());
    if (is_new) {
      members.emplace_back(std::string(key.as_text()), without_duplicates(member));
    } else {
      members[place->second].second = without_duplicates(member);
    }
    key = member.next();
  }
  return Value::object(std::move(members));
}

void append_nested_json(std::string& out, Ref value) {
  if (has_duplicates_inside(value)) {
    json::append(out, without_duplicates(value));
  } else {
    json::append(out, value);
  }
}

}  // namespace lode
