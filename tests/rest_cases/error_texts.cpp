// Error texts of cases: recorded ones are written in dlt's words, and lode says the same in its own.
#include "rest_cases/error_texts.h"

#include <algorithm>
#include <optional>
#include <regex>
#include <vector>

#include "base/text.h"

namespace lode {
namespace {

struct Phrase {
  const char* reference;          ///< a regular expression, somewhere in dlt's text
  std::vector<const char*> ours;  ///< what lode's text must have; $1 is the first group. Empty: nothing to ask for
};

const std::vector<Phrase>& phrases() {
  static const std::vector<Phrase> table = {
      // Answers
      {R"((\d+) (?:Client|Server) Error: (.*) for url: (\S+))", {"answered $1", "$3"}},
      {R"((\d+) (?:Client|Server) Error)", {"answered $1"}},
      {R"(Expecting value)", {"not JSON"}},
      {R"(Exceeded (\d+) redirects)", {"more than $1 redirects"}},
      {R"(Invalid URL '(.+)')", {"$1"}},
      // Paginators
      {R"(Total `(\w+)` not found)", {"no total number of"}},
      {R"('(.+)' is not an `int`)", {"'$1'", "not a whole number"}},
      {R"(is not an `int`)", {"not a whole number"}},
      {R"('(.+)' is not a `bool`)", {"'$1'", "neither true nor false"}},
      {R"(is not a `bool`)", {"neither true nor false"}},
      {R"(Has more value not found)", {"says whether there is more"}},
      {R"(Paginator `(\w+)` requires arguments)", {"$1", "is missing"}},
      {R"(Either '(\w+)' or '(\w+)' must be provided, not both)", {"either $1 or $2, not both"}},
      // Parents and placeholders
      {R"(requires a param named '(\w+)')", {"{$1}", "no such parameter"}},
      {R"(contains a placeholder `(.+?)`)", {"{$1}"}},
      {R"(Expression `(.+?)` defined in `(\w+)` is not valid)", {"{$1}", "$2"}},
      {R"(defines resolve params `\['(\w+)'\]` that are not bound in path `(.+?)`)", {"'$1'", "resolve", "'$2'"}},
      {R"(refers to non existing parent resource `(.+?)`)", {"'$1'", "not among the resources"}},
      {R"(nodes are in a cycle)", {"in a circle"}},
      {R"(Multiple parent resources)", {"can have one parent"}},
      {R"(has `include_from_parent` but is not dependent)", {"include_from_parent", "needs a parent"}},
      {R"(Resource `(.+?)` is already defined)", {"$1", "two resources"}},
      // Incremental
      {R"(Only a single incremental parameter)", {"only one parameter can be incremental"}},
      {R"(Only `start_param` and `initial_value` are allowed)", {"end_value", "initial_value"}},
      // Fields. dlt counts lists from 0 and lode, like Lua, from 1: see path_in_lua().
      {R"(missing required fields `\{'(\w+)'\}`)", {"'$1' is missing"}},
      {R"(received unexpected fields `\{'(\w+)'\}`)", {"unknown field '$1'"}},
      {R"(field `(\w+)=.*` is not one of: \['(\w+)', '(\w+)'\])", {"$1", "$2", "$3"}},
      {R"(field `(\w+)` expects the following types)", {"$1"}},
      {R"(Received invalid value `action\['action'\]=None`)", {"'action' is missing"}},
      {R"(Received invalid value `(\w+)\['type'\]=None`)", {"$1", "type"}},
      // dlt shows the ends of a secret; lode shows none of it.
      {R"(^.\*{5}.$)", {}},
  };
  return table;
}

constexpr const char* kPath = R"(\./([a-z_]+)(?:\[(\d+)\])?)";

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// "./resources[0].endpoint" -> "resources[1].endpoint"; nullopt if there is no path.
std::optional<std::string> path_in_lua(const std::string& expected) {
  std::smatch match;
  if (!std::regex_search(expected, match, std::regex(kPath))) return std::nullopt;
  return match[2].matched ? match[1].str() + "[" + std::to_string(std::stoi(match[2].str()) + 1) + "]" : match[1].str();
}

std::vector<std::string> meaningful_parts(const std::string& expected) {
  std::vector<std::string> parts;
  const std::regex part(R"(https?://\S+|`([^`]+)`|'([^']+)'|\b(\d+)\b)");
  for (std::sregex_iterator it(expected.begin(), expected.end(), part), end; it != end; ++it) {
    std::string text = (*it)[1].matched ? (*it)[1].str() : (*it)[2].matched ? (*it)[2].str() : (*it)[0].str();
    std::erase_if(text, [](char c) { return c == '{' || c == '}' || c == '[' || c == ']' || c == '\'' || c == '`'; });
    if (!text.empty()) parts.push_back(std::move(text));
  }
  return parts;
}

}  // namespace

bool says_the_same(std::string_view ours, std::string_view expected) {
  if (has(ours, expected)) return true;
  const std::string text(expected);
  const std::optional<std::string> path = path_in_lua(text);
  if (path && !has(ours, *path)) return false;
  for (const Phrase& phrase : phrases()) {
    std::smatch match;
    if (!std::regex_search(text, match, std::regex(phrase.reference))) continue;
    return std::all_of(phrase.ours.begin(), phrase.ours.end(),
                       [&](const char* part) { return has(ours, match.format(part)); });
  }
  // The number in a path is not the same in lode.
  const std::vector<std::string> parts =
      meaningful_parts(path ? std::regex_replace(text, std::regex(kPath), "") : text);
  if (parts.empty()) return path.has_value();
  return std::all_of(parts.begin(), parts.end(), [&](const std::string& part) { return has(ours, part); });
}

}  // namespace lode
