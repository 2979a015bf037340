// Placeholders of statements: which characters are some, and which number each gets.
#include "sql/placeholders.h"

#include "support/catch.h"

using namespace lode;

namespace {

std::string in(const Dialect& dialect, std::string_view sql, std::size_t count, std::size_t first = 1) {
  const Result<std::string> numbered = number_placeholders(dialect, sql, count, first);
  return numbered.ok() ? *numbered : std::string(code_name(numbered.status().code()));
}

std::string sqlite(std::string_view sql, std::size_t count) { return in(sqlite_dialect(), sql, count); }
std::string postgres(std::string_view sql, std::size_t count) { return in(postgres_dialect(), sql, count); }

}  // namespace

TEST_CASE("placeholders are written alike for all databases") {
  CHECK(sqlite("a = ? AND b = ?", 2) == "a = ?1 AND b = ?2");
  CHECK(postgres("a = ? AND b = ?", 2) == "a = $1 AND b = $2");
  CHECK(sqlite("a = $2 AND b = $1 OR c = $2", 2) == "a = ?2 AND b = ?1 OR c = ?2");
  CHECK(postgres("a = ?2 AND b = $1", 2) == "a = $2 AND b = $1");
  CHECK(in(postgres_dialect(), "a = ? AND b = ?", 2, 4) == "a = $4 AND b = $5");
  CHECK(in(sqlite_dialect(), "a = $1", 1, 7) == "a = ?7");
  CHECK(sqlite("?", 1) == "?1");
  CHECK(postgres("a FROM b LIMIT?", 1) == "a FROM b LIMIT $1");
  CHECK(sqlite("SELECT 1", 0) == "SELECT 1");
}

TEST_CASE("what is inside of texts, names and comments is no placeholder") {
  for (const char* const sql :
       {"'?' = ", "'it''s ?' = ", "\"a?\" = ", "\"a\"\"?\" = ", "/* ? */ ", "-- ? $1\n", "a$1 = "}) {
    INFO(sql);
    CHECK(sqlite(std::string(sql) + "?", 1) == std::string(sql) + "?1");
    CHECK(postgres(std::string(sql) + "?", 1) == std::string(sql) + "$1");
  }
  CHECK(sqlite("`a?` = ? AND [b?] = ?", 2) == "`a?` = ?1 AND [b?] = ?2");
  CHECK(sqlite("/* /* ? */ = ?", 1) == "/* /* ? */ = ?1");  // SQLite's comments do not nest
  CHECK(postgres("/* /* ? */ ? */ ?", 1) == "/* /* ? */ ? */ $1");
  CHECK(postgres("$$ ? $1 $$ || ?", 1) == "$$ ? $1 $$ || $1");
  CHECK(postgres("$a$ ? $b$ $$ $a$ || ?", 1) == "$a$ ? $b$ $$ $a$ || $1");
  CHECK(postgres("E'it\\'s ?' || ?", 1) == "E'it\\'s ?' || $1");
  CHECK(postgres("name'\\' || ?", 1) == "name'\\' || $1");  // no E of its own: a backslash is a backslash
  CHECK(postgres("a[?]", 1) == "a[$1]");
}

TEST_CASE("what never ends has no placeholders behind its start") {
  for (const char* const open : {"'", "\"", "--", "/*"}) {
    const std::string sql = std::string("? ") + open + " ? $1";
    INFO(sql);
    CHECK(sqlite(sql, 1) == std::string("?1 ") + open + " ? $1");
    CHECK(postgres(sql, 1) == std::string("$1 ") + open + " ? $1");
  }
  CHECK(postgres("? $$ ?", 1) == "$1 $$ ?");
  CHECK(postgres("? E'\\", 1) == "$1 E'\\");
  CHECK(sqlite("? [ ?", 1) == "?1 [ ?");
}

TEST_CASE("a question mark can be an operator of PostgreSQL") {
  CHECK(postgres("tags ?? 'a' AND id = ?", 1) == "tags ? 'a' AND id = $1");
  CHECK(postgres("tags ? 'a' AND id = $1", 1) == "tags ? 'a' AND id = $1");
  CHECK(postgres("tags ? 'a'", 0) == "tags ? 'a'");
  CHECK(postgres("x::int = ?", 1) == "x::int = $1");
}

TEST_CASE("a statement takes as many parameters as there are") {
  CHECK(sqlite("a = ?", 0) == "query.parameters");
  CHECK(sqlite("a = ?", 2) == "query.parameters");
  CHECK(postgres("a = 1", 1) == "query.parameters");
  CHECK(sqlite("a = $3", 2) == "query.parameters");
  CHECK(sqlite("a = $1 AND b = ?", 2) == "query.parameters");
  CHECK(sqlite("a = $0", 1) == "query.parameters");
  CHECK(sqlite("a = ?99999999999999999999999", 1) == "query.parameters");
}
