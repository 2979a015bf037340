// Placeholders of statements that people wrote.
#include "fuzz.h"
#include "sql/placeholders.h"

using namespace lode;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view sql = fuzz_text(data, size);
  for (const Dialect* dialect : {&sqlite_dialect(), &postgres_dialect()}) {
    for (std::size_t count = 0; count < 4; ++count) {
      const Result<std::string> numbered = number_placeholders(*dialect, sql, count);
      if (!numbered.ok()) continue;
      // What is numbered stays as it is; but an operator that was "??" looks like a placeholder now.
      if (sql.find("??") != std::string_view::npos) continue;
      const Result<std::string> again = number_placeholders(*dialect, *numbered, count);
      FUZZ_CHECK(again.ok());
      FUZZ_CHECK(*again == *numbered);
    }
  }
  return 0;
}
