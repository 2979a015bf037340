// TextIndex and hash_text: against a map, with many texts of every length.
#include "base/text_index.h"

#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "support/catch.h"

using namespace lode;

namespace {

// Texts that differ in one place, in their length alone, or in bytes that a sloppy hash would skip.
std::vector<std::string> similar_texts() {
  std::set<std::string> texts;
  for (std::size_t size = 0; size <= 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (const char c : {'a', 'b', '\0', '\xFF'}) {
        std::string text(size, 'x');
        text[at] = c;
        texts.insert(text);
      }
    }
    texts.insert(std::string(size, '\0'));
  }
  return {texts.begin(), texts.end()};
}

}  // namespace

TEST_CASE("text index: finds each of many similar texts, and no other") {
  const std::vector<std::string> texts = similar_texts();
  const auto text_of = [&](std::uint32_t number) { return std::string_view(texts[number]); };
  TextIndex index;
  for (std::uint32_t i = 0; i < texts.size(); i += 2) index.add(texts[i], i);
  std::size_t wrong = 0;
  for (std::uint32_t i = 0; i < texts.size(); ++i) {
    if (index.find(texts[i], text_of) != (i % 2 == 0 ? i : TextIndex::kNone)) ++wrong;
  }
  CHECK(wrong == 0);

  index.clear();
  CHECK(index.find(texts[0], text_of) == TextIndex::kNone);
  index.add(texts[1], 1);
  CHECK(index.find(texts[1], text_of) == 1);
  CHECK(index.find(texts[0], text_of) == TextIndex::kNone);
}

TEST_CASE("text index: an empty one finds nothing, and copies are independent") {
  const std::vector<std::string> texts = {"", "a"};
  const auto text_of = [&](std::uint32_t number) { return std::string_view(texts[number]); };
  TextIndex index;
  CHECK(index.find("", text_of) == TextIndex::kNone);
  index.add("", 0);
  TextIndex copy = index;
  copy.add("a", 1);
  CHECK(index.find("", text_of) == 0);
  CHECK(index.find("a", text_of) == TextIndex::kNone);
  CHECK(copy.find("a", text_of) == 1);
}

// Goal: look-ups stay short. Method: few of many similar texts may share the low bits that choose a bucket.
TEST_CASE("text hash: similar texts spread over the buckets") {
  const std::vector<std::string> texts = similar_texts();
  constexpr std::size_t kBuckets = 1 << 14;
  REQUIRE(texts.size() < kBuckets / 2);
  std::unordered_map<std::size_t, std::size_t> used;
  std::size_t most = 0;
  for (const std::string& text : texts) most = std::max(most, ++used[hash_text(text) % kBuckets]);
  CHECK(most <= 6);
  CHECK(used.size() > texts.size() * 3 / 4);
}
