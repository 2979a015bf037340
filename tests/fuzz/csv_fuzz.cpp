// CSV: text in two chunks gives the rows that one chunk gives, as long as the types settled by the first suit it.
#include "fuzz.h"
#include "json/document.h"
#include "sources/files/csv.h"

using namespace lode;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz_text(data, size);
  const std::size_t whole = CsvReader::whole_records(text, true);
  FUZZ_CHECK(whole <= size);
  CsvReader reader;
  const auto rows = reader.read(text.substr(0, whole));

  const std::size_t first = CsvReader::whole_records(text.substr(0, size / 2), false);
  FUZZ_CHECK(first <= size / 2);
  CsvReader chunked;
  const auto head = chunked.read(text.substr(0, first));
  if (!rows.ok() || !head.ok() || first == 0) return 0;
  const auto tail = chunked.read(text.substr(first, whole - first));
  FUZZ_CHECK(tail.ok());
  FUZZ_CHECK((*head)->root_count() + (*tail)->root_count() == (*rows)->root_count());
  return 0;
}
