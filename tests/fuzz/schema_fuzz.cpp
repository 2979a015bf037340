// The reader of stored schemas: what it accepts is written, read again, and has the same content and hash.
#include "schema/schema.h"

#include <string>

#include "fuzz.h"
#include "json/parse.h"
#include "json/write.h"

using namespace lode;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = json::parse_value(fuzz_text(data, size));
  if (!value.ok()) return 0;
  auto schema = Schema::from_json(*value);
  if (!schema.ok()) return 0;
  const json::Value stored = schema->to_json();
  auto again = Schema::from_json(stored);
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(json::write(again->to_json()) == json::write(stored));
  FUZZ_CHECK(again->version_hash() == schema->version_hash());
  return 0;
}
