// Preview: what a run would make of its data, without a destination being touched and without a trace on disk.
#include "runtime/preview.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace lode {
namespace {

constexpr std::uint64_t kRows = 1000;
constexpr std::uint64_t kPages = 3;
constexpr std::uint64_t kCalls = 10;

class LookOnly : public Destination {
 public:
  LookOnly(std::unique_ptr<Destination> inner, bool looks) : inner_(std::move(inner)), looks_(looks) {}

  const Capabilities& capabilities() const override { return inner_->capabilities(); }
  std::string display() const override { return inner_->display(); }
  std::string_view dlt_type() const override { return inner_->dlt_type(); }
  Status connect() override { return connect_read_only(); }
  Status connect_read_only() override { return looks_ ? inner_->connect_read_only() : Status(); }
  Result<std::optional<PipelineState>> saved_state(std::string_view pipeline) override {
    return looks_ ? inner_->saved_state(pipeline) : std::optional<PipelineState>();
  }
  Result<std::optional<Schema>> saved_schema(std::string_view name) override {
    return looks_ ? inner_->saved_schema(name) : std::optional<Schema>();
  }
  Result<bool> is_loaded(std::string_view load_id) override { return looks_ ? inner_->is_loaded(load_id) : false; }
  Result<std::string> newest_load_id() override { return looks_ ? inner_->newest_load_id() : std::string(); }
  Result<MigrationPlan> plan_migration(const Schema& schema) override {
    return looks_ ? inner_->plan_migration(schema) : MigrationPlan();
  }
  void close() noexcept override { inner_->close(); }

  Status begin(std::string_view) override { return refuse(); }
  Status drop_tables(const std::vector<std::string>&, std::string_view) override { return refuse(); }
  Status empty_tables(const std::vector<std::string>&) override { return refuse(); }
  Result<SchemaChange> migrate(const Schema&) override { return refuse(); }
  Status load(const Job&, const Schema&, std::stop_token) override { return refuse(); }
  Status commit(const CommitRecord&, const Schema&, const std::vector<std::string>&) override { return refuse(); }
  void rollback() noexcept override {}

 private:
  static Status refuse() { return Status::error(Code::kBug, "a preview tried to write to the destination"); }

  std::unique_ptr<Destination> inner_;
  const bool looks_;
};

template <class T>
void lower(std::optional<T>& limit, T value) {
  limit = limit ? std::min(*limit, value) : value;
}

// Copies resources, each once: those that several transformers read from stay one.
class SourceLimiter {
 public:
  explicit SourceLimiter(const PreviewOptions& options) : options_(options) {}

  std::shared_ptr<Resource> limited(const std::shared_ptr<Resource>& resource) {
    if (!resource) return nullptr;
    if (const auto known = copies_.find(resource.get()); known != copies_.end()) return known->second;
    auto copy = std::make_shared<Resource>(*resource);
    copies_.emplace(resource.get(), copy);
    copy->data_from = limited(resource->data_from);
    lower(copy->limit.rows, options_.limit.value_or(kRows));
    copy->limit.cuts_pages = true;
    if (options_.limit) return copy;
    lower(copy->limit.pages, kPages);
    // Each call may be a request.
    copy->calls_in_flight_max = std::min<std::uint32_t>(copy->calls_in_flight_max, kPages);
    if (!copy->call_takes_page) {
      copy->input_limit.rows = kCalls;
      copy->input_limit.cuts_pages = true;
    }
    return copy;
  }

 private:
  const PreviewOptions& options_;
  std::map<const Resource*, std::shared_ptr<Resource>> copies_;
};

// What dlt says of a column, with the facts that everybody asks for in front and always there.
json::Value column_json(const Column& column) {
  json::Value out = json::Value::object({{"name", column.name()},
                                         {"data_type", column.complete() ? type_name(column.type()) : json::Value()},
                                         {"nullable", column.nullable()},
                                         {"primary_key", column.flag("primary_key")},
                                         {"unique", column.flag("unique")},
                                         {"variant", column.flag("variant")}});
  for (const auto& [name, value] : column.props().members()) {
    if (!name.starts_with("x-") && out.find(name) == nullptr) out.set(name, value);
  }
  return out;
}

json::Value row_json(const Table& table, const json::Value& row) {
  json::Value out = json::Value::object();
  for (const Column& column : table.columns()) {
    if (!column.complete()) continue;
    const json::Value* value = row.find(column.name());
    out.set(column.name(), value != nullptr ? *value : json::Value());
  }
  return out;
}

json::Value table_json(const Schema& schema, const Table& table, const PreviewSink::TableRows& rows) {
  json::Value columns = json::Value::list();
  for (const Column& column : table.columns()) columns.push_back(column_json(column));
  json::Value first = json::Value::list();
  for (const json::Value& row : rows.first) first.push_back(row_json(table, row));
  return json::Value::object({{"name", table.name()},
                              {"parent", table.parent().empty() ? json::Value() : json::Value(table.parent())},
                              {"resource", schema.root_of(table).resource()},
                              {"write_disposition", disposition_name(schema.disposition(table))},
                              {"rows", static_cast<std::int64_t>(rows.count)},
                              {"columns", std::move(columns)},
                              {"first_rows", std::move(first)}});
}

json::Value comparison_json(const Preview::Comparison& comparison) {
  json::Value tables = json::Value::list();
  for (const TableDiff& diff : comparison.tables) tables.push_back(diff.to_json());
  json::Value statements = json::Value::list();
  for (const MigrationPlan::Statement& statement : comparison.statements) {
    statements.push_back(json::Value::object({{"table", statement.table}, {"sql", statement.sql}}));
  }
  const auto name_list = [](const std::vector<std::string>& names) {
    json::Value list = json::Value::list();
    for (const std::string& name : names) list.push_back(name);
    return list;
  };
  return json::Value::object({{"destination", comparison.destination},
                              {"dropped_tables", name_list(comparison.cleanup.dropped)},
                              {"emptied_tables", name_list(comparison.cleanup.emptied)},
                              {"tables", std::move(tables)},
                              {"statements", std::move(statements)}});
}

}  // namespace

