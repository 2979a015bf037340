// URLs: taking them apart, resolving references, joining, encoding, and showing them without secrets.
#include "http/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/text.h"
#include "http/redact.h"

namespace lode {
namespace {

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_unreserved(char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~'; }
// RFC 3986: unreserved, sub-delims, ':' and '@', and the '/' between segments.
bool is_path_char(char c) {
  return is_unreserved(c) || std::string_view("!$&'()*+,;=:@/").find(c) != std::string_view::npos;
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte that the escape at `at` stands for; -1 if there is no complete escape.
int escaped_byte(std::string_view text, std::size_t at) {
  if (text[at] != '%' || at + 2 >= text.size()) return -1;
  const int high = hex_digit(text[at + 1]);
  const int low = hex_digit(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

void append_escaped(std::string& out, unsigned char byte) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
}

// Encodes what may not stand in a path or query. Escapes that are there stay, unless one is incomplete: then the text
// was not encoded at all, and every '%' is meant literally.
std::string encode_component(std::string_view text, bool is_query) {
  bool is_encoded = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && escaped_byte(text, i) < 0) is_encoded = false;
  }
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_encoded && c == '%') {
      const char byte = static_cast<char>(escaped_byte(text, i));
      if (is_unreserved(byte)) {
        out += byte;
      } else {
        append_escaped(out, static_cast<unsigned char>(byte));
      }
      i += 2;
    } else if (is_path_char(c) || (is_query && c == '?')) {
      out += c;
    } else {
      append_escaped(out, static_cast<unsigned char>(c));
    }
  }
  return out;
}

// RFC 3986, 5.2.4. The path starts with '/' or is empty.
std::string remove_dot_segments(std::string_view path) {
  if (path.find("/.") == std::string_view::npos) return std::string(path);
  std::vector<std::string_view> kept;
  const std::vector<std::string_view> segments = split(path, '/');
  for (std::size_t i = 1; i < segments.size(); ++i) {
    const bool last = i + 1 == segments.size();
    if (segments[i] == "." || segments[i] == "..") {
      if (segments[i] == ".." && !kept.empty()) kept.pop_back();
      if (last) kept.push_back("");
    } else {
      kept.push_back(segments[i]);
    }
  }
  std::string out;
  for (const std::string_view segment : kept) out.append("/").append(segment);
  return out.empty() ? "/" : out;
}

// Any reference in its five parts; a part that is absent differs from an empty one.
struct Parts {
  std::string_view scheme, authority, path, query, fragment;
  bool has_scheme = false, has_authority = false, has_query = false, has_fragment = false;
};

Parts take_apart(std::string_view text) {
  Parts parts;
  if (const std::size_t hash = text.find('#'); hash != std::string_view::npos) {
    parts.fragment = text.substr(hash + 1);
    parts.has_fragment = true;
    text = text.substr(0, hash);
  }
  if (const std::size_t mark = text.find('?'); mark != std::string_view::npos) {
    parts.query = text.substr(mark + 1);
    parts.has_query = true;
    text = text.substr(0, mark);
  }
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && colon > 0 && is_alpha(text[0]) &&
      std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon),
                  [](char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; })) {
    parts.scheme = text.substr(0, colon);
    parts.has_scheme = true;
    text = text.substr(colon + 1);
  }
  if (text.starts_with("//")) {
    const std::size_t slash = text.find('/', 2);
    parts.authority = text.substr(2, slash == std::string_view::npos ? slash : slash - 2);
    parts.has_authority = true;
    text = slash == std::string_view::npos ? std::string_view() : text.substr(slash);
  }
  parts.path = text;
  return parts;
}

Status bad_url(std::string_view text, std::string_view why) {
  return Status::error(Code::kHttpBadUrl, fmt::format("'{}' is not a URL that can be asked for: {}",
                                                      shorten(sanitise_url(text), 200), why));
}

Status parse_authority(std::string_view text, std::string_view authority, Url& url) {
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    url.userinfo = authority.substr(0, at);
    authority.remove_prefix(at + 1);
  }
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return bad_url(text, "the ']' of the IPv6 address is missing");
    url.host = to_lower(authority.substr(1, end - 1));
    port = authority.substr(end + 1);
    if (!port.empty() && port.front() != ':') return bad_url(text, "something follows the IPv6 address");
  } else {
    const std::size_t colon = authority.find(':');
    url.host = to_lower(authority.substr(0, colon));
    if (colon != std::string_view::npos) port = authority.substr(colon);
  }
  if (url.host.empty()) return bad_url(text, "the host name is missing");
  for (const char c : url.host) {
    if (static_cast<unsigned char>(c) >= 0x80) {
      return bad_url(text, "host names are ASCII; write other letters in their 'xn--' form");
    }
    if (!is_path_char(c) || c == '/' || c == '@')
      return bad_url(text, "the host name has a character that none may have");
  }
  url.port = url.is_https() ? 443 : 80;
  if (port.size() > 1) {
    const char* end = port.data() + port.size();
    const auto [rest, error] = std::from_chars(port.data() + 1, end, url.port);
    if (error != std::errc() || rest != end || url.port == 0)
      return bad_url(text, "the port is not a number from 1 to 65535");
  }
  return {};
}

}  // namespace

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int byte = escaped_byte(text, i);
    out += byte < 0 ? text[i] : static_cast<char>(byte);
    if (byte >= 0) i += 2;
  }
  return out;
}

