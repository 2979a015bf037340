// TextIndex: finds the entries of a list by their texts, which stay in the list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace lode {

/// A fast hash for tables in memory: equal texts have equal hashes within a process, nothing more.
inline std::uint64_t hash_text(std::string_view text) {
  constexpr std::uint64_t kPrime = 0x9E3779B97F4A7C15;
  const auto load = [](const char* at, std::size_t size) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, size);
    return word;
  };
  const auto mix = [](std::uint64_t hash) { return hash ^ hash >> 32; };
  std::uint64_t hash = text.size() * kPrime;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (; end - at > 8; at += 8) hash = mix((hash ^ load(at, 8)) * kPrime);
  // The last bytes: words of a fixed size, which may overlap what was hashed already.
  if (text.size() >= 8) {
    hash ^= load(end - 8, 8);
  } else if (text.size() >= 4) {
    hash ^= load(at, 4) | load(end - 4, 4) << 32;
  } else {
    for (; at < end; ++at) hash = hash << 8 ^ static_cast<unsigned char>(*at);
  }
  // Multiplying moves differences up only, so it takes two rounds for those at the top to reach the lowest bits.
  return mix(mix(hash * kPrime) * kPrime);
}

/// Numbers of entries by text. The list belongs to the caller, who says how to get at a text: `text_of(number)`. So
/// texts are stored once, and copying, clearing and growing touch none of them. A value; not synchronised.
class TextIndex {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  /// The number of the entry with this text, kNone if there is none.
  template <class TextOf>
  std::uint32_t find(std::string_view text, const TextOf& text_of) const {
    if (buckets_.empty()) return kNone;
    const auto hash = static_cast<std::uint32_t>(hash_text(text));
    const std::size_t mask = buckets_.size() - 1;
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
      const Bucket& bucket = buckets_[at];
      if (bucket.number == kNone) return kNone;
      if (bucket.hash == hash && text_of(bucket.number) == text) return bucket.number;
    }
  }
  /// REQUIRES: no entry has this text.
  void add(std::string_view text, std::uint32_t number) {
    if (buckets_.size() < 2 * (size_ + 1)) grow();
    put({static_cast<std::uint32_t>(hash_text(text)), number});
    ++size_;
  }
  /// Keeps the memory.
  void clear() {
    if (size_ > 0) buckets_.assign(buckets_.size(), Bucket());
    size_ = 0;
  }

 private:
  struct Bucket {
    std::uint32_t hash = 0;
    std::uint32_t number = kNone;
  };
  static constexpr std::size_t kBucketsMin = 16;

  void put(Bucket bucket) {
    const std::size_t mask = buckets_.size() - 1;
    std::size_t at = bucket.hash & mask;
    while (buckets_[at].number != kNone) at = (at + 1) & mask;
    buckets_[at] = bucket;
  }
  void grow() {
    std::vector<Bucket> old(buckets_.empty() ? kBucketsMin : buckets_.size() * 2);
    old.swap(buckets_);
    for (const Bucket& bucket : old) {
      if (bucket.number != kNone) put(bucket);
    }
  }

  std::vector<Bucket> buckets_;  ///< a power of two of them, at most half full; none before the first add()
  std::size_t size_ = 0;
};

}  // namespace lode
