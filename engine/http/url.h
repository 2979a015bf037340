// URLs: taking them apart, resolving references, joining, encoding, and showing them without secrets. Pure functions.
// Sources: RFC 3986; where it leaves a choice, what Python's requests does, because dlt's users rely on it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace lode {

/// An absolute http or https URL in its parts. Path, query and fragment are as written; target() encodes them.
struct Url {
  std::string scheme;      ///< "http" or "https"
  std::string userinfo;    ///< "user:password" as written; may be empty
  std::string host;        ///< lower case; an IPv6 address without its brackets
  std::uint16_t port = 0;  ///< the scheme's own when the text names none
  std::string path;
  std::string query;
  std::string fragment;
  bool has_query = false;  ///< tells "/x?" from "/x"

  bool is_https() const { return scheme == "https"; }
  bool is_default_port() const { return port == (is_https() ? 443 : 80); }
  /// What the request line asks for: "/v1/items?a=b", percent-encoded, dot segments removed, without the fragment.
  std::string target() const;
  /// "api.example.com", "localhost:8080", "[::1]:8080": the Host header.
  std::string host_header() const;
  /// "localhost:8080" with the port always there: for messages and for telling servers apart.
  std::string host_and_port() const;
  std::string text() const;  ///< the whole URL, encoded, without userinfo and fragment
};

/// Errors: kHttpBadUrl, saying what is wrong. Never shows the password.
Result<Url> parse_url(std::string_view text);

/// RFC 3986, section 5.2: where `reference` leads when found at `base`. `base` is absolute.
std::string resolve_url(std::string_view base, std::string_view reference);

/// A client's base URL and a path, joined with exactly one '/'. An absolute http(s) `path` is taken as it is, an empty
/// one leaves the base unchanged. Nothing else is normalised.
std::string join_url(std::string_view base, std::string_view path);

/// Adds an encoded query ("a=1&b=2") behind the one that is there; drops the fragment.
std::string append_query(std::string_view url, std::string_view encoded_query);

/// The URL for messages and logs: values of parameters that usually are secret, and passwords, become "***". Works on
/// any text, also one that parse_url() refuses.
std::string sanitise_url(std::string_view url);

/// %41 -> A; an incomplete escape stays as it is.
std::string percent_decode(std::string_view text);

}  // namespace lode
