// The normalizer's behaviours one by one: flattening, ids, fast path, errors. What dlt does in all combinations is in
// tests/golden/normalize.
#include <random>

#include "base/digest.h"
#include "base/ids.h"
#include "json/parse.h"
#include "json/write.h"
#include "normalize/core.h"
#include "schema/hints.h"
#include "support/catch.h"
#include "support/memory_sink.h"
#include "support/normalize_case.h"

using namespace lode;

namespace {

// One normalizer with its schema, fed with pages in JSON.
struct Run {
  explicit Run(NormalizerOptions options = {.load_id = "17.5"})
      : core(*Naming::make("snake_case", 0), schema, sink, std::move(options)) {}

  Status try_add(std::string_view rows, std::string_view table = "t") {
    const auto document = json::Parser(json::Typing::kTyped).parse(std::string(rows));
    REQUIRE(document.ok());
    return core.add(table, rows_of(*document, (*document)->root(0)));
  }
  void add(std::string_view rows, std::string_view table = "t") {
    const Status status = try_add(rows, table);
    INFO(status.render());
    REQUIRE(status.ok());
  }
  std::string columns(std::string_view table) const {
    std::string out;
    const Table* found = schema.find_table(table);
    if (found == nullptr) return "no table";
    for (const Column& column : found->columns()) out += (out.empty() ? "" : " ") + column.name();
    return out;
  }
  std::string type(std::string_view table, std::string_view column) const {
    const Column* found = schema.find_table(table) == nullptr ? nullptr : schema.find_table(table)->find(column);
    return found == nullptr ? "no column" : std::string(type_name(found->type()));
  }
  /// A row without the engine's columns.
  std::string row(std::string_view table, std::size_t index) const {
    json::Value row = sink.find(table)->rows.at(index);
    std::erase_if(row.members(), [](const json::Value::Member& member) { return is_dlt_name(member.first); });
    return json::write(row, {.sort_keys = true});
  }
  std::string text(std::string_view table, std::size_t index, std::string_view column) const {
    return sink.find(table)->rows.at(index).text_or(column, "none");
  }

  Schema schema{"s"};
  MemorySink sink;
  NormalizerCore core;
};

std::string row_id_of(std::string_view hashed) {
  char id[kRowIdBytes];
  encode_row_id(shake_128(hashed, 10).data(), id);
  return std::string(id, sizeof id);
}

}  // namespace

TEST_CASE("objects are flattened after the fields beside them, the last one first") {
  Run run;
  run.add(R"([{"x":{"a":1,"n":{"p":1}},"y":2,"w":{"b":1},"v":3}])");
  CHECK(run.columns("t") == "y v w__b x__a x__n__p _dlt_load_id _dlt_id");
}

TEST_CASE("of values that meet in one column the last one stays, objects after fields") {
  Run run;
  run.add(R"([{"A b":1,"a_b":2,"aB":3}, {"a__b":1,"a":{"b":"x"}}])");
  CHECK(run.row("t", 0) == R"({"a_b":3})");
  CHECK(run.row("t", 1) == R"({"a__b":"x"})");
}

TEST_CASE("an object that repeats a key has its last value") {
  Run run;
  run.add(R"([{"a":1,"b":2}, {"a":1,"b":2,"a":3}, {"a":{"x":1},"b":2,"a":5}, {"a":7,"b":2,"a":null}])");
  CHECK(run.row("t", 1) == R"({"a":3,"b":2})");
  CHECK(run.row("t", 2) == R"({"a":5,"b":2})");
  CHECK(run.row("t", 3) == R"({"b":2})");
  CHECK(run.type("t", "a__x") == "no column");
}

