// shake_128_batch() against OpenSSL's SHAKE-128, one text at a time, for every length around a block and every batch
// size.
#include "base/keccak.h"

#include <string>
#include <vector>

#include "base/digest.h"
#include "base/ids.h"
#include "support/catch.h"

using namespace lode;

TEST_CASE("a batch gives the same bytes as one hash after the other") {
  for (std::size_t count = 1; count <= kShakeBatch; ++count) {
    for (std::size_t length : {0, 1, 7, 8, 9, 40, 135, 136, 166, 167, 168, 169, 400}) {
      std::vector<std::string> texts;
      std::vector<std::string_view> views;
      std::string expected;
      for (std::size_t i = 0; i < count; ++i) {
        std::string text(length + (i % 2 == 0 ? i : 0), static_cast<char>('a' + i));
        for (std::size_t k = 0; k < text.size(); k += 3) text[k] = static_cast<char>(k * 37 + i);
        expected += shake_128(text, kShakeIdBytes);
        texts.push_back(std::move(text));
      }
      for (const std::string& text : texts) views.push_back(text);
      std::string hashes(count * kShakeIdBytes, '\0');
      shake_128_batch(views.data(), count, hashes.data());
      INFO(count << " texts of about " << length << " bytes");
      CHECK(hashes == expected);
    }
  }
}

TEST_CASE("the ids of dlt's child rows") {
  const std::string_view texts[] = {"PARENTROWID123_orders__items_0", "PARENTROWID123_orders__items_1"};
  std::string hashes(2 * kShakeIdBytes, '\0');
  shake_128_batch(texts, 2, hashes.data());
  char id[kRowIdBytes];
  encode_row_id(hashes.data(), id);
  CHECK(std::string(id, sizeof id) == "XZs2qHq37l37Vw");
  encode_row_id(hashes.data() + kShakeIdBytes, id);
  CHECK(std::string(id, sizeof id) == "JE8VsJckCe864w");
}
