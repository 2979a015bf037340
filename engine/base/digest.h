// Digests: the hashes that dlt's formats are made of.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lode {

/// The 32 bytes of SHA3-256 (FIPS 202).
std::string sha3_256(std::string_view bytes);
/// The first `size` bytes of SHAKE-128 (FIPS 202).
std::string shake_128(std::string_view bytes, std::size_t size);
/// A fast 64-bit hash (FNV-1a over words) that guards files against being cut off or overwritten. Not for secrets.
std::uint64_t checksum_64(std::string_view bytes, std::uint64_t seed = 0);

}  // namespace lode
