// Error texts of cases: recorded ones are written in dlt's words, and lode says the same in its own.
#pragma once

#include <string>
#include <string_view>

namespace lode {

/// Whether lode's error text `ours` says what `expected` says. Three ways, the first that applies decides:
///   1. `ours` has `expected` in it, word for word. The project's own cases are written that way.
///   2. `expected` has a phrase of dlt's that the table in error_texts.cpp knows: then `ours` must have the phrases
///   that
///      stand beside it, with the same names, numbers and URLs in them.
///   3. Otherwise everything in `expected` that carries meaning must be in `ours`: URLs, numbers, and the words in
///      backticks or quotes.
/// Never true because nothing was asked for: an `expected` without anything of that kind must be there word for word.
bool says_the_same(std::string_view ours, std::string_view expected);

}  // namespace lode
