// Paths with conditions.
// Method: the rows of the table are what jsonpath-ng 1.16 finds in the same document.
#include <string>

#include "json/path.h"
#include "path_testing.h"

using namespace lode::json;
using lode::Code;

namespace {

const PathCase kRows[] = {
    {"a.b[?(@.c>1)]", R"([{"c":2,"d":null}])"},
    {"a.b[?(@.c>=1)].c", R"([1,2])"},
    {"a.b[?c==1]", R"([{"c":1}])"},
    {"a.b[?(@.c)]", R"([{"c":1},{"c":2,"d":null}])"},
    {"a.b[?@.d]", R"([{"c":2,"d":null}])"},
    {"a.b[?(!@.c)]", R"([{"e":{"c":3}}])"},
    {"a.b[?(@.d==null)]", R"([{"c":2,"d":null}])"},
    {"a.b[?(@.c!=1)]", R"([{"c":2,"d":null},{"e":{"c":3}}])"},
    {"a.b[?(@.e.c==3)]", R"([{"e":{"c":3}}])"},
    {"a.b[?(@.c==1 || @.c==2)]", R"([{"c":1},{"c":2,"d":null}])"},
    {"a.b[?(@.c>=1 & @.d==null)]", R"([{"c":2,"d":null}])"},
    {"a.b[?(@.c>=1 && @.d==null)]", R"([{"c":2,"d":null}])"},
    {"a.b[?((@.c==1 || @.c==2) && !@.d)]", R"([{"c":1}])"},
    {"a.b[?(@.c<2.5)].c", R"([1,2])"},
    {"a.b[?(@.c<=1)]", R"([{"c":1}])"},
    {"a.b[?(@.c==true)]", R"([])"},
    {"a.b[?(@.c=='1')]", R"([])"},
    {"a.b[?(@.c==1.0)]", R"([{"c":1}])"},
    {"o[?(@.z)]", R"([{"z":2}])"},
    {"o[?(@==1)]", R"([1])"},
    {"o[?(@.z==2)]", R"([{"z":2}])"},
    {"l[?(@=='s')]", R"(["s"])"},
    {"l[?(@==s)]", R"(["s"])"},
    {"l[?(@>'r')]", R"(["s"])"},
    {"l[?(@[0]==1)]", R"([[1,2]])"},
    {"l[?(@[*]==4)]", R"([[3,4]])"},
    {"a.b[?(@.c==$.o.x)]", R"([{"c":1}])"},
    {"a.b[?(@.c>$.o.x)]", R"([{"c":2,"d":null}])"},
    {"a.b[?(@.x==@.y)]", R"([{"c":1},{"c":2,"d":null},{"e":{"c":3}}])"},
    {"a.b[?(@.x!=@.c)]", R"([{"c":1},{"c":2,"d":null}])"},
    {"a.b[?(@.x<@.y)]", R"([])"},
    {"a.b[?(@.d==$.n)]", R"([{"c":2,"d":null}])"},
    {"a..[?(@.c==3)]", R"([{"c":3}])"},
    {"$[?(@.b)]", R"([{"b":[{"c":1},{"c":2,"d":null},{"e":{"c":3}}],"k.k":"x","it's":4}])"},
    {"n[?(@.x)]", R"([])"},
    {"a.b[?(@.c==-1)]", R"([])"},
    {"a.b[?(@.c==2)][0]", R"([])"},
    {"a.b[?(@.c==2)].c", R"([2])"},
};

}  // namespace

TEST_CASE("conditions keep what jsonpath-ng keeps", "[json][path]") {
  const DocumentPointer document = parse_or_fail(kPathDocument);
  for (const PathCase& row : kRows) {
    INFO(row.path);
    const auto path = Path::compile(row.path);
    REQUIRE(path.ok());
    CHECK(matches_of(*path, document->root(0)) == row.matches);
  }
}

TEST_CASE("conditions compare integers of any size", "[json][path]") {
  const DocumentPointer document = parse_or_fail(R"([9007199254740993,9007199254740992,99999999999999999999,1.5])");
  CHECK(matches_of(*Path::compile("[?(@>9007199254740992)]"), document->root(0)) ==
        "[9007199254740993,99999999999999999999]");
  CHECK(matches_of(*Path::compile("[?(@<2)]"), document->root(0)) == "[1.5]");
}

TEST_CASE("conditions that are wrong name the place", "[json][path]") {
  for (const char* text : {"a[?]", "a[?(]", "a[?(@.c>)]", "a[?(@.c>1]", "a[?@.c==]", "a[?(@.c=~'x')]", "a[?@.c &&]",
                           "a[?!]", "a[?(@.c==1.5.5)]"}) {
    INFO(text);
    const auto path = Path::compile(text);
    REQUIRE_FALSE(path.ok());
    CHECK(path.status().code() == Code::kJsonPath);
  }
}