TEST_CASE("lists become child tables that are linked by id and place") {
  Run run;
  run.add(R"([{"id":1,"items":[{"sku":"a"},{"sku":"b","tags":["x",null]}],"grid":[[1,2],[3]]}])");
  const std::string root = run.text("t", 0, "_dlt_id");
  CHECK(root.size() == 14);
  CHECK(run.text("t", 0, "_dlt_load_id") == "17.5");
  CHECK(run.text("t__items", 1, "_dlt_parent_id") == root);
  CHECK(run.sink.find("t__items")->rows[1].int_or("_dlt_list_idx", -1) == 1);
  CHECK(run.text("t__items", 1, "_dlt_id") == row_id_of(root + "_t__items_1"));
  CHECK(run.text("t__items__tags", 0, "_dlt_parent_id") == run.text("t__items", 1, "_dlt_id"));
  CHECK(run.row("t__items__tags", 0) == R"({"value":"x"})");
  CHECK(run.row("t__items__tags", 1) == "{}");
  CHECK(run.columns("t__grid") == "_dlt_parent_id _dlt_list_idx _dlt_id");
  CHECK(run.row("t__grid__list", 2) == R"({"value":3})");
  CHECK(run.schema.find_table("t__grid__list")->parent() == "t__grid");
}

TEST_CASE("long lists get the same ids as short ones") {
  Run run;
  std::string rows = "[{\"l\":[";
  for (int i = 0; i < 21; ++i) rows += (i > 0 ? "," : "") + std::to_string(i);
  run.add(rows + "]}]");
  const std::string root = run.text("t", 0, "_dlt_id");
  for (std::size_t i = 0; i < 21; ++i) {
    CHECK(run.text("t__l", i, "_dlt_id") == row_id_of(root + "_t__l_" + std::to_string(i)));
  }
}

TEST_CASE("empty objects and lists leave nothing, null neither") {
  Run run;
  run.add(R"([{"id":1,"o":{},"l":[],"n":null}])");
  CHECK(run.columns("t") == "id _dlt_load_id _dlt_id");
  CHECK(run.schema.find_table("t__l") == nullptr);
}

TEST_CASE("rows that are no objects are values") {
  Run run;
  run.add(R"([5, "x", [1, 2], null, {}])");
  CHECK(run.row("t", 0) == R"({"value":5})");
  CHECK(run.row("t", 1) == R"({"value__v_text":"x"})");
  CHECK(run.row("t", 2) == "{}");
  CHECK(run.row("t__value", 1) == R"({"value":2})");
  CHECK(run.sink.find("t")->rows.size() == 5);
}

TEST_CASE("a row that brings an id keeps it; a child is then not linked to its parent") {
  Run run;
  run.add(R"([{"_dlt_id":"mine","l":[{"a":1},{"a":2,"_dlt_id":"own"}]}])");
  CHECK(run.text("t", 0, "_dlt_id") == "mine");
  CHECK(run.text("t__l", 0, "_dlt_parent_id") == "mine");
  CHECK(run.text("t__l", 0, "_dlt_id") == row_id_of("mine_t__l_0"));
  CHECK(run.text("t__l", 1, "_dlt_id") == "own");
  CHECK(run.text("t__l", 1, "_dlt_parent_id") == "none");
}

TEST_CASE("a load id in the data is overwritten, an empty id replaced") {
  Run run;
  run.add(R"([{"_dlt_load_id":"theirs","_dlt_id":"","a":1}])");
  CHECK(run.text("t", 0, "_dlt_load_id") == "17.5");
  CHECK(run.text("t", 0, "_dlt_id").size() == 14);
}

TEST_CASE("descendants of merged rows carry the id of their root") {
  Run run;
  ResourceHints hints;
  hints.name = "t";
  hints.write_disposition = "merge";
  hints.primary_key = {"id"};
  REQUIRE(run.core.declare(hints).ok());
  const std::string page = R"([{"id":1,"l":[{"m":[1,2]},{"m":[3]}]},{"id":2,"l":[{"m":[4]}]}])";
  run.add(page);
  run.add(page);  // the fast path
  CHECK(run.core.slow_rows() < 12);
  const auto& rows = run.sink.find("t__l__m")->rows;
  REQUIRE(rows.size() == 8);
  for (const std::size_t i : {0u, 2u}) CHECK(rows[i].text_or("_dlt_root_id", "") == run.text("t", 0, "_dlt_id"));
  CHECK(rows[3].text_or("_dlt_root_id", "") == run.text("t", 1, "_dlt_id"));
  CHECK(rows[7].text_or("_dlt_root_id", "") == run.text("t", 3, "_dlt_id"));
  CHECK(run.columns("t__l") == "_dlt_root_id _dlt_parent_id _dlt_list_idx _dlt_id");
}

