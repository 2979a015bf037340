// The normalizer: any rows, under any contract and naming convention. Its two paths write the same rows and schema, and
// whatever schema comes out of it can be stored and read again.
//
// The first byte chooses the naming convention, the second the contract; the rest are JSON lines, two pages of them.
#include <memory>
#include <string>

#include "fuzz.h"
#include "json/parse.h"
#include "json/write.h"
#include "normalize/core.h"
#include "schema/schema.h"
#include "support/memory_sink.h"

using namespace lode;

namespace {

struct Setting {
  std::string convention;
  std::uint32_t length_max = 0;
  json::Value contract;
};

Setting setting_of(std::uint8_t naming, std::uint8_t contract) {
  static constexpr const char* kConventions[] = {"snake_case", "duck_case", "direct",
                                                 "sql_cs_v1",  "sql_ci_v1", "s3_tables"};
  static constexpr const char* kModes[] = {"evolve", "freeze", "discard_row", "discard_value"};
  Setting setting;
  setting.convention = kConventions[naming % std::size(kConventions)];
  setting.length_max = naming >= 128 ? 20 : 0;
  setting.contract = json::Value::object();
  setting.contract.set("tables", kModes[contract & 3]);
  setting.contract.set("columns", kModes[contract >> 2 & 3]);
  setting.contract.set("data_type", kModes[contract >> 4 & 3]);
  return setting;
}

struct Outcome {
  std::string rows;
  std::string schema;
  std::string error;
};

Outcome normalize(const std::shared_ptr<const json::Document>& document, const Setting& setting, bool slow) {
  const auto naming = Naming::make(setting.convention, setting.length_max);
  FUZZ_CHECK(naming.ok());
  Schema schema("fuzz", (*naming)->convention());
  schema.settings().set("schema_contract", setting.contract);
  MemorySink sink;
  NormalizerCore core(*naming, schema, sink, {.load_id = "1"});
  if (slow) core.use_slow_path_only();

  Outcome outcome;
  Status status = core.declare({.name = "rows"});
  const std::size_t count = document->root_count();
  const std::size_t ends[] = {count / 2, count};
  std::size_t at = 0;
  for (const std::size_t end : ends) {
    json::Rows page{.document = document, .rows = {}};
    for (; at < end; ++at) page.rows.push_back(document->root(at));
    if (status.ok()) status = core.add("rows", page);
  }
  if (status.ok()) status = core.finish();
  if (!status.ok()) outcome.error = status.render();
  outcome.rows = sink.shown();
  schema.bump();
  outcome.schema = json::write(schema.to_json());

  const auto stored = Schema::from_json(schema.to_json());
  FUZZ_CHECK(stored.ok());
  FUZZ_CHECK(json::write(stored->to_json()) == outcome.schema);
  return outcome;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto document = json::Parser().parse_lines(std::string(fuzz_text(data + 2, size - 2)));
  if (!document.ok()) return 0;
  const Setting setting = setting_of(data[0], data[1]);
  const Outcome fast = normalize(*document, setting, false);
  const Outcome slow = normalize(*document, setting, true);
  FUZZ_CHECK(fast.error == slow.error);
  FUZZ_CHECK(fast.rows == slow.rows);
  FUZZ_CHECK(fast.schema == slow.schema);
  return 0;
}
