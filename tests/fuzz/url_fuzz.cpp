// URLs and the Link header: what other servers tell us to fetch next.
#include <string>

#include "fuzz.h"
#include "http/link_header.h"
#include "http/url.h"

using namespace lode;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz_text(data, size);
  (void)sanitise_url(text);
  for (const HttpLink& link : parse_link_header(text))
    (void)resolve_url("https://api.example.com/v1/items?page=1", link.url);
  const auto url = parse_url(text);
  if (!url.ok()) return 0;
  const auto again = parse_url(url->text());
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(again->text() == url->text());
  return 0;
}
