// DatasetReader: what was loaded, for those who ask.
#include "runtime/dataset_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "destinations/builtin.h"

namespace lode {
namespace {

constexpr std::size_t kIdleMax = 4;               // connections kept for the next question
constexpr std::size_t kFirstPageRows = 100;       // soon there
constexpr std::size_t kPageRows = 2000;           // the others cost less a row
constexpr std::size_t kPageBytesMax = 1'000'000;  // a page of wide rows has fewer

std::vector<std::string> told_apart(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names) {
    std::string unique = name;
    for (int i = 2; std::find(out.begin(), out.end(), unique) != out.end(); ++i) unique = fmt::format("{}_{}", name, i);
    out.push_back(std::move(unique));
  }
  return out;
}

}  // namespace

std::shared_ptr<DatasetReader> DatasetReader::make(json::Value destination, std::string dataset, std::string schema,
                                                   Env& env) {
  return std::shared_ptr<DatasetReader>(
      new DatasetReader(std::move(destination), std::move(dataset), std::move(schema), env));
}

Result<DatasetReader::Connection> DatasetReader::connect() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      Connection connection{std::move(idle_.back()), true};
      idle_.pop_back();
      return connection;
    }
  }
  Connection connection;
  LODE_ASSIGN(connection.destination, make_destination(destination_, dataset_, env_));
  LODE_TRY(connection.destination->connect_to_query());
  return connection;
}

void DatasetReader::put_back(std::unique_ptr<Destination> destination) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kIdleMax) idle_.push_back(std::move(destination));
}

Result<DatasetReader::Schemas> DatasetReader::schemas(Destination& destination, bool anew) {
  if (!anew) {
    const std::lock_guard lock(mutex_);
    if (known_) return *known_;
  }
  std::vector<std::string> names = {schema_};
  if (schema_.empty()) {
    LODE_ASSIGN(names, destination.saved_schema_names());
  }
  Schemas found;
  for (const std::string& name : names) {
    LODE_ASSIGN(std::optional<Schema> schema, destination.saved_schema(name));
    if (schema) found.push_back(std::make_shared<const Schema>(std::move(*schema)));
  }
  if (!schema_.empty() && found.empty()) {
    LODE_ASSIGN(const std::vector<std::string> others, destination.saved_schema_names());
    if (!others.empty()) {
      return Status::error(Code::kSchemaMissing, fmt::format("dataset '{}' has no schema '{}'", dataset_, schema_))
          .with("its schemas", fmt::format("{}", fmt::join(others, ", ")));
    }
  }
  const std::lock_guard lock(mutex_);
  known_ = found;
  return found;
}

Result<DatasetReader::Schemas> DatasetReader::schemas(bool anew) {
  LODE_ASSIGN(Connection connection, connect());
  Result<Schemas> found = schemas(*connection.destination, anew);
  if (!found.ok() && found.status().retryable() && connection.was_idle) {
    LODE_ASSIGN(connection, connect());
    found = schemas(*connection.destination, anew);
  }
  if (found.ok()) put_back(std::move(connection.destination));
  return found;
}

Result<SqlText> DatasetReader::statement(Destination& destination, const json::Value& question) {
  if (const json::Value* const sql = question.find("sql")) {
    SqlText text;
    if (!sql->is_text()) return Status::error(Code::kInvalidArgument, "the SQL must be text");
    text.sql = sql->as_text();
    const json::Value* const parameters = question.find("parameters");
    if (parameters != nullptr && parameters->is_list()) text.parameters = parameters->items();
    return text;
  }
  // What is asked for may have come with a load since the schemas were looked at. Counts are about what is there now.
  const bool needs_all = question.find("count") != nullptr;
  for (const bool anew : {needs_all, true}) {
    LODE_ASSIGN(const Schemas known, schemas(destination, anew));
    const Dialect* const dialect = destination.query_dialect();
    if (dialect == nullptr) {
      return Status::error(Code::kDestinationRefused, fmt::format("{} cannot be queried", destination.display()));
    }
    SelectTables tables;
    for (const auto& schema : known) tables.schemas.push_back(schema.get());
    tables.query_name = [&](std::string_view table) { return destination.query_name(table); };
    tables.place = fmt::format("dataset '{}'", dataset_);
    Result<SqlText> text = dataset_statement(*dialect, tables, question);
    if (anew || text.ok() || text.status().code() != Code::kQueryUnknown) return text;
  }
  return Status::error(Code::kBug, "the second look is the last");
}