TEST_CASE("upserted rows have the hash of their key as id, slowly changing ones that of their content") {
  ResourceHints hints;
  hints.name = "t";
  hints.primary_key = {"id", "region"};
  SECTION("upsert") {
    Run run;
    hints.write_disposition = *json::parse_value(R"({"disposition":"merge","strategy":"upsert"})");
    REQUIRE(run.core.declare(hints).ok());
    run.add(R"([{"id":1,"region":"EU","v":1}])");
    run.add(R"([{"v":2,"region":"EU","id":1}])");
    CHECK(run.text("t", 0, "_dlt_id") == "fVPU5j0Cz7mOAA");
    CHECK(run.text("t", 1, "_dlt_id") == "fVPU5j0Cz7mOAA");
    const Status status = run.try_add(R"([{"id":1,"v":{"w":1}}])");
    CHECK(status.code() == Code::kNullViolation);
    CHECK(status.message() == "table 't': no value for primary key column 'region', which merge strategy upsert needs");
  }
  SECTION("scd2") {
    Run run;
    hints.primary_key.clear();
    hints.write_disposition = *json::parse_value(R"({"disposition":"merge","strategy":"scd2"})");
    REQUIRE(run.core.declare(hints).ok());
    run.add(R"([{"id":1,"v":{"k":[1,2]}}, {"b":[1,{"z":1,"a":null}],"a":"ż","_dlt_load_id":"x"}])");
    CHECK(run.text("t", 0, "_dlt_id") == "yaunaTJENkAq3Q");
    CHECK(run.text("t", 1, "_dlt_id") == "gO3ls/yd5MvnBQ");
    run.add(R"([5, {"value":5}])");  // a row that is no object is one with a value
    CHECK(run.text("t", 2, "_dlt_id") == run.text("t", 3, "_dlt_id"));
  }
}

TEST_CASE("nesting is limited by level; what is deeper stays as JSON") {
  const std::string page =
      R"([{"id":1,"a":{"b":1,"c":{"d":2}},"l":[{"x":1,"y":{"z":1},"m":[{"q":[1]}]}],"ll":[[1]],"s":[1,[2]]}])";
  const auto tables = [&](std::int64_t level) {
    Run run;
    ResourceHints hints;
    hints.name = "t";
    hints.max_table_nesting = level;
    REQUIRE(run.core.declare(hints).ok());
    run.add(page);
    std::string out;
    for (const Table* table : run.schema.data_tables()) {
      out += table->name() + "(";
      for (const Column& column : table->columns()) {
        if (!is_dlt_name(column.name())) out += column.name() + (column.type() == DataType::kJson ? "* " : " ");
      }
      out += ")";
    }
    return out;
  };
  CHECK(tables(0) == "t(id a* l* ll* s* )");
  CHECK(tables(1) == "t(id a__b a__c* )t__l(x y* m* )t__ll(list* )t__s(value list* )");
  CHECK(tables(2) == "t(id a__b a__c__d )t__l(x y__z )t__l__m(q* )t__ll(list* )t__s(value list* )");
  CHECK(tables(3) ==
        "t(id a__b a__c__d )t__l(x y__z )t__l__m()t__l__m__q(value )t__ll()t__ll__list(value )t__s(value "
        ")t__s__list(value )");
}

TEST_CASE("the first value decides a type, others become variants") {
  Run run;
  run.add(R"([{"v":1},{"v":1.5},{"v":"2"},{"v":"x"},{"v":true},{"v":2.0}])");
  CHECK(run.row("t", 0) == R"({"v":1})");
  CHECK(run.row("t", 1) == R"({"v__v_double":1.5})");
  CHECK(run.row("t", 2) == R"({"v":2})");
  CHECK(run.row("t", 3) == R"({"v__v_text":"x"})");
  CHECK(run.row("t", 4) == R"({"v__v_bool":true})");
  CHECK(run.row("t", 5) == R"({"v":2})");
}

TEST_CASE("a variant has the type that its first text looks like, and nothing catches what does not fit it") {
  Run run;
  run.add(R"([{"v":1},{"v":"2024-01-01T00:00:00Z"}])");
  CHECK(run.type("t", "v__v_text") == "timestamp");
  const Status status = run.try_add(R"([{"v":2},{"v":"abc"}])");
  CHECK(status.code() == Code::kCoercion);
  CHECK(status.render() ==
        "table 't': column 'v__v_text' is timestamp, and this text cannot be converted to it\n"
        "  value: \"abc\"\n"
        "  at: $[1].v\n"
        "  hint: convert the value in an :add_map, or declare the data_type that fits all values\n"
        "  [schema.cannot_coerce]");
}

