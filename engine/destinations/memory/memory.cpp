// Memory as a destination.
#include "destinations/memory/memory.h"

#include <algorithm>
#include <set>

#include "format/row_file.h"

namespace lode {
namespace {

class MemoryDestination : public Destination {
 public:
  MemoryDestination(std::shared_ptr<MemoryStore> store, Env& env) : store_(std::move(store)), env_(env) {
    capabilities_.loads_while_extracting = true;
    capabilities_.merge_strategies = {};
  }

  const Capabilities& capabilities() const override { return capabilities_; }
  std::string display() const override { return "memory"; }
  std::string_view dlt_type() const override { return "lode.destinations.memory"; }
  Status connect() override { return {}; }
  void close() noexcept override { rollback(); }

  Result<std::optional<PipelineState>> saved_state(std::string_view pipeline) override {
    std::string newest;
    std::string blob;
    for (const json::Value& row : (*store_)[std::string(kStateTable)]) {
      const std::string load_id = row.text_or("_dlt_load_id", "");
      if (row.text_or("pipeline_name", "") != pipeline || load_id <= newest) continue;
      newest = load_id;
      blob = row.text_or("state", "");
    }
    if (newest.empty()) return std::optional<PipelineState>();
    LODE_ASSIGN(PipelineState state, PipelineState::from_blob(blob));
    return std::optional<PipelineState>(std::move(state));
  }
  Result<std::optional<Schema>> saved_schema(std::string_view name) override {
    std::vector<json::Value>& versions = (*store_)[std::string(kVersionTable)];
    const auto newest = std::find_if(versions.rbegin(), versions.rend(),
                                     [&](const json::Value& row) { return row.text_or("schema_name", "") == name; });
    if (newest == versions.rend()) return std::optional<Schema>();
    LODE_ASSIGN(Schema schema, Schema::from_json(*newest->find("schema")));
    return std::optional<Schema>(std::move(schema));
  }
  Result<bool> is_loaded(std::string_view load_id) override { return has(*store_, kLoadsTable, "load_id", load_id); }
  Result<std::string> newest_load_id() override {
    std::string newest;
    for (const json::Value& row : (*store_)[std::string(kLoadsTable)])
      newest = std::max(newest, row.text_or("load_id", ""));
    return newest;
  }

  // A transaction works on a copy of everything, and the commit swaps it in.
  Status begin(std::string_view) override {
    pending_ = *store_;
    emptied_.clear();
    return {};
  }
  Status drop_tables(const std::vector<std::string>& tables, std::string_view schema_name) override {
    for (const std::string& table : tables) pending_.erase(table);
    std::vector<json::Value>& versions = pending_[std::string(kVersionTable)];
    std::erase_if(versions, [&](const json::Value& row) { return row.text_or("schema_name", "") == schema_name; });
    return {};
  }
  Status empty_tables(const std::vector<std::string>& tables) override {
    for (const std::string& table : tables) {
      if (const auto found = pending_.find(table); found != pending_.end()) found->second.clear();
    }
    return {};
  }
  Result<SchemaChange> migrate(const Schema&) override { return SchemaChange(); }  // rows name their columns themselves
  Status load(const Job& job, const Schema& schema, std::stop_token stop) override {
    const Table& table = *schema.find_table(job.table);
    if (schema.disposition(table) == WriteDisposition::kReplace) empty(schema.root_of(table), schema);
    LODE_ASSIGN(const std::unique_ptr<RowFileReader> reader, RowFileReader::open(env_, job.path));
    for (;;) {
      if (stop.stop_requested()) return Status::error(Code::kCancelled, "the run was cancelled");
      LODE_ASSIGN(const RowFileReader::Event event, reader->next());
      if (event == RowFileReader::Event::kEnd) return {};
      if (event == RowFileReader::Event::kColumn) continue;
      json::Value row = json::Value::object();
      for (std::size_t i = 0; i < reader->columns().size(); ++i) {
        row.set(reader->columns()[i].name, json::to_value(json::Ref(&reader->cells()[i])));
      }
      pending_[job.table].push_back(std::move(row));
    }
  }
  Status commit(const CommitRecord& record, const Schema& schema, const std::vector<std::string>& replaced) override {
    if (record.follows) LODE_TRY(check_follows(*record.follows));
    for (const std::string& name : replaced) empty(schema.root_of(*schema.find_table(name)), schema);
    if (!has(pending_, kVersionTable, "version_hash", schema.version_hash())) {
      pending_[std::string(kVersionTable)].push_back(json::Value::object(
          {{"schema_name", schema.name()}, {"version_hash", schema.version_hash()}, {"schema", schema.to_json()}}));
    }
    pending_[std::string(kLoadsTable)].push_back(
        json::Value::object({{"load_id", record.load_id},
                             {"schema_name", record.schema_name},
                             {"status", 0},
                             {"schema_version_hash", record.schema_version_hash}}));
    store_->swap(pending_);
    return {};
  }
  void rollback() noexcept override { pending_.clear(); }

 private:
  static bool has(MemoryStore& store, std::string_view table, std::string_view column, std::string_view text) {
    const std::vector<json::Value>& rows = store[std::string(table)];
    return std::any_of(rows.begin(), rows.end(),
                       [&](const json::Value& row) { return row.text_or(column, "") == text; });
  }
  void empty(const Table& root, const Schema& schema) {
    if (!emptied_.insert(root.name()).second) return;
    for (const Table* table : schema.chain(root.name())) pending_[table->name()].clear();
  }

  std::shared_ptr<MemoryStore> store_;
  Env& env_;
  Capabilities capabilities_;
  MemoryStore pending_;
  std::set<std::string> emptied_;  // roots, in this transaction
};

}  // namespace

std::unique_ptr<Destination> make_memory(std::shared_ptr<MemoryStore> store, Env& env) {
  return std::make_unique<MemoryDestination>(std::move(store), env);
}

const FieldSpec& memory_options() {
  static const FieldSpec kSpec;
  return kSpec;
}

Result<std::unique_ptr<Destination>> make_memory(const DestinationSpec&, Env& env) {
  return make_memory(std::make_shared<MemoryStore>(), env);
}

}  // namespace lode