Result<std::unique_ptr<DatasetRows>> DatasetReader::ask_through(Connection connection, const json::Value& question,
                                                                std::stop_token stop) {
  LODE_ASSIGN(const SqlText text, statement(*connection.destination, question));
  if (text.sql.empty()) return std::make_unique<DatasetRows>(shared_from_this(), nullptr, nullptr);
  LODE_ASSIGN(std::unique_ptr<QueryRows> rows,
              connection.destination->query(text.sql, text.parameters, std::move(stop)));
  return std::make_unique<DatasetRows>(shared_from_this(), std::move(connection.destination), std::move(rows));
}

Result<std::unique_ptr<DatasetRows>> DatasetReader::ask(const json::Value& question, std::stop_token stop) {
  LODE_ASSIGN(Connection connection, connect());
  const bool was_idle = connection.was_idle;
  Result<std::unique_ptr<DatasetRows>> rows = ask_through(std::move(connection), question, stop);
  if (rows.ok() || !rows.status().retryable() || !was_idle) return rows;
  // The server may have closed what waited for a question.
  {
    const std::lock_guard lock(mutex_);
    idle_.clear();
  }
  LODE_ASSIGN(connection, connect());
  return ask_through(std::move(connection), question, std::move(stop));
}

Result<std::string> DatasetReader::sql_of(const json::Value& question) {
  LODE_ASSIGN(Connection connection, connect());
  Result<SqlText> text = statement(*connection.destination, question);
  put_back(std::move(connection.destination));
  if (!text.ok()) return std::move(text).status();
  return text->sql;
}

DatasetRows::DatasetRows(std::shared_ptr<DatasetReader> reader, std::unique_ptr<Destination> destination,
                         std::unique_ptr<QueryRows> rows)
    : reader_(std::move(reader)),
      destination_(std::move(destination)),
      rows_(std::move(rows)),
      page_rows_(kFirstPageRows) {
  if (rows_) columns_ = told_apart(rows_->columns());
}

DatasetRows::~DatasetRows() {
  rows_.reset();
  if (destination_) reader_->put_back(std::move(destination_));
}

Result<std::optional<Page>> DatasetRows::next_page() {
  if (!rows_) return std::optional<Page>();
  json::DocumentBuilder builder;
  std::size_t bytes = 0;
  bool is_over = false;
  while (builder.root_count() < page_rows_ && bytes < kPageBytesMax) {
    Result<bool> more = rows_->next();
    if (!more.ok()) {
      rows_.reset();
      destination_.reset();  // who knows what is left of it
      return std::move(more).status();
    }
    is_over = !*more;
    if (is_over) break;
    builder.begin_object();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      builder.key(columns_[i]);
      const json::Value value = rows_->value(i);
      if (value.is_text() || value.kind() == json::Kind::kBinary) bytes += value.as_text().size();
      builder.value(value);
    }
    builder.end_object();
    bytes += sizeof(json::Cell) * (1 + 2 * columns_.size());
  }
  page_rows_ = kPageRows;
  if (is_over) {
    rows_.reset();
    reader_->put_back(std::move(destination_));
  }
  if (builder.root_count() == 0) return std::optional<Page>();
  Page page;
  page.rows.document = builder.finish();
  for (std::size_t i = 0; i < page.rows.document->root_count(); ++i) {
    page.rows.rows.push_back(page.rows.document->root(i));
  }
  page.bytes = page.rows.document->bytes();
  page.origin = fmt::format("dataset '{}'", reader_->dataset());
  return std::optional<Page>(std::move(page));
}

}  // namespace lode