TEST_CASE("variants of wei and of decimals are different columns, on the fast path too") {
  Run run;
  // Typed JSON: a time, then wei, then a decimal.
  run.add(
      "[{\"v\":\"\xEF\x80\xAD"
      "03:04:05\"}]");
  for (int i = 0; i < 2; ++i) {
    run.add(
        "[{\"v\":\"\xEF\x80\xAC"
        "7\"},{\"v\":\"\xEF\x80\xA6"
        "0.5\"}]");
  }
  CHECK(run.row("t", 3) == R"({"v__v_wei":"7"})");
  CHECK(run.row("t", 4) == R"({"v__v_decimal":"0.5"})");
}

TEST_CASE("a nested table that its contract forbids is left out by name only") {
  Run run;
  ResourceHints hints;
  hints.name = "t";
  NestedHints nested;
  nested.path = {"items"};
  nested.primary_key = {"id"};
  nested.schema_contract = "discard_value";
  hints.nested.push_back(nested);
  REQUIRE(run.core.declare(hints).ok());
  CHECK(run.schema.find_table("t__items") == nullptr);
  run.add(R"([{"items":[{"id":1}]}])");
  CHECK(run.schema.find_table("t__items")->parent() == "t");
  CHECK(run.row("t__items", 0) == R"({"id":1})");
}

TEST_CASE("a schema that asks for root keys gets them for the tables that it has") {
  Schema schema("s");
  schema.add_table(Table::root("a"));
  schema.normalizers()["json"]["config"].set("root_key_propagation", true);
  MemorySink sink;
  NormalizerCore core(*Naming::make("snake_case", 0), schema, sink, {.load_id = "1"});
  CHECK(schema.normalizers().find_path({"json", "config", "propagation", "tables", "a"}) != nullptr);
}

TEST_CASE("schemas of old engines do not split names of tables") {
  Schema schema("s");
  schema.normalizers().set("use_break_path_on_normalize", false);
  MemorySink sink;
  NormalizerCore core(*Naming::make("snake_case", 0), schema, sink, {.load_id = "1"});
  ResourceHints hints;
  hints.name = "my__table";
  hints.columns = *json::parse_value(R"({"id":{"data_type":"text"}})");
  REQUIRE(core.declare(hints).ok());
  const auto document = *json::Parser().parse(R"([{"id":1,"a__b":2}])");
  REQUIRE(core.add("my__table", rows_of(document, document->root(0))).ok());
  CHECK(schema.data_tables().size() == 1);
  CHECK(sink.find("my_table")->rows[0].text_or("id", "") == "1");
  CHECK(sink.find("my_table")->rows[0].int_or("a_b", 0) == 2);
}

TEST_CASE("values with types of their own keep them") {
  Run run;
  // Typed JSON: decimal, timestamp, date, time, bytes, wei; and an integer of 40 digits.
  run.add(
      "[{\"d\":\"\xEF\x80\xA6"
      "12.50\",\"ts\":\"\xEF\x80\xA7"
      "2024-01-02T03:04:05+00:00\",\"day\":\"\xEF\x80\xA8"
      "2024-01-02\","
      "\"t\":\"\xEF\x80\xAD"
      "03:04:05\",\"b\":\"\xEF\x80\xAB"
      "AAE=\",\"w\":\"\xEF\x80\xAC"
      "7\","
      "\"big\":123456789012345678901234567890,\"huge\":5789604461865809771178549250434395392660}]");
  CHECK(run.type("t", "d") == "decimal");
  CHECK(run.type("t", "ts") == "timestamp");
  CHECK(run.type("t", "day") == "date");
  CHECK(run.type("t", "t") == "time");
  CHECK(run.type("t", "b") == "binary");
  CHECK(run.type("t", "w") == "wei");
  CHECK(run.type("t", "big") == "wei");
  CHECK(run.type("t", "huge") == "text");
  run.add(R"([{"n":1},{"n":123456789012345678901234567890}])");
  CHECK(run.type("t", "n__v_wei") == "wei");
  CHECK(run.sink.find("t")->rows[2].find("n__v_wei")->as_text() == "123456789012345678901234567890");
}

