// Documents: building cell by cell, walking, copying, rewinding; text that must not move.
#include <string>
#include <vector>

#include "json_testing.h"

using namespace lode::json;

namespace {

DocumentPointer three_rows() {
  DocumentBuilder builder;
  for (int i = 0; i < 3; ++i) {
    builder.begin_object();
    builder.key("id");
    builder.integer(i);
    builder.key("tags");
    builder.begin_list();
    builder.text("a");
    builder.null();
    builder.end_list();
    builder.end_object();
  }
  return builder.finish();
}

}  // namespace

TEST_CASE("values added at the top become roots", "[json][document]") {
  const DocumentPointer document = three_rows();
  REQUIRE(document->root_count() == 3);
  CHECK(write(document->root(1)) == R"({"id":1,"tags":["a",null]})");
  CHECK(document->root(0).next() == document->root(1));
}

TEST_CASE("a container knows its members and how many cells it takes", "[json][document]") {
  const DocumentPointer document = three_rows();
  const Ref row = document->root(0);
  CHECK(row.size() == 2);
  CHECK(row.span() == 7);
  CHECK(row.first_child().as_text() == "id");
  const Ref tags = row.find("tags");
  REQUIRE(tags);
  CHECK(tags.size() == 2);
  CHECK(tags.span() == 3);
  CHECK(tags.first_child().next().is_null());
  CHECK_FALSE(row.find("absent"));
  CHECK_FALSE(tags.find("id"));
}

TEST_CASE("every kind of scalar is kept", "[json][document]") {
  DocumentBuilder builder;
  builder.boolean(true);
  builder.real(1.5);
  builder.tagged_text(Kind::kDecimal, "12.50", Subkind::kWei);
  builder.tagged_text(Kind::kBinary, std::string_view("\0\xFF", 2));
  builder.tagged_number(Kind::kTimestamp, -5, Subkind::kNaive);
  const DocumentPointer document = builder.finish();
  CHECK(document->root(0).as_bool());
  CHECK(document->root(1).as_double() == 1.5);
  CHECK(document->root(2).as_text() == "12.50");
  CHECK(document->root(2).subkind() == Subkind::kWei);
  CHECK(document->root(3).as_text() == std::string_view("\0\xFF", 2));
  CHECK(document->root(4).as_int() == -5);
  CHECK(document->root(4).subkind() == Subkind::kNaive);
}

TEST_CASE("text that was kept never moves", "[json][document]") {
  DocumentBuilder builder;
  std::vector<std::pair<const char*, std::string>> kept;
  for (int i = 0; i < 20'000; ++i) {
    // Short ones, ones that fill a chunk, and ones larger than a chunk.
    const std::string text(static_cast<std::size_t>(i % 1000 == 0 ? 100'000 : i % 60), static_cast<char>('a' + i % 26));
    kept.emplace_back(builder.keep(text), text);
  }
  std::size_t whole = 0;
  for (const auto& [at, text] : kept) whole += std::string_view(at, text.size()) == text ? 1 : 0;
  CHECK(whole == kept.size());
}

TEST_CASE("a copied value stands on its own", "[json][document]") {
  DocumentBuilder builder;
  {
    const DocumentPointer source = parse_or_fail(R"({"a":[1,{"b":"x\ny","c":12345678901234567890123}],"d":null})");
    builder.begin_list();
    builder.copy(source->root(0));
    builder.copy(source->root(0).find("a"));
    builder.end_list();
  }
  const DocumentPointer document = builder.finish();
  CHECK(write(document->root(0)) == R"([{"a":[1,{"b":"x\ny","c":12345678901234567890123}],"d":null},)"
                                    R"([1,{"b":"x\ny","c":12345678901234567890123}]])");
}

TEST_CASE("values and documents turn into each other", "[json][document]") {
  const std::string text = R"({"a":[1,2.5,true,null,"x"],"b":{"c":{}},"d":[]})";
  const Value value = to_value(parse_or_fail(text)->root(0));
  CHECK(write(value) == text);
  DocumentBuilder builder;
  builder.value(value);
  CHECK(write(builder.finish()->root(0)) == text);
}

TEST_CASE("rewind forgets a half built row", "[json][document]") {
  DocumentBuilder builder;
  builder.integer(1);
  const std::size_t cells = builder.cell_count();
  const std::size_t roots = builder.root_count();
  builder.begin_object();
  builder.key("a");
  builder.begin_list();
  builder.rewind(cells, roots);
  CHECK(builder.depth() == 0);
  builder.integer(2);
  const DocumentPointer document = builder.finish();
  REQUIRE(document->root_count() == 2);
  CHECK(document->root(1).as_int() == 2);
}

TEST_CASE("rewind inside an open list keeps what came before", "[json][document]") {
  DocumentBuilder builder;
  builder.begin_list();
  builder.begin_list();
  builder.integer(1);
  builder.end_list();
  builder.integer(2);
  const std::size_t cells = builder.cell_count();
  builder.begin_object();
  builder.key("half");
  builder.rewind(cells, builder.root_count());
  builder.integer(3);
  builder.end_list();
  CHECK(write(builder.finish()->root(0)) == "[[1],2,3]");
}

TEST_CASE("a builder is empty after finish", "[json][document]") {
  DocumentBuilder builder;
  builder.integer(1);
  CHECK(builder.finish()->root_count() == 1);
  CHECK(builder.cell_count() == 0);
  CHECK(builder.finish()->root_count() == 0);
}

TEST_CASE("a document tells the memory that it holds", "[json][document]") {
  const std::string text = R"({"a":")" + std::string(100'000, 'x') + R"("})";
  const DocumentPointer document = parse_or_fail(text);
  CHECK(document->bytes() >= text.size());
  CHECK(document->bytes() < text.size() + 20'000);
}
