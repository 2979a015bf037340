// The readers of stored schemas, JSON and YAML: what one accepts is written in both formats, read again, and has the
// same content and hash.
#include "fuzz.h"
#include "json/write.h"
#include "schema/schema.h"
#include "schema/schema_file.h"

using namespace lode;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const SchemaFormat format : {SchemaFormat::kJson, SchemaFormat::kYaml}) {
    auto schema = read_schema(fuzz_text(data, size), format);
    if (!schema.ok()) continue;
    const std::string stored = json::write(schema->to_json());
    for (const SchemaFormat written : {SchemaFormat::kJson, SchemaFormat::kYaml}) {
      auto again = read_schema(schema_text(*schema, written, {.remove_defaults = false}), written);
      FUZZ_CHECK(again.ok());
      FUZZ_CHECK(json::write(again->to_json()) == stored);
      FUZZ_CHECK(again->version_hash() == schema->version_hash());
    }
    (void)schema_text(*schema, SchemaFormat::kMermaid);
    (void)schema_text(*schema, SchemaFormat::kDbml);
  }
  return 0;
}
