// Secret: text that must not reach logs, traces or error messages.
#include "config/secret.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "base/text.h"

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

namespace {

constexpr std::size_t kHiddenBytesMin = 6;  // shorter texts occur by chance

// The values of all secrets that live. They wipe themselves; here are only views of them.
struct Living {
  std::mutex mutex;
  std::map<const char*, std::size_t> values;  // by place: two may be equal
};

Living& living() {
  static Living* const kAll = new Living;  // never destroyed: secrets may outlive everything
  return *kAll;
}

}  // namespace

std::string hide_living_secrets(std::string text) {
  Living& all = living();
  const std::lock_guard lock(all.mutex);
  std::vector<std::string_view> values;
  for (const auto& [bytes, size] : all.values) values.emplace_back(bytes, size);
  // A secret that contains another is replaced whole.
  std::stable_sort(values.begin(), values.end(), [](auto a, auto b) { return a.size() > b.size(); });
  for (const std::string_view value : values) {
    if (text.find(value) != std::string::npos) text = replace_all(std::move(text), value, "***");
  }
  return text;
}

class Secret::Bytes {
 public:
  explicit Bytes(std::string_view text) : size_(text.size()), bytes_(new char[text.size()]) {
    std::memcpy(bytes_.get(), text.data(), size_);
    if (size_ < kHiddenBytesMin) return;
    const std::lock_guard lock(living().mutex);
    living().values.emplace(bytes_.get(), size_);
  }
  ~Bytes() {
    if (size_ >= kHiddenBytesMin) {
      const std::lock_guard lock(living().mutex);
      living().values.erase(bytes_.get());
    }
    explicit_bzero(bytes_.get(), size_);
  }
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
