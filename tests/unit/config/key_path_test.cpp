// In which order places are looked at. The expected lists are those of dlt.
#include "config/key_path.h"

#include "support/catch.h"

using namespace lode;

namespace {
std::vector<std::string> paths(const ConfigQuery& query) {
  std::vector<std::string> out;
  for (const KeyPath& path : lookup_paths(query)) out.push_back(path.dotted());
  return out;
}
using List = std::vector<std::string>;
}  // namespace

TEST_CASE("Sections are dropped from the right, and the short form of a source comes third") {
  CHECK(paths({.key = "api_key", .sections = {"sources", "chess_com", "chess"}}) ==
        List{"sources.chess_com.chess.api_key", "sources.chess_com.api_key", "sources.chess.api_key", "sources.api_key",
             "api_key"});
}

TEST_CASE("A source named like its module has no short form") {
  CHECK(paths({.key = "k", .sections = {"sources", "notion", "notion"}}) ==
        List{"sources.notion.notion.k", "sources.notion.k", "sources.k", "k"});
}

TEST_CASE("A trailing section is never left out") {
  CHECK(paths({.key = "password", .sections = {"destination", "prod_db"}, .trailing = "credentials"}) ==
        List{"destination.prod_db.credentials.password", "destination.credentials.password", "credentials.password"});
  CHECK(paths({.key = "workers", .sections = {"sources", "zendesk", "zendesk"}, .trailing = "extract"}) ==
        List{"sources.zendesk.zendesk.extract.workers", "sources.zendesk.extract.workers", "sources.extract.workers",
             "extract.workers"});
}

TEST_CASE("The innermost nested field takes the place of the trailing section") {
  CHECK(paths({.key = "k", .sections = {"a"}, .embedded = {"outer", "inner"}, .trailing = "t"}) ==
        List{"a.outer.inner.k", "a.inner.k", "inner.k"});
  CHECK(paths({.key = "k", .sections = {"a"}, .embedded = {"_hidden"}, .trailing = "t"}) == List{"a.t.k", "t.k"});
}

TEST_CASE("Without sections only the exact path is looked at") {
  CHECK(paths({.key = "sources.github.token"}) == List{"sources.github.token"});
  CHECK(paths({.key = "credentials.password", .sections = {"destination"}}) ==
        List{"destination.credentials.password", "credentials.password"});
}

TEST_CASE("A path is spelled for each place") {
  const KeyPath path = KeyPath::from_dotted("sources.my-shop.api_key");
  CHECK(path.environment_name() == "SOURCES__MY-SHOP__API_KEY");
  CHECK(path.section() == "sources.my-shop");
  CHECK(path.key() == "api_key");
  CHECK(with_prefix("p", path).dotted() == "p.sources.my-shop.api_key");
  CHECK(KeyPath::from_dotted("k").section() == "");
}