TEST_CASE("rows of a known shape take the fast path, in any order of keys and with keys missing") {
  Run run;
  run.add(
      R"([{"id":1,"name":"a","at":"2024-01-02T03:04:05Z","o":{"x":1,"y":"s"},"l":[1,2],"n":null,"v":1},{"v":"text"}])");
  const std::uint64_t slow = run.core.slow_rows();
  run.add(R"([
    {"id":2,"name":"b","at":"2024-01-02","o":{"x":2,"y":"t"},"l":[3],"n":null,"v":7},
    {"v":"x","n":null,"l":[],"o":{"y":"u","x":3},"at":"1704164645","name":"c","id":3},
    {"id":4}, {}, {"o":{}}, {"l":[4,5,6]}, {"name":null}, {"id":"5","name":6}])");
  CHECK(run.core.slow_rows() == slow + 1);  // {"name":null}: null was new there; the rest is known
  CHECK(run.row("t", 2) == R"({"at":"2024-01-02T00:00:00+00:00","id":2,"name":"b","o__x":2,"o__y":"t","v":7})");
  CHECK(run.row("t", 3) ==
        R"({"at":"2024-01-02T03:04:05+00:00","id":3,"name":"c","o__x":3,"o__y":"u","v__v_text":"x"})");
  CHECK(run.row("t", 9) == R"({"id":5,"name":"6"})");
}

TEST_CASE("null in a column that must not be null is an error that names the place") {
  Run run;
  ResourceHints hints;
  hints.name = "t";
  hints.primary_key = {"id"};
  REQUIRE(run.core.declare(hints).ok());
  run.add(R"([{"id":1,"l":[{"a":1}]}])");
  const Status status = run.try_add(R"([{"id":2},{"id":null}])");
  CHECK(status.code() == Code::kNullViolation);
  CHECK(status.render() ==
        "table 't': column 'id' must not be null\n  value: null\n  at: $[1].id\n  [schema.null_in_required_column]");
}

TEST_CASE("errors inside lists name the whole path") {
  Run run;
  run.add(R"([{"a b":{"items":[{"v":1},{"v":"2024-01-01T00:00:00Z"}]}}])");
  const Status status = run.try_add(R"([{}, {"a b":{"items":[{"v":2},{"v":"abc"}]}}])");
  CHECK(status.render().find("at: $[1]['a b'].items[1].v") != std::string::npos);
}

TEST_CASE("a declared key that never has a value is an error at the end") {
  Run run;
  ResourceHints hints;
  hints.name = "t";
  hints.primary_key = {"uid"};
  REQUIRE(run.core.declare(hints).ok());
  run.add(R"([{"id":1}])");
  const Status status = run.core.finish();
  CHECK(status.code() == Code::kUnboundColumn);
  CHECK(status.message() == "table 't': primary key column 'uid' was declared, but no row has a value for it");
}

TEST_CASE("finish marks tables that have rows and warns of columns without a value") {
  Run run;
  run.add(R"([{"id":1,"never":null,"sometimes":null},{"sometimes":2}])");
  REQUIRE(run.core.finish().ok());
  CHECK(run.schema.find_table("t")->seen_data());
  REQUIRE(run.core.warnings().size() == 1);
  CHECK(run.core.warnings()[0] ==
        "table 't': column 'never' has no value in any row, so it has no type and is left out");
}

TEST_CASE("a table may not have more columns than the destination allows") {
  Run run({.load_id = "1", .columns_max = 10});
  run.add(R"([{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1}])");
  const Status status = run.try_add(R"([{"a":1},{"i":1}])");
  CHECK(status.code() == Code::kTooManyColumns);
  CHECK(status.message() == "table 't': more than the 10 columns that the destination allows");
  CHECK(status.render().find("first column too many: i\n  at: $[1]") != std::string::npos);
}

