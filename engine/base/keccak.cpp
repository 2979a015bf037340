// Hashing many short texts at once with SHAKE-128.
//
// A hash of a text below 168 bytes is one run of the permutation Keccak-f[1600] over 25 words. Its rounds need no table
// and no branch, so words of several texts can lie side by side in vector registers and be permuted together for the
// price of one: eight with AVX-512, four with AVX2. The permutation is written once, for any type that can be shifted
// and combined bitwise.
#include "base/keccak.h"

#include <bit>
#include <cstdint>
#include <cstring>

#include "base/assert.h"
#include "base/digest.h"

namespace lode {
namespace {

constexpr std::size_t kRate = 168;  // bytes that a block takes in
constexpr std::size_t kRateWords = kRate / 8;
constexpr int kStateWords = 25;

constexpr std::uint64_t kRoundConstants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000, 0x000000000000808B,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000A, 0x000000008000808B, 0x800000000000008B, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};
constexpr int kRotations[kStateWords] = {0,  1,  62, 28, 27, 36, 44, 6,  55, 20, 3,  10, 43,
                                         25, 39, 41, 45, 15, 21, 8,  18, 2,  61, 56, 14};

// A macro, because vectors cannot be passed to or returned from functions alike on all processors.
#define LODE_ROTATE(word, by) ((word) << (by) | (word) >> ((64 - (by)) & 63))

// Loops over the state are unrolled so that indices and rotations become constants.
template <class Word>
[[gnu::always_inline]] inline void permute(Word* a) {
  for (const std::uint64_t round_constant : kRoundConstants) {
    Word parity[5], mix[5], b[kStateWords];
#pragma GCC unroll 5
    for (int x = 0; x < 5; ++x) parity[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
#pragma GCC unroll 5
    for (int x = 0; x < 5; ++x) mix[x] = parity[(x + 4) % 5] ^ LODE_ROTATE(parity[(x + 1) % 5], 1);
#pragma GCC unroll 25
    for (int i = 0; i < kStateWords; ++i) {
      const int x = i % 5;
      const int y = i / 5;
      b[y + 5 * ((2 * x + 3 * y) % 5)] = LODE_ROTATE(a[i] ^ mix[x], kRotations[i]);
    }
#pragma GCC unroll 25
    for (int i = 0; i < kStateWords; ++i) {
      const int row = i / 5 * 5;
      a[i] = b[i] ^ (~b[row + (i + 1) % 5] & b[row + (i + 2) % 5]);
    }
    a[0] ^= round_constant;
  }
}

struct Block {
  std::uint64_t words[kRateWords];
};

// One padded block. REQUIRES: text.size() < kRate
void fill_block(Block& block, std::string_view text) {
  char bytes[kRate] = {};
  std::memcpy(bytes, text.data(), text.size());
  bytes[text.size()] = 0x1F;
  bytes[kRate - 1] = static_cast<char>(bytes[kRate - 1] | 0x80);
  std::memcpy(block.words, bytes, kRate);
}

void hash_one(const Block* blocks, std::uint64_t (*out)[2]) {
  std::uint64_t state[kStateWords] = {};
  std::memcpy(state, blocks->words, kRate);
  permute(state);
  std::memcpy(out[0], state, sizeof out[0]);
}

#if defined(__x86_64__) && defined(__GNUC__)

template <class Vector, int lanes>
[[gnu::always_inline]] inline void hash_lanes(const Block* blocks, std::uint64_t (*out)[2]) {
  Vector state[kStateWords] = {};
  for (std::size_t i = 0; i < kRateWords; ++i) {
    for (int lane = 0; lane < lanes; ++lane) state[i][lane] = blocks[lane].words[i];
  }
  permute(state);
  for (int lane = 0; lane < lanes; ++lane) {
    out[lane][0] = state[0][lane];
    out[lane][1] = state[1][lane];
  }
}

typedef std::uint64_t EightWords __attribute__((vector_size(64)));
typedef std::uint64_t FourWords __attribute__((vector_size(32)));
[[gnu::target("avx512f")]] void hash_eight(const Block* blocks, std::uint64_t (*out)[2]) {
  hash_lanes<EightWords, 8>(blocks, out);
}
[[gnu::target("avx2")]] void hash_four(const Block* blocks, std::uint64_t (*out)[2]) {
  hash_lanes<FourWords, 4>(blocks, out);
}
bool has_eight_lanes() {
  static const bool has = __builtin_cpu_supports("avx512f");
  return has;
}
bool has_four_lanes() {
  static const bool has = __builtin_cpu_supports("avx2");
  return has;
}

#else

void hash_eight(const Block*, std::uint64_t (*)[2]) {}
void hash_four(const Block*, std::uint64_t (*)[2]) {}
bool has_eight_lanes() { return false; }
bool has_four_lanes() { return false; }

#endif

}  // namespace

void shake_128_batch(const std::string_view* texts, std::size_t count, char* out) {
  LODE_ASSERT(count <= kShakeBatch);
  Block blocks[kShakeBatch] = {};
  std::uint64_t hashes[kShakeBatch][2];
  for (std::size_t i = 0; i < count; ++i) {
    if (texts[i].size() < kRate) fill_block(blocks[i], texts[i]);
  }
  if (count > 1 && has_eight_lanes()) {
    hash_eight(blocks, hashes);
  } else if (count > 1 && has_four_lanes()) {
    for (std::size_t i = 0; i < count; i += 4) hash_four(blocks + i, hashes + i);
  } else {
    for (std::size_t i = 0; i < count; ++i) hash_one(blocks + i, hashes + i);
  }
  for (std::size_t i = 0; i < count; ++i, out += kShakeIdBytes) {
    if (texts[i].size() < kRate && std::endian::native == std::endian::little) {
      std::memcpy(out, hashes[i], kShakeIdBytes);
    } else {
      std::memcpy(out, shake_128(texts[i], kShakeIdBytes).data(), kShakeIdBytes);
    }
  }
}

}  // namespace lode
