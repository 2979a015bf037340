// UTF-8: what is valid, counting, decoding, digits of other scripts, and quoting.
#include <string>

#include "base/text.h"
#include "support/catch.h"

using namespace lode;
using namespace std::string_literals;

TEST_CASE("is_utf8 refuses what RFC 3629 refuses", "[base][utf8]") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("plain ASCII, longer than eight bytes"));
  CHECK(is_utf8("é日😀"));
  CHECK(is_utf8("\0x"s));
  CHECK(is_utf8("\xF4\x8F\xBF\xBF"));
  CHECK_FALSE(is_utf8("\xF4\x90\x80\x80"));  // beyond U+10FFFF
  CHECK_FALSE(is_utf8("\xC0\x80"));          // overlong
  CHECK_FALSE(is_utf8("\xE0\x9F\xBF"));      // overlong
  CHECK_FALSE(is_utf8("\xF0\x8F\xBF\xBF"));  // overlong
  CHECK_FALSE(is_utf8("\xED\xA0\x80"));      // a surrogate
  CHECK_FALSE(is_utf8("\x80"));
  CHECK_FALSE(
      is_utf8("12345678\xFF"
              "12345678"));
  CHECK_FALSE(is_utf8("abc\xE6\x97"));  // cut off
}

TEST_CASE("code points are counted, not bytes", "[base][utf8]") {
  CHECK(count_code_points("") == 0);
  CHECK(count_code_points("aé日😀") == 4);
}

TEST_CASE("code points survive encoding and decoding", "[base][utf8]") {
  for (const char32_t code :
       {U'\0', U'a', U'\x7F', U'\x80', U'\x7FF', U'\x800', U'\uFFFD', U'\U00010000', U'\U0010FFFF'}) {
    std::string text;
    append_utf8(text, code);
    CHECK(utf8_sequence(text) == text.size());
    CHECK(decode_utf8(text) == code);
  }
}

TEST_CASE("decimal digits of any script have their value", "[base][utf8]") {
  CHECK(decimal_digit('0') == 0);
  CHECK(decimal_digit('9') == 9);
  CHECK(decimal_digit('a') == -1);
  CHECK(decimal_digit(0x0665) == 5);   // Arabic-Indic
  CHECK(decimal_digit(0x066A) == -1);  // what follows its nine
  CHECK(decimal_digit(0xFF19) == 9);   // full width
  CHECK(decimal_digit(0x1D7FF) == 9);  // mathematical monospace
  CHECK(decimal_digit(0x00B2) == -1);  // superscript two is no decimal digit
  CHECK(decimal_digit(0x0100) == -1);
}

TEST_CASE("quote_json escapes only what it must", "[base][utf8]") {
  CHECK(quote_json("a\"b\\c\n\r\t\x01\x1F") == R"("a\"b\\c\n\r\t\u0001\u001f")");
  CHECK(quote_json("é日😀/\x7F") == "\"é日😀/\x7F\"");
  CHECK(quote_json("\xFF!") == "\"\xEF\xBF\xBD!\"");
}
