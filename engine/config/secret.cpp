// Secret: text that must not reach logs, traces or error messages.
#include "config/secret.h"

#include <cstring>
#include <utility>

namespace lode {

// explicit_bzero(), unlike memset(), is never optimised away.
void wipe(std::string& text) {
  explicit_bzero(text.data(), text.capacity());
  text.clear();
}

void wipe(json::Value& value) {
  if (value.is_object()) {
    for (auto& member : value.members()) wipe(member.second);
  } else if (value.is_list()) {
    for (json::Value& item : value.items()) wipe(item);
  } else if (value.is_text()) {
    // The tree gives out its texts for reading only; `value` itself is not const, so its text is not either.
    wipe(const_cast<std::string&>(value.as_text()));
  }
}

class Secret::Bytes {
 public:
  explicit Bytes(std::string_view text) : size_(text.size()), bytes_(new char[text.size()]) {
    std::memcpy(bytes_.get(), text.data(), size_);
  }
  ~Bytes() { explicit_bzero(bytes_.get(), size_); }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> bytes_;
};

Secret::Secret(std::string text) {
  if (!text.empty()) bytes_ = std::make_shared<const Bytes>(text);
  wipe(text);
}

std::string_view Secret::reveal() const { return bytes_ == nullptr ? std::string_view() : bytes_->view(); }

}  // namespace lode
