// Timestamps: the fast parser agrees with the full one, and what is formatted is read back as the same instant. HTTP's
// dates with them.
#include "base/iso8601.h"
#include "base/time.h"
#include "fuzz.h"
#include "http/http_date.h"

using namespace lode;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz_text(data, size);
  const auto value = parse_iso(text);
  std::int64_t fast = 0;
  if (parse_iso_fast(text, fast)) {
    FUZZ_CHECK(value && value->kind == IsoValue::Kind::kTimestamp);
    FUZZ_CHECK(value->micros == fast);
  }
  if (value && value->kind == IsoValue::Kind::kTimestamp) {
    for (const std::string& written :
         {iso_timestamp(value->micros), iso_timestamp_z(value->micros), iso_timestamp_naive(value->micros)}) {
      const auto again = parse_iso(written);
      FUZZ_CHECK(again && again->kind == IsoValue::Kind::kTimestamp && again->micros == value->micros);
    }
  } else if (value && value->kind == IsoValue::Kind::kDate) {
    const auto again = parse_iso(iso_date(value->days));
    FUZZ_CHECK(again && again->kind == IsoValue::Kind::kDate && again->days == value->days);
  } else if (value) {
    const auto again = parse_iso(iso_time(value->micros));
    FUZZ_CHECK(again && again->kind == IsoValue::Kind::kTime && again->micros == value->micros);
  }
  (void)parse_http_date(text);
  return 0;
}
