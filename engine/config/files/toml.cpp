// Reading TOML into json values. The only file that includes toml++.
#include "config/files/toml.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "base/text.h"
#include "base/time.h"

namespace lode {
namespace {

std::int64_t micros_of(const toml::time& time) {
  return ((time.hour * 60 + time.minute) * 60 + time.second) * std::int64_t{1'000'000} + time.nanosecond / 1000;
}

std::int64_t micros_of(const toml::date_time& stamp) {
  const std::int64_t days = days_from_civil(stamp.date.year, stamp.date.month, stamp.date.day);
  const std::int64_t local = days * 86'400'000'000 + micros_of(stamp.time);
  return stamp.offset ? local - std::int64_t{stamp.offset->minutes} * 60'000'000 : local;
}

json::Value to_json(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table: {
      json::Value object = json::Value::object();
      for (const auto& [key, value] : *node.as_table()) object.set(key.str(), to_json(value));
      return object;
    }
    case toml::node_type::array: {
      json::Value list = json::Value::list();
      for (const toml::node& item : *node.as_array()) list.push_back(to_json(item));
      return list;
    }
    case toml::node_type::string:
      return node.as_string()->get();
    case toml::node_type::integer:
      return std::int64_t{node.as_integer()->get()};
    case toml::node_type::floating_point:
      return node.as_floating_point()->get();
    case toml::node_type::boolean:
      return node.as_boolean()->get();
    case toml::node_type::date: {
      const toml::date& date = node.as_date()->get();
      return json::Value::of_number(json::Kind::kDate, days_from_civil(date.year, date.month, date.day));
    }
    case toml::node_type::time:
      return json::Value::of_number(json::Kind::kTime, micros_of(node.as_time()->get()));
    case toml::node_type::date_time:
      return json::Value::of_number(json::Kind::kTimestamp, micros_of(node.as_date_time()->get()));
    default:
      return nullptr;
  }
}

// toml++ quotes names and single characters that it met: "…; cannot redefine existing table 'a'". Names are no secrets,
// but after a missing quote a value can look like one, so quoted parts go.
std::string without_quotes(std::string_view description) {
  std::string out;
  bool quoted = false;
  for (const char c : description) {
    if (c == '\'') {
      if (!quoted) out += "'…'";
      quoted = !quoted;
    } else if (!quoted) {
      out += c;
    }
  }
  return out;
}

Status not_toml(const toml::parse_error& error, const std::string& path) {
  const toml::source_position at = error.source().begin;
  return Status::error(Code::kConfigUnreadable, "not valid TOML: " + without_quotes(error.description()))
      .at(fmt::format("{}:{}:{}", path, at.line, at.column))
      .hint("correct this line; text needs quotes: key = \"value\"");
}

// Positions of the library, which counts code points, as bytes.
class Offsets {
 public:
  explicit Offsets(std::string_view text) : text_(text), lines_({0}) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') lines_.push_back(i + 1);
    }
  }
  std::size_t of(const toml::source_position& position) const {
    if (position.line == 0 || position.line > lines_.size()) return text_.size();
    std::size_t at = lines_[position.line - 1];
    if (position.line == 1 && text_.starts_with("\xEF\xBB\xBF")) at += 3;
    for (toml::source_index column = 1; column < position.column && at < text_.size(); ++column) {
      at += std::max<std::size_t>(1, utf8_sequence(text_.substr(at)));
    }
    return std::min(at, text_.size());
  }

 private:
  std::string_view text_;
  std::vector<std::size_t> lines_;
};

void collect(const toml::table& table, const std::vector<std::string>& parts, const Offsets& offsets,
             std::vector<TomlEntry>& out) {
  for (const auto& [key, node] : table) {
    TomlEntry entry;
    entry.parts = parts;
    entry.parts.emplace_back(key.str());
    entry.key_begin = offsets.of(key.source().begin);
    entry.value_begin = offsets.of(node.source().begin);
    entry.value_end = offsets.of(node.source().end);
    entry.is_table = node.is_table();
    entry.is_inline = entry.is_table && node.as_table()->is_inline();
    out.push_back(entry);
    if (entry.is_table) collect(*node.as_table(), entry.parts, offsets, out);
  }
}

}  // namespace

Result<std::vector<TomlEntry>> toml_entries(std::string_view text, const std::string& path) {
  try {
    std::vector<TomlEntry> out;
    collect(toml::parse(text, path), {}, Offsets(text), out);
    return out;
  } catch (const toml::parse_error& error) {
    return not_toml(error, path);
  }
}

Result<json::Value> parse_toml(std::string_view text, const std::string& path) {
  try {
    return to_json(toml::parse(text, path));
  } catch (const toml::parse_error& error) {
    return not_toml(error, path);
  }
}

}  // namespace lode
