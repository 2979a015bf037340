// Strings: escapes, surrogates, NUL characters, UTF-8.
#include <string>

#include "json_testing.h"

using namespace lode::json;
using namespace std::string_literals;

namespace {

std::string text_of(const std::string& json) { return std::string(parse_or_fail(json)->root(0).as_text()); }

}  // namespace

TEST_CASE("escapes are undone", "[json][text]") {
  CHECK(text_of(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
  CHECK(text_of(R"("\u0041\u00e9\u65E5")") == "Aé日");
  CHECK(text_of(R"("\ud83d\ude00")") == "😀");
  CHECK(text_of(R"("a\u0000b")") == "a\0b"s);
  CHECK(text_of(R"("\\")") == "\\");
  CHECK(text_of(R"("\\\"")") == "\\\"");
  CHECK(text_of(R"("x\\")") == "x\\");
}

TEST_CASE("text without escapes is taken as it is", "[json][text]") {
  CHECK(text_of(R"("")") == "");
  CHECK(text_of("\"é日😀\x7F\"") == "é日😀\x7F");
  CHECK(text_of(R"("{[,:]}")") == "{[,:]}");
}

TEST_CASE("keys may have escapes too", "[json][text]") {
  const DocumentPointer document = parse_or_fail(R"({"a\nb":1,"\u00e9":2,"":3})");
  CHECK(document->root(0).find("a\nb").as_int() == 1);
  CHECK(document->root(0).find("é").as_int() == 2);
  CHECK(document->root(0).find("").as_int() == 3);
}

TEST_CASE("strings with and without escapes may alternate", "[json][text]") {
  std::string json = "[";
  for (int i = 0; i < 1000; ++i) json += std::string(i > 0 ? "," : "") + (i % 3 == 0 ? R"("a\tb")" : R"("plain")");
  json += "]";
  const DocumentPointer document = parse_or_fail(json);
  Ref item = document->root(0).first_child();
  for (int i = 0; i < 1000; ++i, item = item.next()) {
    if (item.as_text() != (i % 3 == 0 ? "a\tb" : "plain")) FAIL(i << ": " << item.as_text());
  }
  CHECK(write(document->root(0)) == json);
}

TEST_CASE("bad escapes are refused", "[json][text]") {
  Parser parser;
  for (const char* text :
       {R"("\x")", R"("\u12")", R"("\u12g4")", R"("\u+123")", R"("\ud800")", R"("\udc00")", R"("\ud800\u0041")",
        R"("\ud800\n")", R"("\ud800x")", R"("\udc00\ud800")", R"("\")", R"("\u")", R"(["\ud83d","\ude00"])"}) {
    INFO(text);
    CHECK_FALSE(parser.parse(text).ok());
  }
}

TEST_CASE("what is not UTF-8 is refused, in strings and outside", "[json][text]") {
  Parser parser;
  for (const std::string& bytes : {"\xFF"s, "\xC3"s, "\xC0\x80"s, "\xED\xA0\x80"s, "\xF4\x90\x80\x80"s}) {
    CHECK_FALSE(parser.parse("\"" + bytes + "\"").ok());
    CHECK_FALSE(parser.parse("[1," + bytes + "]").ok());
  }
}

TEST_CASE("raw control characters in strings are refused", "[json][text]") {
  Parser parser;
  for (char c = 0; c < 0x20; ++c) {
    CHECK_FALSE(parser.parse("\"a"s + c + "b\"").ok());
  }
}
