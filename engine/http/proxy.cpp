// Proxies: which one to go through.
#include "http/proxy.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>

#include "base/text.h"

namespace lode {
namespace {

bool read_ipv4(const std::string& text, std::uint32_t& address) {
  in_addr bytes{};
  if (inet_pton(AF_INET, text.c_str(), &bytes) != 1) return false;
  address = ntohl(bytes.s_addr);
  return true;
}

// Whether `host` lies in "10.0.0.0/8".
bool is_in_network(const std::string& host, std::string_view network) {
  const std::size_t slash = network.find('/');
  std::uint32_t address = 0;
  std::uint32_t base = 0;
  unsigned bits = 0;
  if (slash == std::string_view::npos || !read_ipv4(host, address) ||
      !read_ipv4(std::string(network.substr(0, slash)), base)) {
    return false;
  }
  const std::string_view digits = network.substr(slash + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (error != std::errc() || end != digits.data() + digits.size() || bits > 32) return false;
  return bits == 0 || (address ^ base) >> (32 - bits) == 0;
}

}  // namespace

Proxies::Proxies(Env& env) {
  const auto find = [&](std::initializer_list<const char*> variables) -> Setting {
    for (const char* variable : variables) {
      if (std::optional<std::string> value = env.variable(variable); value && !trim(*value).empty()) {
        return {variable, std::string(trim(*value))};
      }
    }
    return {};
  };
  http_ = find({"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"});
  https_ = find({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  const Setting exempt = find({"no_proxy", "NO_PROXY"});
  for (const std::string_view item : split(exempt.value, ',')) {
    if (const std::string_view name = trim(item); !name.empty()) exempt_.push_back(to_lower(name));
  }
}

bool Proxies::is_exempt(const Url& url) const {
  if (is_in_network(url.host, "169.254.0.0/16") || url.host == "fd00:ec2::254" ||
      url.host == "metadata.google.internal") {
    return true;
  }
  const std::string with_port = fmt::format("{}:{}", url.host, url.port);
  for (const std::string& item : exempt_) {
    if (item == "*" || item == url.host || item == with_port || is_in_network(url.host, item)) return true;
    const std::string suffix = item.front() == '.' ? item : "." + item;
    if (url.host.ends_with(suffix) || with_port.ends_with(suffix) || "." + url.host == suffix) return true;
  }
  return false;
}

Result<std::optional<Proxy>> Proxies::choose(const Url& url) const {
  const Setting& setting = url.is_https() ? https_ : http_;
  if (setting.value.empty() || is_exempt(url)) return std::optional<Proxy>();
  const bool has_scheme = setting.value.find("://") != std::string::npos;
  Result<Url> address = parse_url(has_scheme ? setting.value : "http://" + setting.value);
  if (!address.ok() || address->is_https()) {
    return Status::error(Code::kHttpBadUrl, fmt::format("{} is '{}'; only http:// proxies are understood",
                                                        setting.variable, sanitise_url(setting.value)))
        .hint(fmt::format("correct {}, or list the host in NO_PROXY", setting.variable));
  }
  Proxy proxy;
  proxy.endpoint = {address->host, address->port};
  if (!address->userinfo.empty()) proxy.authorization = "Basic " + base64_encode(percent_decode(address->userinfo));
  return std::optional<Proxy>(std::move(proxy));
}

}  // namespace lode
