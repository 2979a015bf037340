// Secret: text that must not reach logs, traces or error messages.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include "json/value.h"

namespace lode {

/// A value: copies share the bytes, which are wiped when the last one goes. Any thread may read it. Renders as "***".
class Secret {
 public:
  Secret() = default;                 ///< empty
  explicit Secret(std::string text);  ///< `text` is wiped after it was copied
  /// The only way out; easy to grep for. Valid as long as a copy of this secret.
  std::string_view reveal() const;
  bool empty() const { return reveal().empty(); }
  friend bool operator==(const Secret& a, const Secret& b) { return a.reveal() == b.reveal(); }

 private:
  class Bytes;
  std::shared_ptr<const Bytes> bytes_;
};

inline std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "***"; }

/// `text` with every value of a secret that lives, of six bytes and more, as "***". For what is written to be kept.
std::string hide_living_secrets(std::string text);

/// Overwrites the bytes so that no copy of them stays in freed memory, then empties the text.
void wipe(std::string& text);
/// All texts of the tree; what was no text keeps its place.
void wipe(json::Value& value);

}  // namespace lode

template <>
struct fmt::formatter<lode::Secret> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const lode::Secret&, Context& context) const {
    return fmt::formatter<std::string_view>::format("***", context);
  }
};
