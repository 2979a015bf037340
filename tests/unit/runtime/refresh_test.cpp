// Refresh and drop: what is taken out of schema and state, and what the destination is told.
#include "runtime/refresh.h"

#include "support/catch.h"

using namespace lode;

namespace {

using Names = std::vector<std::string>;

Table seen_table(Table table) {
  table.merge_column(Column("id", DataType::kBigint));
  table.set_seen_data();
  return table;
}

Table root(const std::string& name, const std::string& resource) {
  Table table = Table::root(name);
  table.props().set("resource", resource);
  return seen_table(std::move(table));
}

struct Shop {
  Schema schema{"shop"};
  PipelineState state{"shop"};
  Source source;

  Shop() {
    schema.add_table(root("orders", "orders"));
    schema.add_table(seen_table(Table::child("orders__items", "orders")));
    schema.add_table(root("users", "users"));
    schema.add_table(root("_lode_trace", "_lode_trace"));
    Table declared = Table::root("later");  // never had a row
    declared.merge_column(Column("id", DataType::kBigint));
    schema.add_table(std::move(declared));
    for (const char* name : {"orders", "users", "parents"}) state.resource_state("shop", name).set("cursor", 7);
    state.source_state("shop").set("token", "x");
    state.source_state("crm").set("token", "y");
    source.name = "shop";
    auto parents = resource("parents", false);
    auto orders = resource("orders", true);
    orders->data_from = parents;
    resource("users", false);
  }

  std::shared_ptr<Resource> resource(const std::string& name, bool selected) {
    auto made = std::make_shared<Resource>();
    made->name = name;
    made->selected = selected;
    source.resources.push_back(made);
    return made;
  }

  bool has_state(std::initializer_list<std::string_view> path) const {
    return state.document().find_path(path) != nullptr;
  }
  bool has_table(std::string_view name) const { return schema.find_table(name) != nullptr; }
};

}  // namespace

TEST_CASE("refresh: drop_data empties the chains of selected resources and forgets what they read from") {
  Shop shop;
  const TableCleanup cleanup = apply_refresh(Refresh::kDropData, shop.source, shop.schema, shop.state);
  CHECK(cleanup.emptied == Names{"orders", "orders__items"});
  CHECK(cleanup.dropped.empty());
  CHECK(shop.has_table("orders__items"));
  CHECK_FALSE(shop.has_state({"sources", "shop", "resources", "orders"}));
  CHECK_FALSE(shop.has_state({"sources", "shop", "resources", "parents"}));
  CHECK(shop.has_state({"sources", "shop", "resources", "users"}));
  CHECK(shop.has_state({"sources", "shop", "token"}));
}

TEST_CASE("refresh: drop_resources takes tables out of the schema, parents first in the list") {
  Shop shop;
  const TableCleanup cleanup = apply_refresh(Refresh::kDropResources, shop.source, shop.schema, shop.state);
  CHECK(cleanup.dropped == Names{"orders", "orders__items"});
  CHECK(cleanup.emptied.empty());
  CHECK_FALSE(shop.has_table("orders"));
  CHECK_FALSE(shop.has_table("orders__items"));
  CHECK(shop.has_table("users"));
  CHECK(shop.has_state({"sources", "shop", "token"}));
}

TEST_CASE("refresh: drop_sources leaves nothing of the source, and what lode writes itself") {
  Shop shop;
  const TableCleanup cleanup = apply_refresh(Refresh::kDropSources, shop.source, shop.schema, shop.state);
  CHECK(cleanup.dropped == Names{"orders", "orders__items", "users"});
  CHECK_FALSE(shop.has_table("later"));
  CHECK(shop.has_table("_lode_trace"));
  CHECK(shop.has_table("_dlt_loads"));
  CHECK_FALSE(shop.has_state({"sources", "shop"}));
  CHECK(shop.has_state({"sources", "crm", "token"}));
}

TEST_CASE("refresh: none changes nothing") {
  Shop shop;
  const std::string before = shop.schema.content_hash();
  CHECK(apply_refresh(Refresh::kNone, shop.source, shop.schema, shop.state).empty());
  CHECK(shop.schema.content_hash() == before);
  CHECK(shop.has_state({"sources", "shop", "resources", "orders"}));
}

TEST_CASE("refresh: words") {
  for (const Refresh refresh : {Refresh::kDropSources, Refresh::kDropResources, Refresh::kDropData}) {
    CHECK(refresh_from_name(refresh_name(refresh)) == refresh);
  }
  CHECK_FALSE(refresh_from_name("").has_value());
  CHECK_FALSE(refresh_from_name("drop").has_value());
}

TEST_CASE("drop: by name and by pattern, tables and state") {
  Shop shop;
  DropRequest request;
  request.resources = {"re:^ord", "nobody"};
  const DropResult result = apply_drop(request, "shop", shop.schema, shop.state).value();
  CHECK(result.resources == Names{"orders"});
  CHECK(result.cleanup.dropped == Names{"orders", "orders__items"});
  CHECK(result.state_paths == Names{"sources.shop.resources.orders"});
  CHECK(result.unmatched == Names{"nobody"});
  CHECK_FALSE(shop.has_table("orders"));
  CHECK(shop.has_table("users"));
}

TEST_CASE("drop: all, but of the state only") {
  Shop shop;
  DropRequest request;
  request.all = true;
  request.state_only = true;
  const DropResult result = apply_drop(request, "shop", shop.schema, shop.state).value();
  CHECK(result.cleanup.empty());
  CHECK(result.state_paths.size() == 3);
  CHECK(shop.has_table("orders"));
  CHECK(shop.has_state({"sources", "shop", "token"}));
}

TEST_CASE("drop: paths in the state, with any key and with keys that have dots") {
  Shop shop;
  shop.state.resource_state("shop", "users")["incremental"].set("a.b", 1);
  DropRequest request;
  request.state_paths = {"$.resources.*.cursor", "resources.users.incremental['a.b']", "no.such"};
  const DropResult result = apply_drop(request, "shop", shop.schema, shop.state).value();
  CHECK(result.state_paths.size() == 4);
  CHECK(result.unmatched == Names{"no.such"});
  CHECK_FALSE(shop.has_state({"sources", "shop", "resources", "users", "cursor"}));
  CHECK_FALSE(shop.has_state({"sources", "shop", "resources", "users", "incremental", "a.b"}));
  CHECK(shop.has_state({"sources", "crm", "token"}));
}

TEST_CASE("drop: nothing asked for is nothing done; a broken pattern is an error") {
  Shop shop;
  CHECK(apply_drop({}, "shop", shop.schema, shop.state).value().empty());
  DropRequest request;
  request.resources = {"re:("};
  CHECK(apply_drop(request, "shop", shop.schema, shop.state).status().code() == Code::kUsage);
}
