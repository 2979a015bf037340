// Arena: bytes that live until the next reset(), for text that is made while a row is converted.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace lode {

/// Memory that is given out by moving a pointer and taken back all at once. One thread.
class Arena {
 public:
  /// `size` bytes, valid until reset().
  char* allocate(std::size_t size) {
    if (size > static_cast<std::size_t>(end_ - next_)) grow(size);
    char* bytes = next_;
    next_ += size;
    return bytes;
  }
  std::string_view copy(std::string_view text) {
    if (text.empty()) return "";
    char* bytes = allocate(text.size());
    std::memcpy(bytes, text.data(), text.size());
    return {bytes, text.size()};
  }
  void reset() {
    if (chunks_.size() > 1) drop_chunks();
    next_ = first_;
    end_ = first_ + first_size_;
  }

 private:
  static constexpr std::size_t kChunkBytes = 64 * 1024;

  void grow(std::size_t size) {
    const std::size_t bytes = size > kChunkBytes ? size : kChunkBytes;
    chunks_.push_back(std::make_unique<char[]>(bytes));
    next_ = chunks_.back().get();
    end_ = next_ + bytes;
    if (chunks_.size() == 1) {
      first_ = next_;
      first_size_ = bytes;
    }
  }
  // One huge row must not hold its memory for the rest of the run.
  void drop_chunks() {
    chunks_.clear();
    first_ = nullptr;
    first_size_ = 0;
  }

  std::vector<std::unique_ptr<char[]>> chunks_;
  char* first_ = nullptr;
  std::size_t first_size_ = 0;
  char* next_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace lode
