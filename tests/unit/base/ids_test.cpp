// Row ids: shape, the encoding, and that they differ.
#include "base/ids.h"

#include <set>
#include <string>

#include "base/text.h"
#include "support/catch.h"

using namespace lode;

TEST_CASE("a row id is the unpadded base64 of its ten bytes", "[base][ids]") {
  const std::string ten("\x00\x01\x02\xFD\xFE\xFF\x7F\x80\x81\xAB", 10);
  std::string all(kRowIdBytes, ' ');
  for (const std::string& raw : {std::string(10, '\0'), std::string(10, '\xFF'), ten}) {
    REQUIRE(raw.size() == 10);
    encode_row_id(raw.data(), all.data());
    CHECK(all == base64_encode(raw, false));
  }
}

TEST_CASE("row ids of one and of several sources all differ", "[base][ids]") {
  RandomSource one;
  RandomSource other;
  std::set<std::string> ids;
  for (int i = 0; i < 20'000; ++i) {
    std::string id(kRowIdBytes, ' ');
    write_row_id(i % 2 == 0 ? one : other, id.data());
    std::string bytes;
    if (!base64_decode(id + "==", bytes)) FAIL(id);
    ids.insert(id);
  }
  CHECK(ids.size() == 20'000);
}

TEST_CASE("a random source hands out every byte once", "[base][ids]") {
  RandomSource source;
  std::set<std::string> blocks;
  for (int i = 0; i < 5000; ++i) {
    char bytes[8];
    source.fill(bytes, sizeof bytes);
    blocks.insert(std::string(bytes, sizeof bytes));
  }
  CHECK(blocks.size() == 5000);
}

TEST_CASE("random hex has two digits a byte", "[base][ids]") {
  CHECK(random_hex(5).size() == 10);
  CHECK(random_hex(0).empty());
  CHECK(random_hex(8) != random_hex(8));
  CHECK(random_hex(16).find_first_not_of("0123456789abcdef") == std::string::npos);
}
