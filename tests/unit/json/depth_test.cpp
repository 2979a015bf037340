// Deep values: 2500 levels pass, one more does not, and nothing overflows a small stack.
#include <pthread.h>

#include <functional>
#include <string>

#include "json/path.h"
#include "json_testing.h"

using namespace lode::json;

namespace {

constexpr int kLevelsMax = 2500;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kSmallBytes = 8 * 1024 * 1024;  // sanitizers make frames several times larger
constexpr std::size_t kTinyBytes = 1024 * 1024;
#else
constexpr std::size_t kSmallBytes = 512 * 1024;
constexpr std::size_t kTinyBytes = 128 * 1024;  // too small for any recursion over 2500 levels
#endif

void on_stack(std::size_t stack_bytes, const std::function<void()>& work) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  REQUIRE(pthread_attr_setstacksize(&attributes, stack_bytes) == 0);
  pthread_t thread;
  const auto start = [](void* argument) -> void* {
    (*static_cast<const std::function<void()>*>(argument))();
    return nullptr;
  };
  REQUIRE(pthread_create(&thread, &attributes, start, const_cast<std::function<void()>*>(&work)) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

std::string lists(int levels) {
  return std::string(static_cast<std::size_t>(levels), '[') + std::string(static_cast<std::size_t>(levels), ']');
}

std::string objects(int levels) {
  std::string text;
  for (int i = 0; i < levels; ++i) text += "{\"b\":";
  return text + "1" + std::string(static_cast<std::size_t>(levels), '}');
}

}  // namespace

TEST_CASE("2500 levels are parsed, 2501 are kJsonDepth", "[json][depth]") {
  Parser parser;
  CHECK(parser.parse(lists(kLevelsMax)).ok());
  CHECK(parser.parse(objects(kLevelsMax)).ok());
  const auto too_deep = parser.parse("\n" + lists(kLevelsMax + 1));
  REQUIRE_FALSE(too_deep.ok());
  CHECK(too_deep.status().code() == lode::Code::kJsonDepth);
  CHECK(too_deep.status().message() == "JSON, line 2, column 2501: more than 2500 levels of lists and objects");
  CHECK_FALSE(parser.parse(std::string(10'000'000, '[')).ok());
  CHECK(parser.parse(lists(kLevelsMax)).ok());
}

TEST_CASE("deep values are read, copied, written and freed on a small stack", "[json][depth]") {
  for (const std::string& text : {lists(kLevelsMax), objects(kLevelsMax)}) {
    std::string from_cells;
    std::string from_value;
    std::string from_copy;
    bool equal = false;
    on_stack(kSmallBytes, [&] {
      const DocumentPointer document = *Parser().parse(text);
      from_cells = write(document->root(0), {.sort_keys = true});
      Value value = to_value(document->root(0));
      decode_typed(value);
      from_value = write(value, {.sort_keys = true});
      const Value twin = value;
      equal = twin == value;
      DocumentBuilder builder;
      builder.value(twin);
      from_copy = write(builder.finish()->root(0));
    });
    CHECK(from_cells == text);
    CHECK(from_value == text);
    CHECK(from_copy == text);
    CHECK(equal);
  }
}

TEST_CASE("deep values are read, copied, compared, decoded and freed without recursion", "[json][depth]") {
  for (const std::string& text : {lists(kLevelsMax), objects(kLevelsMax)}) {
    bool equal = false;
    on_stack(kTinyBytes, [&] {
      Value value = to_value((*Parser().parse(text))->root(0));
      decode_typed(value);
      Value twin = value;
      equal = twin == value;
      twin = Value();
    });
    CHECK(equal);
  }
}

TEST_CASE("paths go down any depth on a small stack", "[json][depth]") {
  std::size_t found = 0;
  const std::string text = objects(kLevelsMax);
  on_stack(kSmallBytes, [&] {
    const DocumentPointer document = *Parser().parse(text);
    found = lode::json::Path::compile("$..b")->select(document->root(0)).size();
  });
  CHECK(found == kLevelsMax);
}
