// Paths: members, indexes, slices, descent, unions.
// Method: the rows of the table are what jsonpath-ng 1.16 finds in the same document.
#include "json/path.h"

#include <string>

#include "path_testing.h"

using namespace lode::json;
using lode::Code;

namespace {

const PathCase kRows[] = {
    {"a.k.k", R"([])"},
    {"a", R"([{"b":[{"c":1},{"c":2,"d":null},{"e":{"c":3}}],"k.k":"x","it's":4}])"},
    {"$.o", R"([{"x":1,"y":{"z":2}}])"},
    {"o.x", R"([1])"},
    {"$['o']['y']", R"([{"z":2}])"},
    {"['o'].x", R"([1])"},
    {"o[\"y\"].z", R"([2])"},
    {"a.'k.k'", R"(["x"])"},
    {"a['k.k']", R"(["x"])"},
    {"a[\"k.k\"]", R"(["x"])"},
    {"a['it\\'s']", R"([4])"},
    {"'é'", R"([9])"},
    {"many-results", R"([[1]])"},
    {"@.o.x", R"([1])"},
    {"$.many-results[0]", R"([1])"},
    {"0", R"([7])"},
    {"$.0", R"([7])"},
    {"true", R"([8])"},
    {" o . y [ 'z' ] ", R"([2])"},
    {"a.[b]", R"([[{"c":1},{"c":2,"d":null},{"e":{"c":3}}]])"},
    {"a.b.[0].c", R"([1])"},
    {"a.b[0]", R"([{"c":1}])"},
    {"a.b[-1]", R"([{"e":{"c":3}}])"},
    {"a.b[3]", R"([])"},
    {"a.b[-4]", R"([])"},
    {"a.b[0,2]", R"([{"c":1},{"e":{"c":3}}])"},
    {"a.b[1:]", R"([{"c":2,"d":null},{"e":{"c":3}}])"},
    {"a.b[:2]", R"([{"c":1},{"c":2,"d":null}])"},
    {"a.b[-2:]", R"([{"c":2,"d":null},{"e":{"c":3}}])"},
    {"a.b[::2]", R"([{"c":1},{"e":{"c":3}}])"},
    {"a.b[::-1]", R"([{"e":{"c":3}},{"c":2,"d":null},{"c":1}])"},
    {"a.b[2:0:-1]", R"([{"e":{"c":3}},{"c":2,"d":null}])"},
    {"a.b[5:1:-1]", R"([{"e":{"c":3}}])"},
    {"a.b[0:0]", R"([])"},
    {"a.b[9:]", R"([])"},
    {"a.b[-9:1]", R"([{"c":1}])"},
    {"a.b[::0]", R"([])"},
    {"l[0][1]", R"([2])"},
    {"l.0", R"([])"},
    {"o[0]", R"([])"},
    {"o[0:]", R"([])"},
    {"n[0]", R"([])"},
    {"a.b[*]", R"([{"c":1},{"c":2,"d":null},{"e":{"c":3}}])"},
    {"a.b.*", R"([{"c":1},{"c":2,"d":null},{"e":{"c":3}}])"},
    {"o.*", R"([1,{"z":2}])"},
    {"o[*]", R"([1,{"z":2}])"},
    {"n.*", R"([])"},
    {"a.*.c", R"([])"},
    {"a.b[*].c", R"([1,2])"},
    {"l[*][0]", R"([1,3])"},
    {"a.b.c", R"([])"},
    {"$..c", R"([1,2,3,5])"},
    {"a..c", R"([1,2,3])"},
    {"l..c", R"([5])"},
    {"$..b[0]", R"([{"c":1}])"},
    {"$..[0]", R"([{"c":1},[1,2],1,3,1])"},
    {"a.b..*", R"([{"c":1},{"c":2,"d":null},{"e":{"c":3}},1,2,null,{"c":3},3])"},
    {"o..*", R"([1,{"z":2},2])"},
    {"$..nope", R"([])"},
    {"$..b..c", R"([1,2,3])"},
    {"n..x", R"([])"},
    {"o,n", R"([{"x":1,"y":{"z":2}},null])"},
    {"o.x,y", R"([1,{"z":2}])"},
    {"['o','n']", R"([{"x":1,"y":{"z":2}},null])"},
    {"a.(b|'k.k')", R"([[{"c":1},{"c":2,"d":null},{"e":{"c":3}}],"x"])"},
    {"o|n", R"([{"x":1,"y":{"z":2}},null])"},
    {"o.y|x", R"([{"z":2},1])"},
    {"a.b[0]|o.y", R"([{"z":2}])"},
    {"o.(y.z|x)", R"([2])"},
    {"n|o[0]", R"([])"},
    {"n", R"([null])"},
    {"o.none", R"([])"},
    {"nope", R"([])"},
    {"nope.deep", R"([])"},
    {"a.b.c.d", R"([])"},
    {"o.x.y", R"([])"},
};

}  // namespace

TEST_CASE("paths find what jsonpath-ng finds", "[json][path]") {
  const DocumentPointer document = parse_or_fail(kPathDocument);
  for (const PathCase& row : kRows) {
    INFO(row.path);
    const auto path = Path::compile(row.path);
    REQUIRE(path.ok());
    CHECK(matches_of(*path, document->root(0)) == row.matches);
  }
}

TEST_CASE("first() is the first of select()", "[json][path]") {
  const DocumentPointer document = parse_or_fail(kPathDocument);
  for (const PathCase& row : kRows) {
    INFO(row.path);
    const auto path = Path::compile(row.path);
    REQUIRE(path.ok());
    const std::vector<Ref> all = path->select(document->root(0));
    const Ref first = path->first(document->root(0));
    CHECK((all.empty() ? !first : first == all.front()));
  }
}

TEST_CASE("a null is a match, an absent member is not", "[json][path]") {
  const DocumentPointer document = parse_or_fail(kPathDocument);
  const Ref null = Path::compile("n")->first(document->root(0));
  REQUIRE(null);
  CHECK(null.is_null());
  CHECK_FALSE(Path::compile("$.nope")->first(document->root(0)));
  CHECK_FALSE(Path::compile("a")->first(Ref()));
  CHECK(Path::compile("a")->select(Ref()).empty());
}

TEST_CASE("a default path selects the root", "[json][path]") {
  const DocumentPointer document = parse_or_fail("[1]");
  CHECK(Path().first(document->root(0)) == document->root(0));
  CHECK(Path().select(document->root(0)).size() == 1);
}

TEST_CASE("one plain field is told apart", "[json][path]") {
  CHECK(Path::compile("id")->plain_field() == "id");
  CHECK(Path::compile("'a.b'")->plain_field() == "a.b");
  CHECK(Path::compile("['a']")->plain_field() == "a");
  for (const char* text : {"$.id", "$", "a.b", "*", "a,b", "a[0]", "a|b", "..a", "[0]"}) {
    INFO(text);
    const auto path = Path::compile(text);
    CHECK((!path.ok() || path->plain_field().empty()));
  }
  CHECK(Path::compile("a.b")->text() == "a.b");
}

TEST_CASE("paths that are wrong name the place", "[json][path]") {
  const auto message = [](const char* text) {
    INFO(text);
    const auto path = Path::compile(text);
    REQUIRE_FALSE(path.ok());
    CHECK(path.status().code() == Code::kJsonPath);
    return path.status().message();
  };
  CHECK(message("") == R"(path "", character 1: the path ends where a field name was expected)");
  CHECK(message("a.") == R"(path "a.", character 3: the path ends where a field name was expected)");
  CHECK(message("$.") == R"(path "$.", character 3: the path ends where a field name was expected)");
  CHECK(message("..a") == R"(path "..a", character 1: a field name was expected)");
  CHECK(message("a b") == R"(path "a b", character 3: '.', '[' or the end was expected)");
  CHECK(message("é.1n") == R"(path "é.1n", character 4: '.', '[' or the end was expected)");
  CHECK(message("a['b") == R"(path "a['b", character 3: the closing quote is missing)");
  CHECK(message("a[0") == R"(path "a[0", character 4: ']' was expected)");
  CHECK(message("a[]") == R"(path "a[]", character 3: an index, a slice, '*', '?' or a name was expected)");
  CHECK(message("a[99999999999999999999]") ==
        R"(path "a[99999999999999999999]", character 3: the number is too large)");
  CHECK(message("(a") == R"(path "(a", character 3: ')' was expected)");
  CHECK(message("a.$") == R"(path "a.$", character 3: '$' is the whole document and can only stand first)");
  CHECK(message("a.`parent`") == R"(path "a.`parent`", character 3: operators in backquotes are not supported)");
  CHECK(message(std::string(1000, '(').c_str()).find("too deeply nested") != std::string::npos);
}
