// Hashing many short texts at once with SHAKE-128: what the ids of rows in lists are made of.
#pragma once

#include <cstddef>
#include <string_view>

namespace lode {

inline constexpr std::size_t kShakeBatch = 8;     ///< texts that one call takes at most
inline constexpr std::size_t kShakeIdBytes = 10;  ///< of each hash

/// Writes the first 10 bytes of SHAKE-128 of each text to `out`, one behind the other. The same bytes as shake_128(),
/// several times as fast for more than one text, as the processor hashes them side by side. REQUIRES: count <=
/// kShakeBatch
void shake_128_batch(const std::string_view* texts, std::size_t count, char* out);

}  // namespace lode
