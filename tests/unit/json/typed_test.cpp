// dlt's typed JSON: decoding, and that what was read is written back byte for byte.
#include <string>

#include "json_testing.h"

using namespace lode::json;
using namespace std::string_literals;

namespace {

Value decoded(const std::string& text) {
  Value value(text);
  decode_typed(value);
  return value;
}

}  // namespace

TEST_CASE("each mark decodes to its kind", "[json][typed]") {
  CHECK(decoded("\uF02612.50") == Value::of_text(Kind::kDecimal, "12.50"));
  CHECK(decoded("\uF0272024-01-02T03:04:05.678000+00:00") == Value::of_number(Kind::kTimestamp, 1'704'164'645'678'000));
  CHECK(decoded("\uF0272024-01-02T03:04:05Z") == Value::of_number(Kind::kTimestamp, 1'704'164'645'000'000));
  CHECK(decoded("\uF0281970-01-03") == Value::of_number(Kind::kDate, 2));
  CHECK(decoded("\uF0296ba7b810-9dad-11d1-80b4-00c04fd430c8") == Value("6ba7b810-9dad-11d1-80b4-00c04fd430c8"));
  CHECK(decoded("\uF02A0x00ff") == Value::of_text(Kind::kBinary, "\0\xFF"s));
  CHECK(decoded("\uF02BAAE=") == Value::of_text(Kind::kBinary, "\0\1"s));
  CHECK(decoded("\uF02C2137") == Value::of_text(Kind::kDecimal, "2137"));
  CHECK(decoded("\uF02D03:04:05.000006") == Value::of_number(Kind::kTime, 11'045'000'006));
}

TEST_CASE("what cannot be decoded stays text", "[json][typed]") {
  for (const char* text : {"\uF026",           "\uF026abc",        "\uF026",      "\uF026 1",
                           "\uF026.",          "\uF0272024",       "\uF02712:00", "\uF028x",
                           "\uF029not-a-uuid", "\uF02A00ff",       "\uF02A0x0",   "\uF02B***",
                           "\uF02Cx",          "\uF02D2024-01-01", "\uF02E1",     "\uF0251",
                           "x\uF0261",         "\uF0261\uF026",    "12.50",       ""}) {
    INFO(text);
    CHECK(decoded(text) == Value(text));
  }
}

TEST_CASE("decoding reaches every level but leaves keys alone", "[json][typed]") {
  Value value = *parse_value("{\"\uF0261\":[\"\uF0261.5\",{\"a\":\"\uF0281970-01-01\"}]}");
  decode_typed(value);
  CHECK(write(value) == "{\"\uF0261\":[\"1.5\",{\"a\":\"1970-01-01\"}]}");
  CHECK(value.members()[0].second.items()[0].kind() == Kind::kDecimal);
}

TEST_CASE("typed JSON survives reading and writing unchanged", "[json][typed]") {
  const std::string text =
      "{\"decimal\":\"\uF02612.50\",\"exponent\":\"\uF0261E+5\",\"at\":\"\uF0272024-01-02T03:04:05.678000+00:00\","
      "\"naive\":\"\uF0272024-01-02T03:04:05\",\"day\":\"\uF0282024-01-02\","
      "\"uuid\":\"\uF0296ba7b810-9dad-11d1-80b4-00c04fd430c8\",\"hex\":\"\uF02A0x00ff\",\"bytes\":\"\uF02BAAE=\","
      "\"wei\":\"\uF02C2137\",\"time\":\"\uF02D03:04:05.000006\",\"bad\":\"\uF026x\",\"text\":\"x\",\"n\":1}";
  Value value = *parse_value(text);
  decode_typed(value);
  CHECK(write(value, {.typing = Typing::kTyped}) == text);

  const DocumentPointer document = parse_or_fail(text, Typing::kTyped);
  CHECK(document->root(0).find("naive").kind() == Kind::kTimestamp);
  CHECK(document->root(0).find("naive").subkind() == Subkind::kNaive);
  CHECK(document->root(0).find("hex").as_text() == "\0\xFF"s);
  CHECK(write(document->root(0), {.typing = Typing::kTyped}) == text);
  CHECK(write(to_value(document->root(0)), {.typing = Typing::kTyped}) == text);
  DocumentBuilder builder;
  builder.copy(document->root(0));
  builder.value(value);
  const DocumentPointer copies = builder.finish();
  CHECK(write(copies->root(0), {.typing = Typing::kTyped}) == text);
  CHECK(write(copies->root(1), {.typing = Typing::kTyped}) == text);
}

TEST_CASE("plain writing keeps dlt's spelling of each value", "[json][typed]") {
  CHECK(write(decoded("\uF0272024-01-02T03:04:05")) == R"("2024-01-02T03:04:05")");
  CHECK(write(decoded("\uF02A0x00ff")) == R"("0x00ff")");
  CHECK(write(decoded("\uF02C2137")) == R"("2137")");
  CHECK(write(decoded("\uF0296ba7b810-9dad-11d1-80b4-00c04fd430c8")) == R"("6ba7b810-9dad-11d1-80b4-00c04fd430c8")");
}

TEST_CASE("a plain parser leaves typed strings alone", "[json][typed]") {
  CHECK(parse_or_fail("\"\uF0261\"")->root(0).is_text());
  CHECK(parse_or_fail("\"\uF0261\"", Typing::kTyped)->root(0).kind() == Kind::kDecimal);
  CHECK(parse_or_fail("\"\\uf0261\"", Typing::kTyped)->root(0).kind() == Kind::kDecimal);
}
