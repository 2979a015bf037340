// Status: the outcome of work that can fail for reasons outside the program.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lode {

/// One enumerator for each row of base/error_catalog.def.
enum class Code : int {
  kOk = 0,
#define LODE_ERROR(enumerator, name, retryable, hint) enumerator,
#include "base/error_catalog.def"
#undef LODE_ERROR
};

/// The stable name of a code, for programs: "http.unavailable". "ok" for kOk.
std::string_view code_name(Code code);
/// Whether the same call can succeed later without a change by a person.
bool code_retryable(Code code);

/// Outcome of work that can fail for reasons outside the program. One null pointer when ok.
/// Not changed once it has been handed on, so any thread may read it. Bugs are LODE_ASSERT, never a Status.
class [[nodiscard]] Status {
 public:
  Status() = default;  ///< ok
  static Status error(Code code, std::string message);

  // Builders; each returns *this so that they chain. They may be called on an error only.
  Status& with(std::string key, std::string value) &;  ///< adds a line "key: value"
  Status&& with(std::string key, std::string value) && { return std::move(with(std::move(key), std::move(value))); }
  Status& note(std::string line) &;  ///< adds a line of free text
  Status&& note(std::string line) && { return std::move(note(std::move(line))); }
  Status& hint(std::string text) &;  ///< replaces the catalogue's hint
  Status&& hint(std::string text) && { return std::move(hint(std::move(text))); }
  /// "pipelines/shop/init.lua:14": printed before the message. The innermost call wins.
  Status& at(std::string where) &;
  Status&& at(std::string where) && { return std::move(at(std::move(where))); }
  /// Puts "resource 'orders': " and the like before the message.
  Status& about(std::string_view what) &;
  Status&& about(std::string_view what) && { return std::move(about(what)); }
  Status& caused_by(Status cause) &;  ///< outermost first when rendered
  Status&& caused_by(Status cause) && { return std::move(caused_by(std::move(cause))); }

  bool ok() const { return detail_ == nullptr; }
  explicit operator bool() const { return ok(); }
  Code code() const;
  bool retryable() const { return !ok() && code_retryable(code()); }
  const std::string& message() const;  ///< the one-line text; "" when ok
  const std::string& where() const;    ///< "" when unknown
  std::string hint_text() const;       ///< own hint, else the catalogue's, else ""
  std::string first_line() const;      ///< "where: message"
  /// For people: where and message, details, cause, hint, [code]. Several lines, no newline at the end.
  std::string render() const;
  /// The same facts for programs, as one JSON object: code, message, where, details[], hint, retryable, cause.
  std::string render_json() const;

 private:
  struct Detail;
  Detail& edit();
  void append_body(std::string& out) const;
  std::shared_ptr<Detail> detail_;
};

}  // namespace lode

/// Returns the Status of `expression` from the calling function unless it is ok.
#define LODE_TRY(expression)                                                                          \
  do {                                                                                                \
    if (::lode::Status lode_try_status = (expression); !lode_try_status.ok()) return lode_try_status; \
  } while (false)
