// LoopbackRequest: what a browser asks of the listener that a sign-in comes back to. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/form.h"

namespace lode {

inline constexpr std::size_t kLoopbackHeadBytesMax = 16384;

struct LoopbackRequest {
  int refusal = 0;  ///< the status to answer with, if it is not to be answered: 400, 405, 421, 431
  std::string path;
  FormPairs query;  ///< decoded, in order

  /// Of the first field of that name; "" if there is none.
  std::string field(std::string_view name) const;
};

/// The request that `bytes` begin with; nullopt while its head is not whole. `port` is the listener's: a request that
/// was meant for another host (a page that had its name point to this machine) is refused.
std::optional<LoopbackRequest> read_loopback_request(std::string_view bytes, std::uint16_t port);

}  // namespace lode
