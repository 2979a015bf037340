// The Link header: how many APIs name the next page. Source: RFC 8288. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lode {

struct HttpLink {
  std::string url;                                          ///< as written; may be relative
  std::string rel;                                          ///< "" when the link names none
  std::vector<std::pair<std::string, std::string>> params;  ///< all of them, rel too; names in lower case
};

/// The links of a header value, in order. Never fails: what is no link is skipped.
std::vector<HttpLink> parse_link_header(std::string_view text);

/// The URL of the first link whose relation is `rel`; "" if there is none. A link may have several relations, separated
/// by spaces, and they compare without regard to case.
std::string find_link(std::string_view link_header, std::string_view rel);

}  // namespace lode
