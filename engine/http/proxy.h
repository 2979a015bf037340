// Proxies: which one to go through, from the environment variables that curl and Python read. Private to this folder.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "env/env.h"
#include "http/socket.h"
#include "http/url.h"

namespace lode {

struct Proxy {
  Endpoint endpoint;
  std::string authorization;  ///< the Proxy-Authorization header; "" for none
};

/// Read once, then constant: any thread may ask.
class Proxies {
 public:
  /// HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY; their lower-case spellings win. The machine itself (link-local
  /// addresses, where clouds' metadata services are) is never asked through a proxy: it would be another machine.
  explicit Proxies(Env& env);

  /// nullopt: connect directly. Errors: kHttpBadUrl when the variable that applies names no http:// proxy.
  Result<std::optional<Proxy>> choose(const Url& url) const;

 private:
  struct Setting {
    std::string variable;
    std::string value;
  };
  bool is_exempt(const Url& url) const;

  Setting http_, https_;
  std::vector<std::string> exempt_;  ///< host names, ".suffixes", addresses, "10.0.0.0/8", "*"
};

}  // namespace lode
