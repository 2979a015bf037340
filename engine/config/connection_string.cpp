// Connection strings, as SQLAlchemy reads them.
#include "config/connection_string.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/text.h"
#include "config/coerce.h"
#include "http/form.h"
#include "http/url.h"

namespace lode {
namespace {

Status malformed(std::string_view subject, std::string_view why) {
  return Status::error(Code::kConfigInvalid, fmt::format("{}: not a connection string: {}", subject, why))
      .hint("write it  driver://user:password@host:port/database; '@' in a password is %40");
}

void add_query(json::Value& fields, std::string_view text) {
  json::Value query = json::Value::object();
  for (const std::string_view pair : split(text, '&')) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals + 1 == pair.size()) continue;  // blank values are dropped
    const std::string name = form_decode(pair.substr(0, equals));
    const std::string value = form_decode(pair.substr(equals + 1));
    json::Value* before = query.find(name);
    if (before == nullptr) {
      query.set(name, value);
    } else if (before->is_list()) {
      before->push_back(value);
    } else {
      *before = json::Value::list({*before, json::Value(value)});
    }
  }
  fields.set("query", std::move(query));
}

// "user:password@" at the start of the rest; what follows is answered. The password goes up to the first '@', a user
// alone up to the last one before a ':' or '/'.
std::string_view take_user(json::Value& fields, std::string_view rest) {
  const std::size_t user_end = std::min(rest.find_first_of(":/"), rest.size());
  if (user_end < rest.size() && rest[user_end] == ':') {
    const std::size_t at = rest.find('@', user_end);
    if (at != std::string_view::npos) {
      fields.set("username", percent_decode(rest.substr(0, user_end)));
      fields.set("password", percent_decode(rest.substr(user_end + 1, at - user_end - 1)));
      return rest.substr(at + 1);
    }
  }
  const std::size_t at = rest.substr(0, user_end).rfind('@');
  if (at == std::string_view::npos) return rest;
  fields.set("username", percent_decode(rest.substr(0, at)));
  return rest.substr(at + 1);
}

Status take_port(json::Value& fields, std::string_view text, std::string_view subject) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) {
    return malformed(subject, "the port is no number");
  }
  fields.set("port", port);
  return {};
}

std::string quoted(std::string_view text, bool keeps_slash = false) {
  std::string out;
  for (const char c : text) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-' ||
                          c == '~' || c == ' ' || c == '+' || (c == '/' && keeps_slash);
    out += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string text_of(const json::Value& value) {
  if (value.is_bool()) return value.as_bool() ? "True" : "False";
  const Result<json::Value> text = coerce(value, FieldType::kText, "");
  return text.ok() ? text->as_text() : "";
}

}  // namespace

Result<json::Value> parse_connection_string(std::string_view text, std::string_view subject) {
  const std::size_t scheme = text.find("://");
  const std::string_view name = text.substr(0, scheme == std::string_view::npos ? 0 : scheme);
  const bool is_name = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '+';
  });
  if (!is_name) return malformed(subject, "it does not begin with a driver and '://'");
  json::Value fields = json::Value::object({{"drivername", name}});
  std::string_view rest = take_user(fields, text.substr(scheme + 3));
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) return malformed(subject, "the address has no ']'");
    fields.set("host", rest.substr(1, end - 1));
    rest.remove_prefix(end + 1);
  } else {
    const std::size_t end = std::min(rest.find_first_of(":/?"), rest.size());
    if (end > 0) fields.set("host", rest.substr(0, end));
    rest.remove_prefix(end);
  }
  if (rest.starts_with(':')) {
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    LODE_TRY(take_port(fields, rest.substr(1, end - 1), subject));
    rest.remove_prefix(end);
  }
  if (rest.starts_with('/')) {
    const std::size_t end = std::min(rest.find('?'), rest.size());
    fields.set("database", percent_decode(rest.substr(1, end - 1)));
    rest.remove_prefix(end);
  }
  // No query is an empty one: a connection string says all of them.
  add_query(fields, rest.starts_with('?') ? rest.substr(1) : std::string_view());
  if (rest.starts_with('?')) rest = {};
  if (!rest.empty()) return malformed(subject, "something stands behind the host");
  return fields;
}

std::string render_connection_string(const json::Value& fields) {
  std::string out = fields.text_or("drivername", "") + "://";
  const json::Value* username = fields.find("username");
  const json::Value* password = fields.find("password");
  if (username != nullptr && username->is_text()) {
    out += quoted(username->as_text());
    if (password != nullptr && password->is_text()) out += ":" + quoted(password->as_text());
    out += "@";
  }
  const std::string host = fields.text_or("host", "");
  out += host.find(':') != std::string::npos ? "[" + host + "]" : host;
  if (const json::Value* port = fields.find("port"); port != nullptr && port->is_int()) {
    out += fmt::format(":{}", port->as_int());
  }
  if (const json::Value* database = fields.find("database"); database != nullptr && database->is_text()) {
    out += "/" + quoted(database->as_text(), true);
  }
  const json::Value* query = fields.find("query");
  if (query == nullptr || !query->is_object() || query->size() == 0) return out;
  std::vector<json::Value::Member> members = query->members();
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string pairs;
  for (const auto& [name, value] : members) {
    for (const json::Value& each : value.is_list() ? value.items() : json::Value::List{value}) {
      pairs += (pairs.empty() ? "" : "&") + form_encode(name) + "=" + form_encode(text_of(each));
    }
  }
  return out + "?" + pairs;
}

}  // namespace lode
