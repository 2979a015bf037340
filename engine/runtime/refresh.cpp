// Refresh: what a pipeline forgets before it loads anew.
#include "runtime/refresh.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "schema/simple_regex.h"

namespace lode {
namespace {

using json::Value;

// Root tables of the resources and all that is nested in them, parents first.
std::vector<const Table*> tables_of(const Schema& schema, const std::set<std::string>& resources) {
  std::vector<const Table*> tables;
  for (const Table* table : schema.data_tables()) {
    if (!table->parent().empty() || resources.count(table->resource()) == 0) continue;
    for (const Table* member : schema.chain(table->name())) tables.push_back(member);
  }
  return tables;
}

std::vector<std::string> seen(const std::vector<const Table*>& tables) {
  std::vector<std::string> names;
  for (const Table* table : tables) {
    if (table->seen_data()) names.push_back(table->name());
  }
  return names;
}

std::vector<std::string> take_out(Schema& schema, const std::vector<const Table*>& tables) {
  const std::vector<std::string> dropped = seen(tables);
  std::vector<std::string> names;
  for (const Table* table : tables) names.push_back(table->name());
  for (const std::string& name : names) schema.erase_table(name);
  return dropped;
}

// What lode writes of its own, traces and rows in quarantine, belongs to no source.
bool is_own(std::string_view resource) { return resource.starts_with("_lode_"); }

std::set<std::string> all_resources(const Schema& schema) {
  std::set<std::string> names;
  for (const Table* table : schema.data_tables()) {
    if (table->parent().empty() && !is_own(table->resource())) names.insert(table->resource());
  }
  return names;
}

Value* resource_states(PipelineState& state, std::string_view source) {
  Value* sources = state.document().find("sources");
  Value* found = sources != nullptr ? sources->find(source) : nullptr;
  return found != nullptr ? found->find("resources") : nullptr;
}

bool forget_resource(PipelineState& state, std::string_view source, const std::string& resource) {
  Value* states = resource_states(state, source);
  return states != nullptr && states->is_object() && states->erase(resource);
}

// "a.b", "a['b.c'].*", with or without "$." in front: keys, "*" for any.
std::vector<std::string> path_keys(std::string_view path) {
  std::vector<std::string> keys;
  std::string key;
  if (path.starts_with("$")) path.remove_prefix(1);
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool opens = path.substr(i).starts_with("['");
    if (path[i] != '.' && !opens) {
      key += path[i];
      continue;
    }
    if (!key.empty()) keys.push_back(std::exchange(key, ""));
    const std::size_t end = opens ? path.find("']", i) : std::string_view::npos;
    if (end == std::string_view::npos) continue;
    keys.emplace_back(path.substr(i + 2, end - i - 2));
    i = end + 1;
  }
  if (!key.empty()) keys.push_back(std::move(key));
  return keys;
}

// Takes away what `keys` from `at` lead to; the places go to `removed`.
void erase_path(Value& value, const std::vector<std::string>& keys, std::size_t at, const std::string& place,
                std::vector<std::string>& removed) {
  if (!value.is_object()) return;
  std::vector<std::string> names;
  for (const auto& [name, member] : value.members()) {
    if (keys[at] == "*" || keys[at] == name) names.push_back(name);
  }
  for (const std::string& name : names) {
    const std::string there = place + "." + name;
    if (at + 1 < keys.size()) {
      erase_path(*value.find(name), keys, at + 1, there, removed);
    } else {
      value.erase(name);
      removed.push_back(there);
    }
  }
}

Result<std::set<std::string>> matching(const DropRequest& request, const std::set<std::string>& known,
                                       std::vector<std::string>& unmatched) {
  if (request.all) return known;
  std::set<std::string> found;
  for (const std::string& pattern : request.resources) {
    Result<SimpleRegex> compiled = SimpleRegex::compile(pattern);
    if (!compiled.ok()) return Status::error(Code::kUsage, compiled.status().message());
    const std::size_t before = found.size();
    bool any = false;
    for (const std::string& name : known) {
      if (!compiled->matches(name)) continue;
      found.insert(name);
      any = true;
    }
    if (!any && found.size() == before) unmatched.push_back(pattern);
  }
  return found;
}

}  // namespace

std::optional<Refresh> refresh_from_name(std::string_view name) {
  for (const Refresh refresh : {Refresh::kDropSources, Refresh::kDropResources, Refresh::kDropData}) {
    if (name == refresh_name(refresh)) return refresh;
  }
  return std::nullopt;
}

std::string_view refresh_name(Refresh refresh) {
  switch (refresh) {
    case Refresh::kDropSources:
      return "drop_sources";
    case Refresh::kDropResources:
      return "drop_resources";
    case Refresh::kDropData:
      return "drop_data";
    case Refresh::kNone:
      break;
  }
  return "";
}

TableCleanup apply_refresh(Refresh refresh, const Source& source, Schema& schema, PipelineState& state) {
  if (refresh == Refresh::kNone) return {};
  std::set<std::string> selected;
  std::set<std::string> read;
  for (const auto& resource : source.resources) {
    if (!resource->selected) continue;
    selected.insert(resource->name);
    for (const Resource* from = resource.get(); from != nullptr; from = from->data_from.get()) read.insert(from->name);
  }
  TableCleanup cleanup;
  if (refresh == Refresh::kDropSources) {
    if (Value* sources = state.document().find("sources"); sources != nullptr && sources->is_object()) {
      sources->erase(source.name);
    }
    cleanup.dropped = take_out(schema, tables_of(schema, all_resources(schema)));
    return cleanup;
  }
  for (const std::string& name : read) forget_resource(state, source.name, name);
  const std::vector<const Table*> tables = tables_of(schema, selected);
  if (refresh == Refresh::kDropData) {
    cleanup.emptied = seen(tables);
  } else {
    cleanup.dropped = take_out(schema, tables);
  }
  return cleanup;
}

Result<DropResult> apply_drop(const DropRequest& request, std::string_view source, Schema& schema,
                              PipelineState& state) {
  DropResult result;
  std::set<std::string> known = all_resources(schema);
  if (const Value* states = resource_states(state, source); states != nullptr && states->is_object()) {
    for (const auto& [name, member] : states->members()) known.insert(name);
  }
  LODE_ASSIGN(const std::set<std::string> resources, matching(request, known, result.unmatched));
  for (const std::string& name : resources) {
    result.resources.push_back(name);
    if (forget_resource(state, source, name)) {
      result.state_paths.push_back(fmt::format("sources.{}.resources.{}", source, name));
    }
  }
  if (!request.state_only) result.cleanup.dropped = take_out(schema, tables_of(schema, resources));
  for (const std::string& path : request.state_paths) {
    const std::vector<std::string> keys = path_keys(path);
    const std::size_t before = result.state_paths.size();
    Value* sources = state.document().find("sources");
    Value* own = sources != nullptr ? sources->find(source) : nullptr;
    if (own != nullptr && !keys.empty()) {
      erase_path(*own, keys, 0, fmt::format("sources.{}", source), result.state_paths);
    }
    if (result.state_paths.size() == before) result.unmatched.push_back(path);
  }
  return result;
}

}  // namespace lode
