// Result<T>: a T, or the Status that says why there is none.
#pragma once

#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/status.h"

namespace lode {

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}                                       // NOLINT: meant to be implicit
  Result(Status status) : status_(std::move(status)) { LODE_ASSERT(!status_.ok()); }  // NOLINT: meant to be implicit

  bool ok() const { return value_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Status& status() const& { return status_; }
  Status&& status() && { return std::move(status_); }

  // REQUIRES: ok()
  T& value() & {
    LODE_ASSERT(value_);
    return *value_;
  }
  const T& value() const& {
    LODE_ASSERT(value_);
    return *value_;
  }
  T&& value() && {
    LODE_ASSERT(value_);
    return std::move(*value_);
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace lode

#define LODE_CONCAT_INNER(a, b) a##b
#define LODE_CONCAT(a, b) LODE_CONCAT_INNER(a, b)
/// LODE_ASSIGN(auto body, read(path)): declares `body` from a Result, or returns its Status.
#define LODE_ASSIGN(declaration, expression) \
  LODE_ASSIGN_INNER(LODE_CONCAT(lode_result_, __LINE__), declaration, expression)
#define LODE_ASSIGN_INNER(result, declaration, expression) \
  auto result = (expression);                              \
  if (!result.ok()) return std::move(result).status();     \
  declaration = std::move(result).value()
