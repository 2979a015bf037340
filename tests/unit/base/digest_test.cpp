// Digests against FIPS 202 and against the vectors that dlt's formats are made of.
#include "base/digest.h"

#include <string>

#include "base/text.h"
#include "support/catch.h"

using namespace lode;

TEST_CASE("SHA3-256 gives the vectors of FIPS 202", "[base][digest]") {
  CHECK(hex_encode(sha3_256("")) == "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a");
  CHECK(hex_encode(sha3_256("abc")) == "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532");
  CHECK(hex_encode(sha3_256(std::string(200, '\xA3'))) ==
        "79f38adec5c20307a98ef76e8324afbfd46cfd81b22e3973c65fa1bd9de31787");
}

TEST_CASE("SHAKE-128 gives the vectors of FIPS 202 at any size", "[base][digest]") {
  CHECK(hex_encode(shake_128("", 16)) == "7f9c2ba4e88f827d616045507605853e");
  CHECK(hex_encode(shake_128("abc", 32)) == "5881092dd818bf5cf8a3ddb793fbcba74097d5c526a6d35f97b83351940f2cc8");
  CHECK(hex_encode(shake_128(std::string(200, '\xA3'), 16)) == "131ab8d2b594946b9c81333f9bb6e0ce");
  const std::string longer = shake_128("abc", 1000);
  CHECK(longer.size() == 1000);
  CHECK(longer.substr(0, 32) == shake_128("abc", 32));
}

// The tag that shortens a name, and the id of a nested row: both are unpadded base64 of SHAKE-128.
TEST_CASE("digests give the tags and ids that dlt gives", "[base][digest]") {
  CHECK(to_lower(base64_encode(shake_128("abc", 4), false)) == "wiejlq");
  CHECK(to_lower(base64_encode(shake_128(std::string(64, 'a'), 4), false)) == "fv1mma");
  CHECK(base64_encode(shake_128("PARENTROWID123_orders__items_0", 10), false) == "XZs2qHq37l37Vw");
  CHECK(base64_encode(shake_128("PARENTROWID123_orders__items_1", 10), false) == "JE8VsJckCe864w");
  CHECK(base64_encode(shake_128(R"({"id":1})", 10), false) == "z5jIxXIbUnmbKw");
  CHECK(base64_encode(shake_128(R"({"id":1,"region":"EU"})", 10), false) == "fVPU5j0Cz7mOAA");
  CHECK(base64_encode(shake_128(R"({"a":"ż","b":[1,{"a":null,"z":1}]})", 10), false) == "gO3ls/yd5MvnBQ");
}

TEST_CASE("digests do not remember what they hashed before", "[base][digest]") {
  const std::string first = sha3_256("abc");
  (void)shake_128("something else", 5);
  CHECK(sha3_256("abc") == first);
}

TEST_CASE("the checksum sees every byte, its place and the length", "[base][digest]") {
  const std::string text(100, 'x');
  const std::uint64_t whole = checksum_64(text);
  CHECK(checksum_64(text) == whole);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = 'y';
    CHECK(checksum_64(changed) != whole);
    CHECK(checksum_64(text.substr(0, i)) != whole);
  }
  CHECK(checksum_64(text, 1) != whole);
  CHECK(checksum_64(text + std::string(1, '\0')) != whole);
}
