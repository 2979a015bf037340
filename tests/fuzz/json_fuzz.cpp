// The JSON reader: what it accepts is written and read again as the same value, as one text and as JSON lines.
#include <string>

#include "fuzz.h"
#include "json/document.h"
#include "json/parse.h"
#include "json/write.h"

using namespace lode;

namespace {

void check_value(json::Ref value) {
  const std::string text = json::write(value);
  const auto again = json::Parser().parse(text);
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(json::write((*again)->root(0)) == text);

  // The two forms of a value agree.
  const json::Value owned = json::to_value(value);
  FUZZ_CHECK(json::write(owned) == text);
  json::DocumentBuilder builder;
  builder.copy(value);
  builder.value(owned);
  const auto built = builder.finish();
  FUZZ_CHECK(built->root_count() == 2);
  FUZZ_CHECK(json::write(built->root(0)) == text);
  FUZZ_CHECK(json::write(built->root(1)) == text);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz_text(data, size));
  for (const json::Typing typing : {json::Typing::kPlain, json::Typing::kTyped}) {
    json::Parser parser(typing);
    const auto document = parser.parse(text);
    if (document.ok() && typing == json::Typing::kPlain) check_value((*document)->root(0));
    // A parser that has failed goes on working.
    const auto lines = parser.parse_lines(text);
    if (document.ok()) FUZZ_CHECK(lines.ok() && (*lines)->root_count() == 1);
    if (!lines.ok() || typing == json::Typing::kTyped) continue;
    for (std::size_t i = 0; i < (*lines)->root_count(); ++i) check_value((*lines)->root(i));
  }
  return 0;
}
