// The Link header: how many APIs name the next page.
#include "http/link_header.h"

#include "base/text.h"

namespace lode {
namespace {

// Reads a parameter's value at `at`: a token, or a text in double or (seen in the wild) single quotes.
std::string read_value(std::string_view text, std::size_t& at) {
  std::string out;
  if (at < text.size() && (text[at] == '"' || text[at] == '\'')) {
    const char quote = text[at++];
    for (; at < text.size() && text[at] != quote; ++at) {
      if (text[at] == '\\' && at + 1 < text.size()) ++at;
      out += text[at];
    }
    if (at < text.size()) ++at;
    return out;
  }
  const std::size_t end = std::min(text.find_first_of(";,", at), text.size());
  out = trim(text.substr(at, end - at));
  at = end;
  return out;
}

void skip_blanks(std::string_view text, std::size_t& at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
}

// Reads "; name=value; name" up to the comma that ends the link.
void read_params(std::string_view text, std::size_t& at, HttpLink& link) {
  while (at < text.size() && text[at] != ',') {
    if (text[at] == ';') ++at;
    skip_blanks(text, at);
    const std::size_t end = std::min(text.find_first_of("=;,", at), text.size());
    const std::string name = to_lower(trim(text.substr(at, end - at)));
    at = end;
    std::string value;
    if (at < text.size() && text[at] == '=') {
      ++at;
      skip_blanks(text, at);
      value = read_value(text, at);
      at = std::min(text.find_first_of(";,", at), text.size());
    }
    if (name.empty()) continue;
    if (name == "rel" && link.rel.empty()) link.rel = value;  // only the first counts
    link.params.emplace_back(name, std::move(value));
  }
}

}  // namespace

std::vector<HttpLink> parse_link_header(std::string_view text) {
  std::vector<HttpLink> links;
  std::size_t at = 0;
  while ((at = text.find('<', at)) != std::string_view::npos) {
    const std::size_t end = text.find('>', at);
    if (end == std::string_view::npos) break;
    HttpLink link;
    link.url = trim(text.substr(at + 1, end - at - 1));
    at = end + 1;
    skip_blanks(text, at);
    read_params(text, at, link);
    links.push_back(std::move(link));
  }
  return links;
}

std::string find_link(std::string_view link_header, std::string_view rel) {
  for (const HttpLink& link : parse_link_header(link_header)) {
    if (equal_ignoring_case(link.rel, rel)) return link.url;
    for (const std::string_view one : split(link.rel, ' ')) {
      if (equal_ignoring_case(one, rel)) return link.url;
    }
  }
  return "";
}

}  // namespace lode
