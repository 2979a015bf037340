// What the engine says in JSON, as a tree. The one file that reads JSON.
#include "json_tree.h"

#include <simdjson.h>

#include <algorithm>
#include <cstdlib>

#include "text.h"

namespace lode::cli {

struct JsonTree::Reader {
  // False: what was read so far is no JSON.
  template <typename Value>
  static bool read(Value&& value, JsonTree& out) {
    simdjson::ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    switch (type) {
      case simdjson::ondemand::json_type::array:
        return read_list(value, out);
      case simdjson::ondemand::json_type::object:
        return read_object(value, out);
      case simdjson::ondemand::json_type::string:
        return read_text(value, out);
      case simdjson::ondemand::json_type::null:
        return true;
      default:
        return read_other(value, out);
    }
  }

  template <typename Value>
  static bool read_list(Value& value, JsonTree& out) {
    simdjson::ondemand::array list;
    if (value.get_array().get(list) != simdjson::SUCCESS) return false;
    out.kind_ = Kind::kList;
    for (auto found : list) {
      simdjson::ondemand::value item;
      if (found.get(item) != simdjson::SUCCESS || !read(item, out.children_.emplace_back())) return false;
    }
    return true;
  }

  template <typename Value>
  static bool read_object(Value& value, JsonTree& out) {
    simdjson::ondemand::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return false;
    out.kind_ = Kind::kObject;
    for (auto found : object) {
      std::string_view key;
      simdjson::ondemand::value member;
      if (found.unescaped_key().get(key) != simdjson::SUCCESS) return false;
      out.keys_.emplace_back(key);
      if (found.value().get(member) != simdjson::SUCCESS || !read(member, out.children_.emplace_back())) return false;
    }
    return true;
  }

  template <typename Value>
  static bool read_text(Value& value, JsonTree& out) {
    std::string_view text;
    if (value.get_string().get(text) != simdjson::SUCCESS) return false;
    out.kind_ = Kind::kText;
    out.text_ = text;
    return true;
  }

  template <typename Value>
  static bool read_other(Value& value, JsonTree& out) {
    std::string_view token = value.raw_json_token();
    while (!token.empty() && std::string_view(" \t\r\n").find(token.back()) != std::string_view::npos) {
      token.remove_suffix(1);
    }
    out.kind_ = Kind::kOther;
    out.text_ = token;
    return true;
  }
};

JsonTree JsonTree::read(std::string_view json) {
  const simdjson::padded_string padded(json);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::value root;
  JsonTree tree;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return {};
  if (document.get_value().get(root) != simdjson::SUCCESS || !Reader::read(root, tree)) return {};
  return tree;
}

const JsonTree& JsonTree::at(std::string_view key) const {
  static const JsonTree kNothing;
  const auto found = std::find(keys_.begin(), keys_.end(), key);
  return found == keys_.end() ? kNothing : children_[static_cast<std::size_t>(found - keys_.begin())];
}

std::string JsonTree::text_at(std::string_view key) const {
  const JsonTree& member = at(key);
  return member.kind_ == Kind::kText ? member.text_ : std::string();
}

std::uint64_t JsonTree::number_at(std::string_view key) const {
  const JsonTree& member = at(key);
  return member.kind_ == Kind::kOther ? std::strtoull(member.text_.c_str(), nullptr, 10) : 0;
}

double JsonTree::decimal_at(std::string_view key) const {
  const JsonTree& member = at(key);
  return member.kind_ == Kind::kOther ? std::strtod(member.text_.c_str(), nullptr) : 0;
}

bool JsonTree::flag_at(std::string_view key, bool fallback) const {
  const JsonTree& member = at(key);
  if (member.kind_ == Kind::kOther && member.text_ == "true") return true;
  if (member.kind_ == Kind::kOther && member.text_ == "false") return false;
  return fallback;
}

std::string JsonTree::json() const {
  if (kind_ == Kind::kNull) return "null";
  if (kind_ == Kind::kText) return quote_json(text_);
  if (kind_ == Kind::kOther) return text_;
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < children_.size(); ++i) {
    parts.push_back(kind_ == Kind::kObject ? quote_json(keys_[i]) + ":" + children_[i].json() : children_[i].json());
  }
  if (kind_ == Kind::kList) return json_list(parts);
  std::string out = "{";
  for (const std::string& part : parts) out.append(out.size() > 1 ? "," : "").append(part);
  return out + "}";
}

}  // namespace lode::cli