TEST_CASE("contracts: a frozen column names the value; discarded ones are left out on both paths") {
  Run run;
  ResourceHints hints;
  hints.name = "t";
  SECTION("freeze") {
    hints.schema_contract = "freeze";
    run.add(R"([{"id":1}])");
    run.schema.find_table("t")->props().set("schema_contract", "freeze");
    const Status status = run.try_add(R"([{"id":2},{"id":3,"o":{"new":"x"}}])");
    CHECK(status.code() == Code::kContractViolated);
    CHECK(status.render() ==
          "schema 's': table 't': column 'o__new' is new\n"
          "  schema_contract.columns = \"freeze\"\n"
          "  value: \"x\"\n"
          "  at: $[1].o.new\n"
          "  hint: remove the field in an :add_map, or allow it with columns = \"evolve\"\n"
          "  [schema.contract_violated]");
  }
  SECTION("discard_value") {
    run.add(R"([{"id":1}])");
    run.schema.find_table("t")->props().set("schema_contract", "discard_value");
    const std::string page = R"([{"id":2,"new":1},{"id":"x"},{"id":3,"new":2,"l":[1]}])";
    run.add(page);
    run.add(page);
    const std::uint64_t slow = run.core.slow_rows();
    run.add(page);
    CHECK(run.core.slow_rows() == slow);
    CHECK(run.row("t", 7) == R"({"id":2})");
    CHECK(run.row("t", 8) == "{}");
    CHECK(run.row("t", 9) == R"({"id":3})");
    CHECK(run.sink.find("t__l")->rows.empty());
  }
  SECTION("discard_row") {
    run.add(R"([{"id":1}])");
    run.schema.find_table("t")->props().set("schema_contract", *json::parse_value(R"({"columns":"discard_row"})"));
    run.add(R"([{"id":2,"new":1,"l":[1]},{"id":3,"l":[1]},{"id":4,"new":null}])");
    CHECK(run.sink.find("t")->rows.size() == 2);
    CHECK(run.sink.find("t__l")->rows.size() == 1);
  }
}

TEST_CASE("a change of the schema between pages is noticed") {
  Run run;
  run.add(R"([{"id":1,"doc":{"a":1}}])");
  Table partial("t");
  partial.merge_column(Column("doc", DataType::kJson));
  run.schema.merge(partial);
  run.add(R"([{"id":2,"doc":{"a":1}}])");
  CHECK(run.row("t", 1) == R"({"doc":"{\"a\":1}","id":2})");
  run.schema.settings()["preferred_types"].set("price", "decimal");
  run.add(R"([{"price":1.50}])");
  CHECK(run.type("t", "price") == "decimal");
}

TEST_CASE("lists of a table that stands by itself get load ids and no parents") {
  Run run;
  run.schema.add_table(Table::root("t__items"));
  run.add(R"([{"id":1,"items":[{"a":1,"l":[2]}]}])");
  CHECK(run.columns("t__items") == "a _dlt_load_id _dlt_id");
  CHECK(run.schema.find_table("t__items__l")->parent() == "t__items");
}

TEST_CASE("old row filters drop fields, and rows that they empty") {
  Run run;
  Table table = Table::root("t");
  table.props().set(
      "filters", *json::parse_value(R"({"excludes":["re:^secret","re:^items__card"],"includes":["re:^secret_ok"]})"));
  run.schema.add_table(table);
  run.add(R"([{"id":1,"secret":2,"secret_ok":3,"items":[{"card":1,"sku":2}]}])");
  CHECK(run.row("t", 0) == R"({"id":1,"secret_ok":3})");
  CHECK(run.row("t__items", 0) == R"({"sku":2})");
}

TEST_CASE("changes tell what a run added, declared columns too") {
  Run run;
  run.add(R"([{"id":1,"l":[1]}])");
  run.add(R"([{"id":1,"more":1}])");
  ResourceHints hints;
  hints.name = "u";
  hints.columns = *json::parse_value(R"({"price":{"data_type":"decimal"}})");
  REQUIRE(run.core.declare(hints).ok());
  CHECK(run.core.changes().tables.size() == 2);
  run.add(R"([{"price":1}])", "u");
  const SchemaChange& changes = run.core.changes();
  REQUIRE(changes.tables.size() == 3);
  CHECK(changes.tables[0].table == "t");
  CHECK(changes.tables[0].is_new);
  CHECK(changes.tables[0].columns.back().name() == "more");
  CHECK(changes.tables[1].table == "t__l");
  CHECK(changes.tables[1].is_new);
  CHECK(changes.tables[2].is_new);
  CHECK(changes.tables[2].columns.front().name() == "price");
}
