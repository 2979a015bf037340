// What a browser, or anybody on this machine, sends to the listener of a sign-in.
#include <string>

#include "base/text.h"
#include "fuzz.h"
#include "http/loopback_request.h"

using namespace lode;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz_text(data, size);
  const std::string target = "GET /callback?" + std::string(bytes) + " HTTP/1.1\r\nHost: localhost:80\r\n\r\n";
  for (const std::string_view text : {bytes, std::string_view(target)}) {
    const std::optional<LoopbackRequest> request = read_loopback_request(text, 80);
    if (!request || request->refusal != 0) continue;
    FUZZ_CHECK(request->path.starts_with('/'));
    FUZZ_CHECK(text.size() > request->path.size());
    for (const auto& [name, value] : request->query) FUZZ_CHECK(is_utf8(name) && is_utf8(value));
    // More that comes behind the head changes nothing.
    const std::optional<LoopbackRequest> again = read_loopback_request(std::string(text) + "more", 80);
    FUZZ_CHECK(again && again->path == request->path && again->query == request->query);
  }
  return 0;
}