Result<PreviewOptions> PreviewOptions::from_json(const json::Value& value) {
  PreviewOptions options;
  if (value.is_bool() && value.as_bool()) return options;
  if (!value.is_object()) return Status::error(Code::kUsage, "the run option 'preview' must be true or an object");
  for (const auto& [key, member] : value.members()) {
    const bool is_count = member.is_int() && member.as_int() >= 0;
    if (key == "compare" && member.is_bool()) {
      options.compares = member.as_bool();
    } else if (key == "limit" && is_count) {
      options.limit = static_cast<std::uint64_t>(member.as_int());
    } else if (key == "rows_shown" && is_count) {
      options.rows_shown = static_cast<std::uint64_t>(member.as_int());
    } else {
      return Status::error(Code::kUsage,
                           fmt::format("the run option 'preview' cannot have {} = {}", key, kind_name(member.kind())))
          .hint("limit and rows_shown are numbers, 0 or more; compare is true or false");
    }
  }
  return options;
}

std::shared_ptr<const Source> limited_source(const Source& source, const PreviewOptions& options) {
  auto copy = std::make_shared<Source>(source);
  SourceLimiter limiter(options);
  for (std::shared_ptr<Resource>& resource : copy->resources) resource = limiter.limited(resource);
  return copy;
}

std::unique_ptr<Destination> look_only(std::unique_ptr<Destination> destination, bool looks) {
  return std::make_unique<LookOnly>(std::move(destination), looks);
}

void PreviewSink::add_table(std::string_view name) {
  tables_.push_back({std::string(name), 0, {}});
  columns_.emplace_back();
}

Status PreviewSink::add_column(std::size_t table, const RowColumn& column) {
  columns_[table].push_back(column.name);
  return {};
}

Status PreviewSink::write(std::size_t table, std::span<const json::Cell> cells) {
  TableRows& rows = tables_[table];
  if (rows.count++ >= rows_kept_) return {};
  json::Value row = json::Value::object();
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].kind == json::Kind::kNull) continue;
    json::Value value = json::to_value(json::Ref(&cells[i]));
    if (value.is_text() && value.as_text().size() > kTextBytesMax) value = shorten(value.as_text(), kTextBytesMax);
    row.set(columns_[table][i], std::move(value));
  }
  rows.first.push_back(std::move(row));
  return {};
}

const PreviewSink::TableRows* PreviewSink::find(std::string_view table) const {
  const auto found = std::find_if(tables_.begin(), tables_.end(),
                                  [&](const TableRows& rows) { return rows.name == table && rows.count > 0; });
  return found == tables_.end() ? nullptr : &*found;
}

std::map<std::string, std::uint64_t> PreviewSink::row_counts() const {
  std::map<std::string, std::uint64_t> counts;
  for (const TableRows& rows : tables_) counts.emplace(rows.name, rows.count);
  return counts;
}

json::Value Preview::to_json(const Schema& schema, const PreviewSink& rows) const {
  json::Value resource_list = json::Value::list();
  for (const ResourceRow& row : resources) {
    resource_list.push_back(json::Value::object({{"name", row.name},
                                                 {"rows", static_cast<std::int64_t>(row.rows)},
                                                 {"pages", static_cast<std::int64_t>(row.pages)},
                                                 {"requests", static_cast<std::int64_t>(row.requests)},
                                                 {"selected", row.selected},
                                                 {"limited", row.limited}}));
  }
  // In the order of the resources: whose page came first is chance.
  std::vector<const Table*> roots = schema.data_tables();
  std::erase_if(roots, [](const Table* table) { return !table->parent().empty(); });
  const auto place = [this](const Table* table) {
    return std::find_if(resources.begin(), resources.end(),
                        [&](const ResourceRow& row) { return row.name == table->resource(); });
  };
  std::stable_sort(roots.begin(), roots.end(), [&](const Table* a, const Table* b) { return place(a) < place(b); });
  json::Value tables = json::Value::list();
  for (const Table* root : roots) {
    for (const Table* table : schema.chain(root->name())) {
      const PreviewSink::TableRows* seen = rows.find(table->name());
      if (seen != nullptr) tables.push_back(table_json(schema, *table, *seen));
    }
  }
  json::Value warning_list = json::Value::list();
  for (const std::string& warning : warnings) warning_list.push_back(warning);
  return json::Value::object({{"pipeline", pipeline},
                              {"dataset", dataset},
                              {"resources", std::move(resource_list)},
                              {"tables", std::move(tables)},
                              {"warnings", std::move(warning_list)},
                              {"comparison", comparison ? comparison_json(*comparison) : json::Value()}});
}

}  // namespace lode
