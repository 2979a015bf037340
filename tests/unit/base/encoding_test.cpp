// Base64 and hex, with the vectors of RFC 4648.
#include <string>
#include <utility>

#include "base/text.h"
#include "support/catch.h"

using namespace lode;
using namespace std::string_literals;

TEST_CASE("base64 encodes the vectors of RFC 4648", "[base][encoding]") {
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"},
                                                         {"\xFB\xFF\xBF", "+/+/"}};
  for (const auto& [bytes, text] : vectors) {
    CHECK(base64_encode(bytes) == text);
    std::string decoded = "left over";
    CHECK(base64_decode(text, decoded));
    CHECK(decoded == bytes);
  }
  CHECK(base64_encode("f", false) == "Zg");
  CHECK(base64_encode("\0\1"s) == "AAE=");
}

TEST_CASE("base64 decoding is strict", "[base][encoding]") {
  std::string bytes;
  for (const char* text : {"Zg", "Zg=", "Z===", "====", "Zm9v=", "Zg==Zg==", "Zm9v\n", "Zm-_", "Z g="}) {
    INFO(text);
    CHECK_FALSE(base64_decode(text, bytes));
  }
}

TEST_CASE("hex goes both ways", "[base][encoding]") {
  CHECK(hex_encode("\0\x7F\xFF"s) == "007fff");
  std::string bytes;
  CHECK(hex_decode("007fFF", bytes));
  CHECK(bytes == "\0\x7F\xFF"s);
  CHECK(hex_decode("", bytes));
  CHECK(bytes.empty());
  for (const char* text : {"0", "0x", "gg", "-1", " 1", "1 ", "+1"}) {
    INFO(text);
    CHECK_FALSE(hex_decode(text, bytes));
  }
}
