// LODE_ASSERT: states what must hold unless the program has a bug. On in every build.
#pragma once

namespace lode {
/// Prints where and what, then aborts.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);
}  // namespace lode

#define LODE_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : ::lode::assertion_failed(#expression, __FILE__, __LINE__))
