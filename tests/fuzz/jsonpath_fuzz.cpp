// JSONPath: a path over a document, separated by the first line break. first() is the first of select().
#include <string>

#include "fuzz.h"
#include "json/parse.h"
#include "json/path.h"

using namespace lode;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz_text(data, size);
  const std::size_t line_end = input.find('\n');
  const auto path = json::Path::compile(input.substr(0, line_end));
  if (!path.ok()) return 0;
  const std::string_view text = line_end == std::string_view::npos ? R"({"a":[{"b":1,"c":{"d":[1,2,3]}},{"b":"x"}]})"
                                                                   : input.substr(line_end + 1);
  const auto document = json::Parser().parse(std::string(text));
  if (!document.ok()) return 0;
  const json::Ref root = (*document)->root(0);
  const std::vector<json::Ref> found = path->select(root);
  const json::Ref first = path->first(root);
  FUZZ_CHECK(found.empty() ? !first : first == found.front());
  return 0;
}
