// Reading TOML into json values. The only file that includes toml++.
#include "config/toml.h"

#include <fmt/format.h>
#include <toml++/toml.h>

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

}  // namespace

Result<json::Value> parse_toml(std::string_view text, const std::string& path) {
  try {
    return to_json(toml::parse(text, path));
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    return Status::error(Code::kConfigUnreadable, "not valid TOML: " + without_quotes(error.description()))
        .at(fmt::format("{}:{}:{}", path, at.line, at.column))
        .hint("correct this line; text needs quotes: key = \"value\"");
  }
}

}  // namespace lode
