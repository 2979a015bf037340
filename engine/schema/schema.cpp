// Schema: the tables of one source, as dlt stores them.
#include "schema/schema.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"
#include "json/write.h"
#include "schema/migrations.h"
#include "schema/system_tables.h"

namespace lode {
namespace {

using json::Value;

constexpr std::size_t kPreviousHashesMax = 10;

Value names(std::initializer_list<std::string_view> list) {
  Value out = Value::list();
  for (const std::string_view name : list) out.push_back(name);
  return out;
}

Value default_settings() {
  Value settings = Value::object();
  settings.set("detections", names({"iso_timestamp"}));
  Value hints = Value::object();
  hints.set("not_null", names({kIdColumn, kRootIdColumn, kParentIdColumn, kListIndexColumn, kLoadIdColumn}));
  hints.set("parent_key", names({kParentIdColumn}));
  hints.set("root_key", names({kRootIdColumn}));
  hints.set("unique", names({kIdColumn}));
  hints.set("row_key", names({kIdColumn}));
  settings.set("default_hints", std::move(hints));
  return settings;
}

Value default_normalizers(std::string_view naming) {
  Value normalizers = Value::object();
  normalizers.set("names", naming);
  normalizers["json"].set("module", "dlt.common.normalizers.json.relational");
  return normalizers;
}

bool is_known_key(std::string_view key) {
  constexpr std::string_view kKnown[] = {"version", "version_hash", "engine_version", "name",
                                         "tables",  "settings",     "normalizers",    "previous_hashes"};
  return std::find(std::begin(kKnown), std::end(kKnown), key) != std::end(kKnown);
}

}  // namespace

bool is_dlt_name(std::string_view name) { return name.starts_with("_dlt"); }

Schema::Schema(std::string name, std::string_view naming)
    : name_(std::move(name)), settings_(default_settings()), normalizers_(default_normalizers(naming)) {
  add_table(version_table());
  add_table(loads_table());
}

Result<Schema> Schema::from_json(const Value& stored) {
  const auto bad = [](std::string what) { return Status::error(Code::kSchemaInvalid, std::move(what)); };
  if (!stored.is_object() || stored.text_or("name", "").empty())
    return bad("a stored schema must be an object with a name");
  Value migrated = stored;
  LODE_TRY(migrate_stored_schema(migrated));
  Schema schema;
  schema.name_ = migrated.text_or("name", "");
  schema.version_ = migrated.int_or("version", 1);
  schema.version_hash_ = migrated.text_or("version_hash", "");
  for (const auto& [name, table] : migrated.find("tables")->members()) {
    Result<Table> read = Table::from_json(name, table);
    if (!read) return std::move(read).status().about(fmt::format("schema '{}'", schema.name_));
    if (read->parent().empty()) {
      if (read->props().find("write_disposition") == nullptr) read->props().set("write_disposition", "append");
      if (read->props().find("resource") == nullptr) read->props().set("resource", name);
    }
    schema.add_table(std::move(*read));
  }
  LODE_TRY(schema.check_parents());
  if (const Value* hashes = migrated.find("previous_hashes"); hashes != nullptr && hashes->is_list()) {
    for (const Value& hash : hashes->items()) schema.previous_hashes_.push_back(hash.is_text() ? hash.as_text() : "");
  }
  if (const Value* settings = migrated.find("settings")) schema.settings_ = *settings;
  if (!schema.settings_.is_object()) schema.settings_ = Value::object();
  if (const Value* normalizers = migrated.find("normalizers")) schema.normalizers_ = *normalizers;
  if (!schema.normalizers_.is_object()) schema.normalizers_ = default_normalizers("snake_case");
  for (const auto& [key, value] : migrated.members()) {
    if (!is_known_key(key)) schema.extra_.set(key, value);
  }
  schema.bump();
  return schema;
}

// Every parent is there, and following parents ends.
Status Schema::check_parents() const {
  for (const Table& table : tables_) {
    const Table* at = &table;
    for (std::size_t steps = 0; !at->parent().empty(); ++steps) {
      const Table* above = find_table(at->parent());
      if (above == nullptr || steps > tables_.size()) {
        return Status::error(
            Code::kSchemaInvalid,
            fmt::format("schema '{}': table '{}' names a parent '{}' that {}", name_, at->name(), at->parent(),
                        above == nullptr ? "is not there" : "has it among its own parents"));
      }
      at = above;
    }
  }
  return Status();
}

// Everything that the hash covers.
Value Schema::content() const {
  Value out = Value::object();
  out.set("engine_version", kSchemaEngineVersion);
  out.set("name", name_);
  std::vector<Value::Member> tables;
  tables.reserve(tables_.size());
  for (const Table& table : tables_) tables.emplace_back(table.name(), table.to_json());
  out.set("tables", Value::object(std::move(tables)));
  out.set("settings", settings_);
  out.set("normalizers", normalizers_);
  for (const auto& [key, value] : extra_.members()) {
    if (key != "imported_version_hash") out.set(key, value);
  }
  return out;
}

Value Schema::to_json() const {
  Value out = Value::object();
  out.set("version", version_);
  out.set("version_hash", version_hash_.empty() ? Value() : Value(version_hash_));
  Value content = this->content();
  Value hashes = Value::list();
  for (const std::string& hash : previous_hashes_) hashes.push_back(hash);
  for (auto& [key, value] : content.members()) {
    out.set(key, std::move(value));
    if (key == "normalizers") out.set("previous_hashes", std::move(hashes));
  }
  if (const Value* imported = extra_.find("imported_version_hash")) out.set("imported_version_hash", *imported);
  return out;
}

std::string Schema::content_hash() const {
  // The order of tables does not matter, that of columns does: it is the order that databases see.
  std::string bytes = json::write(content(), {.sort_keys = true});
  std::vector<const Table*> sorted;
  for (const Table& table : tables_) sorted.push_back(&table);
  std::sort(sorted.begin(), sorted.end(), [](const Table* a, const Table* b) { return a->name() < b->name(); });
  for (const Table* table : sorted) {
    bytes += table->name();
    for (const Column& column : table->columns()) bytes += column.name();
  }
  return base64_encode(sha3_256(bytes));
}

bool Schema::bump() {
  std::string hash = content_hash();
  if (hash == version_hash_) return false;
  if (!version_hash_.empty()) {
    ++version_;
    remember_hash(version_hash_);
  }
  version_hash_ = std::move(hash);
  ++revision_;
  return true;
}

void Schema::remember_hash(const std::string& hash) {
  if (std::find(previous_hashes_.begin(), previous_hashes_.end(), hash) != previous_hashes_.end()) return;
  previous_hashes_.insert(previous_hashes_.begin(), hash);
  if (previous_hashes_.size() > kPreviousHashesMax) previous_hashes_.resize(kPreviousHashesMax);
}

void Schema::set_imported_version_hash(std::string_view hash) { extra_.set("imported_version_hash", hash); }

void Schema::replace_content(Schema other) {
  const std::string former = content_hash();
  const std::uint64_t revision = revision_ + 1;
  if (former != other.version_hash_) other.remember_hash(former);
  *this = std::move(other);
  revision_ = revision;
}

Schema Schema::without_processing_hints() const {
  Schema copy = *this;
  for (Table& table : copy.tables_) {
    for (const std::string_view hint : {"x-normalizer", "x-loader", "x-extractor"}) table.props().erase(hint);
    for (const Column& column : table.columns()) table.find(column.name())->erase("x-normalizer");
  }
  copy.bump();
  return copy;
}

const Table* Schema::find_table(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &tables_[found->second];
}

Table* Schema::find_table(std::string_view name) {
  const auto found = index_.find(name);
  if (found == index_.end()) return nullptr;
  ++revision_;
  return &tables_[found->second];
}

Table& Schema::add_table(Table table) {
  const bool is_new = index_.emplace(table.name(), tables_.size()).second;
  LODE_ASSERT(is_new);
  ++revision_;
  tables_.push_back(std::move(table));
  return tables_.back();
}

void Schema::rebuild_index() {
  index_.clear();
  for (std::size_t i = 0; i < tables_.size(); ++i) index_.emplace(tables_[i].name(), i);
}

void Schema::erase_table(std::string_view name) {
  const auto found = index_.find(name);
  if (found == index_.end()) return;
  tables_.erase(tables_.begin() + static_cast<std::ptrdiff_t>(found->second));
  rebuild_index();
  ++revision_;
  // A root key that is passed on to children that no longer exist would come back with the table.
  Value* config = normalizers_.find("json");
  config = config == nullptr ? nullptr : config->find("config");
  Value* propagation = config == nullptr ? nullptr : config->find("propagation");
  if (Value* tables = propagation == nullptr ? nullptr : propagation->find("tables")) tables->erase(name);
}

SchemaChange::TableChange Schema::merge(Table partial, bool replace_compound) {
  SchemaChange::TableChange change;
  change.table = partial.name();
  Table* existing = find_table(partial.name());
  change.is_new = existing == nullptr;
  if (existing == nullptr) existing = &add_table(Table(partial.name()));
  std::vector<std::string> added;
  for (const Column& column : partial.columns()) {
    const Column* known = existing->find(column.name());
    if (known == nullptr || (!known->complete() && column.complete())) added.push_back(column.name());
  }
  existing->merge(std::move(partial), replace_compound);
  for (const std::string& name : added) change.columns.push_back(*existing->find(name));
  return change;
}

Status Schema::check_merge(const Table& partial) const {
  const Table* existing = find_table(partial.name());
  const auto bad = [&](std::string what) {
    return Status::error(Code::kSchemaInvalid, fmt::format("schema '{}': table '{}': {}", name_, partial.name(), what));
  };
  if (const std::string parent = partial.parent(); !parent.empty() && find_table(parent) == nullptr) {
    return bad(fmt::format("its parent '{}' is not in the schema", parent))
        .hint("declare hints for every table in between, also empty ones");
  }
  if (existing == nullptr) return Status();
  if (existing->parent() != partial.parent()) {
    return bad(fmt::format("its parent is '{}', not '{}'", existing->parent(), partial.parent()));
  }
  if (!existing->parent().empty() && !partial.resource().empty()) {
    return bad(fmt::format("it belongs to table '{}', so it cannot be the table of resource '{}' too",
                           existing->parent(), partial.resource()));
  }
  return Status();
}

std::vector<const Table*> Schema::chain(std::string_view root_table) const {
  std::vector<const Table*> chain;
  const Table* root = find_table(root_table);
  if (root == nullptr) return chain;
  chain.push_back(root);
  for (const Table& table : tables_) {
    if (table.parent() != root_table) continue;
    for (const Table* descendant : this->chain(table.name())) chain.push_back(descendant);
  }
  return chain;
}

const Table& Schema::root_of(const Table& table) const {
  const Table* at = &table;
  // A schema from elsewhere may have a circle of parents; more steps than tables prove one.
  for (std::size_t steps = 0; steps < tables_.size(); ++steps) {
    const std::string parent = at->parent();
    const Table* above = parent.empty() ? nullptr : find_table(parent);
    if (above == nullptr) break;
    at = above;
  }
  return *at;
}

const Value* Schema::inherited(const Table& table, std::string_view property) const {
  const Table* at = &table;
  for (std::size_t steps = 0; at != nullptr && steps <= tables_.size(); ++steps) {
    if (const Value* value = at->props().find(property)) return value;
    const std::string parent = at->parent();
    at = parent.empty() ? nullptr : find_table(parent);
  }
  return nullptr;
}

WriteDisposition Schema::disposition(const Table& table) const {
  const Value* value = inherited(table, "write_disposition");
  if (value == nullptr || !value->is_text()) return WriteDisposition::kAppend;
  return disposition_from_name(value->as_text()).value_or(WriteDisposition::kAppend);
}

std::vector<const Table*> Schema::data_tables() const {
  std::vector<const Table*> tables;
  for (const Table& table : tables_) {
    if (!is_dlt_name(table.name()) && table.has_complete_column()) tables.push_back(&table);
  }
  return tables;
}

}  // namespace lode
