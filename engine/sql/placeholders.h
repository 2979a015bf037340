// Placeholders: where a statement that people wrote takes its parameters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sql/dialect.h"

namespace lode {

/// `sql` with its placeholders as the dialect numbers them, from `first` on. People write them alike for all databases:
/// `?` in turn, or `$2` and `?2` by number. What is inside of texts, quoted names and comments is none. In a PostgreSQL
/// statement, where `?` is also an operator, `??` stands for that; so does `?` beside numbered placeholders. Errors:
/// kQueryParameters when it takes another number of parameters than `count`. A PostgreSQL statement for which there are
/// none is left as it is: the server knows.
Result<std::string> number_placeholders(const Dialect& dialect, std::string_view sql, std::size_t count,
                                        std::size_t first = 1);

}  // namespace lode