Result<Url> parse_url(std::string_view text) {
  text = trim(text);
  const Parts parts = take_apart(text);
  Url url;
  url.scheme = to_lower(parts.scheme);
  if (url.scheme != "http" && url.scheme != "https") return bad_url(text, "it must begin with http:// or https://");
  if (!parts.has_authority) return bad_url(text, "'//' is missing after the scheme");
  LODE_TRY(parse_authority(text, parts.authority, url));
  url.path = parts.path;
  url.query = parts.query;
  url.has_query = parts.has_query;
  url.fragment = parts.fragment;
  return url;
}

std::string Url::target() const {
  std::string out = encode_component(remove_dot_segments(path), false);
  if (out.empty()) out = "/";
  if (!query.empty()) out.append("?").append(encode_component(query, true));
  return out;
}

std::string Url::host_header() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return is_default_port() ? name : fmt::format("{}:{}", name, port);
}

std::string Url::host_and_port() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

std::string Url::text() const { return scheme + "://" + host_header() + target(); }

std::string resolve_url(std::string_view base, std::string_view reference) {
  const Parts from = take_apart(base);
  const Parts to = take_apart(reference);
  if (to.has_scheme) return std::string(reference);
  std::string path;
  std::string_view authority = from.authority;
  std::string_view query = to.query;
  bool has_query = to.has_query;
  if (to.has_authority) {
    authority = to.authority;
    path = remove_dot_segments(to.path);
  } else if (to.path.empty()) {
    path = from.path;
    if (!to.has_query) {
      query = from.query;
      has_query = from.has_query;
    }
  } else if (to.path.front() == '/') {
    path = remove_dot_segments(to.path);
  } else {
    const std::size_t slash = from.path.rfind('/');
    path = slash == std::string_view::npos ? "/" : std::string(from.path.substr(0, slash + 1));
    path = remove_dot_segments(path.append(to.path));
  }
  std::string out = fmt::format("{}://{}{}", from.scheme, authority, path);
  if (has_query) out.append("?").append(query);
  if (to.has_fragment) out.append("#").append(to.fragment);
  return out;
}

std::string join_url(std::string_view base, std::string_view path) {
  const Parts parts = take_apart(path);
  const std::string scheme = to_lower(parts.scheme);
  if (parts.has_authority && (scheme == "http" || scheme == "https")) return std::string(path);
  if (base.empty()) return std::string(path);
  if (path.empty()) return std::string(base);
  while (base.ends_with('/')) base.remove_suffix(1);
  while (path.starts_with('/')) path.remove_prefix(1);
  return std::string(base) + "/" + std::string(path);
}

std::string append_query(std::string_view url, std::string_view encoded_query) {
  url = url.substr(0, url.find('#'));
  std::string out(url);
  if (encoded_query.empty()) return out;
  const std::size_t mark = url.find('?');
  if (mark == std::string_view::npos) {
    out += '?';
  } else if (mark + 1 < url.size() && !url.ends_with('&')) {
    out += '&';
  }
  return out.append(encoded_query);
}

namespace {

// "a=1&token=x" -> "a=1&token=***"
void append_sanitised_pairs(std::string& out, std::string_view pairs) {
  bool first = true;
  for (const std::string_view pair : split(pairs, '&')) {
    if (!first) out += '&';
    first = false;
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && is_secret_name(percent_decode(pair.substr(0, equals)))) {
      out.append(pair.substr(0, equals)).append("=***");
    } else {
      out.append(pair);
    }
  }
}

}  // namespace

std::string sanitise_url(std::string_view url) {
  std::string out;
  std::string_view rest = url;
  if (const std::size_t start = url.find("//"); start != std::string_view::npos && start < url.find_first_of("?#")) {
    const std::size_t end = url.find_first_of("/?#", start + 2);
    const std::string_view authority = url.substr(start + 2, end == std::string_view::npos ? end : end - start - 2);
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
      const std::size_t colon = authority.substr(0, at).find(':');
      out.append(url.substr(0, start + 2));
      // A name alone is usually a token; before a password it is a name.
      out.append(colon == std::string_view::npos ? "***" : std::string(authority.substr(0, colon)) + ":***");
      rest = url.substr(start + 2 + at);
    }
  }
  const std::size_t mark = rest.find_first_of("?#");
  out.append(rest.substr(0, mark));
  while (!rest.empty() && mark != std::string_view::npos) {
    // Query and fragment alike: some services hand tokens over in the fragment.
    rest = rest.substr(rest.find_first_of("?#"));
    out += rest.front();
    rest.remove_prefix(1);
    const std::size_t next = rest.find('#');
    append_sanitised_pairs(out, rest.substr(0, next));
    if (next == std::string_view::npos) break;
    rest = rest.substr(next);
  }
  return out;
}

}  // namespace lode
