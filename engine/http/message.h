// HttpRequest and HttpResponse: what goes to a server and what comes back. Plain data; copy and move them freely.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "env/env.h"

namespace lode {

/// Header lines; several of one name are in order. Names compare without regard to case.
using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// The value of the first header called `name`; null if there is none. Valid until the headers change.
const std::string* find_header(const HttpHeaders& headers, std::string_view name);
/// Replaces the value of every header called `name` by one, in the first one's place, or adds it at the end.
void set_header(HttpHeaders& headers, std::string_view name, std::string value);
void remove_header(HttpHeaders& headers, std::string_view name);

inline constexpr std::uint64_t kBodyBytesMaxDefault = 1ull << 30;
inline constexpr std::uint32_t kRedirectsMax = 30;

/// What this side shows to servers that ask for a certificate: PEM files.
struct ClientCertificate {
  std::string file;      ///< the certificate, and those that vouch for it; "": none
  std::string key_file;  ///< "": the key is in `file` as well
  std::string password;  ///< of the key
};

struct HttpRequest {
  std::string method = "GET";  ///< upper case
  std::string url;             ///< absolute, http or https; encoded as needed when it is sent
  HttpHeaders headers;         ///< these win over the client's defaults
  std::string body;
  double timeout_s = 60;         ///< for every wait for the server's next bytes; in that time 1 KiB has to come
  double connect_timeout_s = 0;  ///< for connecting, and again for the TLS handshake; 0: timeout_s
  double total_timeout_s = 0;    ///< for the attempt, redirects included; 0: as long as bytes come
  std::uint64_t body_bytes_max = kBodyBytesMaxDefault;  ///< of the decoded body; more is an error
  Path body_file;  ///< where the decoded body of a 2xx answer goes, whole or not at all; empty: into HttpResponse::body
  bool follow_redirects = true;  ///< at most kRedirectsMax
  bool verify_tls = true;        ///< check the server's certificate and its name
  ClientCertificate certificate;
};

struct HttpResponse {
  int status = 0;
  std::string reason;          ///< "Not Found"; may be empty
  HttpHeaders headers;         ///< sorted by name; repeated ones are joined with ", ", but not Set-Cookie
  std::string body;            ///< decoded (gzip, deflate, brotli, zstd); empty when it went into a file
  std::string url;             ///< that answered: after redirects
  double seconds = 0;          ///< from the first byte out to the last byte in, redirects included
  std::uint64_t bytes_in = 0;  ///< received, as on the wire, redirects included
  std::uint32_t redirects = 0;

  const std::string* header(std::string_view name) const { return find_header(headers, name); }
};

}  // namespace lode
