// Values out of XML answers.
#include <string>

#include "base/text.h"
#include "config/clouds/xml_text.h"
#include "fuzz.h"

using namespace lode;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz_text(data, size);
  const auto found = xml_text(text, "Code");
  FUZZ_CHECK(!found || found->size() <= size);
  // What is written as an element is read again, whatever stood before it, if that is whole.
  std::string written;
  for (const char c : text) {
    written += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
  }
  FUZZ_CHECK(xml_text("<?xml?><a><!-- <Code>no</Code> --><Code>" + written + "</Code></a>", "Code") == text);
  return 0;
}
