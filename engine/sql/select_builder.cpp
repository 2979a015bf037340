// SelectBuilder: SELECT statements about the tables of schemas, made step by step. A step that must see what the steps
// before it left, and not the table, puts those into a subquery.
#include "sql/select_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/iso8601.h"
#include "base/text.h"
#include "sql/placeholders.h"

namespace lode {
namespace {

constexpr std::size_t kNamesShown = 40;

// "did you mean …", and what there is.
Status unknown_name(std::string message, std::string_view name, std::vector<std::string> known,
                    std::string_view what_is_known) {
  Status status = Status::error(Code::kQueryUnknown, std::move(message));
  if (const std::string guess = closest(name, known); !guess.empty()) {
    status.note(fmt::format("did you mean '{}'?", guess));
  }
  if (known.empty()) return status;
  const std::size_t more = known.size() > kNamesShown ? known.size() - kNamesShown : 0;
  known.resize(known.size() - more);
  std::string names = join(known, ", ");
  if (more > 0) names += fmt::format(" and {} more", more);
  return std::move(status).with(std::string(what_is_known), std::move(names));
}

struct Operation {
  std::string_view word;
  std::string_view sql;
};
constexpr Operation kOperations[] = {
    {"=", "="},
    {"==", "="},
    {"eq", "="},
    {"!=", "<>"},
    {"<>", "<>"},
    {"~=", "<>"},
    {"ne", "<>"},
    {"<", "<"},
    {"lt", "<"},
    {"<=", "<="},
    {"lte", "<="},
    {">", ">"},
    {"gt", ">"},
    {">=", ">="},
    {"gte", ">="},
    {"like", "LIKE"},
    {"not_like", "NOT LIKE"},
    {"in", "IN"},
    {"not_in", "NOT IN"},
};

Result<std::string_view> operation_of(std::string_view word) {
  const std::string lower = to_lower(word);
  const auto found = std::find_if(std::begin(kOperations), std::end(kOperations),
                                  [&](const Operation& operation) { return operation.word == lower; });
  if (found != std::end(kOperations)) return found->sql;
  std::vector<std::string> words;
  for (const Operation& operation : kOperations) words.emplace_back(operation.word);
  Status status = Status::error(Code::kQueryInvalid, fmt::format("there is no comparison '{}'", word));
  if (const std::string guess = closest(lower, words); !guess.empty()) {
    status.note(fmt::format("did you mean '{}'?", guess));
  }
  return std::move(status).hint("there are = != < <= > >= in, not_in, like and not_like");
}

// Databases without types for it compare timestamps as text, so it must have the form that is stored.
json::Value fit(const json::Value& value, const Column* column) {
  if (column == nullptr || !value.is_text()) return value;
  const bool is_time =
      column->type() == DataType::kTimestamp || column->type() == DataType::kDate || column->type() == DataType::kTime;
  const std::optional<IsoValue> iso = is_time ? parse_iso(value.as_text()) : std::nullopt;
  if (!iso) return value;
  constexpr std::int64_t kMicrosPerDay = 86'400'000'000;
  if (column->type() == DataType::kTimestamp && iso->kind != IsoValue::Kind::kTime) {
    const bool is_day = iso->kind == IsoValue::Kind::kDate;
    return json::Value::of_number(json::Kind::kTimestamp, is_day ? iso->days * kMicrosPerDay : iso->micros);
  }
  if (column->type() == DataType::kDate && iso->kind == IsoValue::Kind::kDate) {
    return json::Value::of_number(json::Kind::kDate, iso->days);
  }
  if (column->type() == DataType::kTime && iso->kind == IsoValue::Kind::kTime) {
    return json::Value::of_number(json::Kind::kTime, iso->micros);
  }
  return value;
}

// What ties two tables: pairs of columns.
using Tie = std::vector<std::pair<std::string, std::string>>;

std::string column_with(const Table& table, std::string_view flag, std::string_view usual) {
  const std::string found = table.first_with(flag);
  return !found.empty() ? found : table.find(usual) != nullptr ? std::string(usual) : "";
}

// The columns of `from` and `to` that a declared reference names.
Tie declared_tie(const Table& from, const Table& to) {
  Tie tie;
  const json::Value* const references = from.props().find("references");
  if (references == nullptr || !references->is_list()) return tie;
  for (const json::Value& reference : references->items()) {
    const json::Value* const own = reference.find("columns");
    const json::Value* const others = reference.find("referenced_columns");
    if (reference.text_or("referenced_table", "") != to.name() || own == nullptr || others == nullptr ||
        !own->is_list() || !others->is_list() || own->size() != others->size()) {
      continue;
    }
    for (std::size_t i = 0; i < own->size(); ++i) {
      if (own->items()[i].is_text() && others->items()[i].is_text()) {
        tie.emplace_back(own->items()[i].as_text(), others->items()[i].as_text());
      }
    }
    return tie;
  }
  return tie;
}

// How `from` refers to `to`; empty if it does not. With its schema, also to the table at the top of its parents.
Tie tie_of(const Table& from, const Table& to, const Schema* schema = nullptr) {
  const std::string row_key = column_with(to, "row_key", kIdColumn);
  if (from.parent() == to.name() && !row_key.empty()) {
    const std::string parent_key = column_with(from, "parent_key", kParentIdColumn);
    if (!parent_key.empty()) return {{parent_key, row_key}};
  }
  if (Tie declared = declared_tie(from, to); !declared.empty()) return declared;
  const bool is_root = schema != nullptr && !from.parent().empty() && schema->root_of(from).name() == to.name();
  const std::string root_key = from.first_with("root_key");
  if (is_root && !root_key.empty() && !row_key.empty()) return {{root_key, row_key}};
  if (to.name() == kLoadsTable && from.find(kLoadIdColumn) != nullptr) return {{std::string(kLoadIdColumn), "load_id"}};
  return {};
}

std::vector<std::string> names_of_columns(const Table& table) {
  std::vector<std::string> names;
  for (const Column& column : table.columns()) {
    if (column.complete()) names.push_back(column.name());
  }
  return names;
}

}  // namespace

const Table* SelectTables::find(std::string_view name) const {
  const Schema* const schema = schema_of(name);
  return schema == nullptr ? nullptr : schema->find_table(name);
}

const Schema* SelectTables::schema_of(std::string_view table) const {
  const auto found = std::find_if(schemas.begin(), schemas.end(), [&](const Schema* schema) {
    const Table* const candidate = schema->find_table(table);
    return candidate != nullptr && candidate->has_complete_column();
  });
  return found == schemas.end() ? nullptr : *found;
}

Result<const Table*> SelectTables::get(std::string_view name) const {
  if (const Table* const table = find(name)) return table;
  std::vector<std::string> names;
  for (const Schema* schema : schemas) {
    for (const Table* table : schema->data_tables()) names.push_back(table->name());
  }
  const bool is_empty = names.empty();
  Status status = unknown_name(fmt::format("{} has no table '{}'", place, name), name, std::move(names), "its tables");
  return is_empty ? std::move(status).hint("nothing was loaded into it yet") : std::move(status);
}

Result<SelectBuilder> SelectBuilder::from(const Dialect& dialect, const SelectTables& tables, std::string_view name) {
  LODE_ASSIGN(const Table* const table, tables.get(name));
  SelectBuilder builder(dialect, tables);
  builder.table_ = table->name();
  builder.alias_ = quote_name(dialect, table->name());
  builder.source_ = fmt::format("{} AS {}", tables.query_name(table->name()), builder.alias_);
  for (const Column& column : table->columns()) {
    if (column.complete()) builder.columns_.push_back({column.name(), &column});
  }
  builder.joined_.push_back({table, ""});
  return builder;
}

Result<const SelectBuilder::VisibleColumn*> SelectBuilder::find(std::string_view column) const {
  const auto found = std::find_if(columns_.begin(), columns_.end(),
                                  [&](const VisibleColumn& visible) { return visible.name == column; });
  if (found != columns_.end()) return &*found;
  std::vector<std::string> names;
  for (const VisibleColumn& visible : columns_) names.push_back(visible.name);
  return unknown_name(fmt::format("table '{}' has no column '{}'", table_, column), column, std::move(names),
                      "its columns");
}

// With the table's name: SQLite would take a name in quotes that is no column for a text.
std::string SelectBuilder::reference(std::string_view column) const {
  return fmt::format("{}.{}", alias_, quote_name(*dialect_, column));
}

std::string SelectBuilder::parameter(json::Value value) {
  parameters_.push_back(std::move(value));
  return fmt::format("{}{}", dialect_->parameter, parameters_.size());
}

std::string SelectBuilder::list_of(const std::vector<json::Value>& values) {
  std::string list;
  for (const json::Value& value : values) list += (list.empty() ? "" : ", ") + parameter(value);
  return list;
}

Status SelectBuilder::select(const std::vector<std::string>& columns) {
  if (columns.empty()) return Status::error(Code::kQueryInvalid, "select: no column is named");
  std::vector<std::string> names;
  for (const std::string& column : columns) {
    LODE_ASSIGN([[maybe_unused]] const VisibleColumn* const found, find(column));
    const bool is_gone = lists_columns_ && std::find(selected_.begin(), selected_.end(), column) == selected_.end();
    if (is_gone) {
      return unknown_name(fmt::format("column '{}' is not among those that were selected before", column), column,
                          selected_, "they are");
    }
    if (std::find(names.begin(), names.end(), column) == names.end()) names.push_back(column);
  }
  lists_columns_ = true;
  selected_ = std::move(names);
  return {};
}

// Null is not among the values of SQL's IN.
std::string SelectBuilder::compare_in(const std::string& column, const std::vector<json::Value>& values, bool negated) {
  std::vector<json::Value> known;
  std::copy_if(values.begin(), values.end(), std::back_inserter(known),
               [](const json::Value& value) { return !value.is_null(); });
  const bool has_null = known.size() < values.size();
  if (values.empty()) return negated ? "1 = 1" : "1 = 0";
  const std::string null_test = fmt::format("{} IS {}NULL", column, negated ? "NOT " : "");
  if (known.empty()) return null_test;
  const std::string test = fmt::format("{} {} ({})", column, negated ? "NOT IN" : "IN", list_of(known));
  return has_null ? fmt::format("({} {} {})", test, negated ? "AND" : "OR", null_test) : test;
}

Status SelectBuilder::where(std::string_view column, std::string_view operation, const json::Value& value) {
  if (limit_) wrap();
  LODE_ASSIGN(const VisibleColumn* const found, find(column));
  LODE_ASSIGN(const std::string_view sql, operation_of(operation));
  const std::string name = reference(column);
  if (sql == "IN" || sql == "NOT IN") {
    std::vector<json::Value> values = value.is_list() ? value.items() : std::vector<json::Value>{value};
    for (json::Value& one : values) one = fit(one, found->column);
    conditions_.push_back(compare_in(name, values, sql == "NOT IN"));
    return {};
  }
  if (value.is_list() || value.is_object()) {
    return Status::error(
               Code::kQueryInvalid,
               fmt::format("where: column '{}' cannot be compared by '{}' with a list or a table", column, operation))
        .hint("in and not_in take a list");
  }
  if (value.is_null()) {
    if (sql != "=" && sql != "<>") {
      return Status::error(Code::kQueryInvalid,
                           fmt::format("where: column '{}' cannot be compared by '{}' with null", column, operation))
          .hint("= and != find nulls");
    }
    conditions_.push_back(fmt::format("{} IS {}NULL", name, sql == "=" ? "" : "NOT "));
    return {};
  }
  conditions_.push_back(fmt::format("{} {} {}", name, sql, parameter(fit(value, found->column))));
  return {};
}

Status SelectBuilder::where_sql(std::string_view condition, const std::vector<json::Value>& parameters) {
  if (trim(condition).empty()) return Status::error(Code::kQueryInvalid, "where: the condition is empty");
  if (limit_) wrap();
  LODE_ASSIGN(const std::string numbered,
              number_placeholders(*dialect_, condition, parameters.size(), parameters_.size() + 1));
  parameters_.insert(parameters_.end(), parameters.begin(), parameters.end());
  // On a line of its own: the condition may end in a comment.
  const bool may_hide = numbered.find("--") != std::string::npos;
  conditions_.push_back(fmt::format("({}{})", trim(numbered), may_hide ? "\n" : ""));
  return {};
}

Status SelectBuilder::order_by(std::string_view column, bool descending) {
  if (limit_) wrap();
  LODE_ASSIGN([[maybe_unused]] const VisibleColumn* const found, find(column));
  if (is_order_inherited_) order_.clear();
  is_order_inherited_ = false;
  order_.emplace_back(column, descending);
  return {};
}

void SelectBuilder::limit(std::uint64_t rows) { limit_ = limit_ ? std::min(*limit_, rows) : rows; }

Result<std::string> SelectBuilder::load_condition(const Table& table, const std::string& alias,
                                                  const std::vector<json::Value>& ids) {
  const std::string id_column = table.name() == kLoadsTable ? "load_id" : std::string(kLoadIdColumn);
  if (table.find(id_column) != nullptr) {
    return compare_in(fmt::format("{}.{}", alias, quote_name(*dialect_, id_column)), ids, false);
  }
  const Table* const parent = table.parent().empty() ? nullptr : tables_->find(table.parent());
  const Tie tie = parent == nullptr ? Tie() : tie_of(table, *parent);
  if (tie.size() != 1) {
    return Status::error(
        Code::kQueryInvalid,
        fmt::format("from_loads: the rows of table '{}' do not tell which load they came with", table_));
  }
  const std::string parent_alias = quote_name(*dialect_, "of " + table.name());
  LODE_ASSIGN(const std::string condition, load_condition(*parent, parent_alias, ids));
  return fmt::format("{}.{} IN (SELECT {}.{} FROM {} AS {} WHERE {})", alias, quote_name(*dialect_, tie[0].first),
                     parent_alias, quote_name(*dialect_, tie[0].second), tables_->query_name(parent->name()),
                     parent_alias, condition);
}

Status SelectBuilder::from_loads(const std::vector<std::string>& load_ids) {
  if (limit_) wrap();
  const std::vector<json::Value> ids(load_ids.begin(), load_ids.end());
  LODE_ASSIGN(std::string condition, load_condition(*joined_.front().table, alias_, ids));
  conditions_.push_back(std::move(condition));
  return {};
}

// ON …: the table here that is tied to the new one; a parent before the table at the top.
Result<std::string> SelectBuilder::join_condition(const Join& join, const Table& table) const {
  const std::string new_alias = quote_name(*dialect_, join.alias);
  for (const bool to_the_top : {false, true}) {
    for (const Joined& here : joined_) {
      const auto schema_of = [&](const Table& one) { return to_the_top ? tables_->schema_of(one.name()) : nullptr; };
      Tie tie = tie_of(table, *here.table, schema_of(table));
      if (tie.empty()) {
        tie = tie_of(*here.table, table, schema_of(*here.table));
        for (auto& [from, to] : tie) std::swap(from, to);
      }
      std::vector<std::string> pairs;
      for (const auto& [in_new, in_old] : tie) {
        LODE_TRY(find(here.prefix + in_old).status());  // a select() may have left it out
        pairs.push_back(
            fmt::format("{}.{} = {}", new_alias, quote_name(*dialect_, in_new), reference(here.prefix + in_old)));
      }
      if (!pairs.empty()) return lode::join(pairs, " AND ");
    }
  }
  return Status::error(Code::kQueryInvalid, fmt::format("join: nothing ties table '{}' to '{}'", join.table, table_))
      .hint("joined are nested tables with their parents, and tables with references; dataset:query() takes any SQL");
}

Status SelectBuilder::join(const Join& wanted) {
  Join join = wanted;
  if (join.alias.empty()) join.alias = join.table;
  LODE_ASSIGN(const Table* const table, tables_->get(join.table));
  const std::string kind = to_upper(join.kind.empty() ? "inner" : join.kind);
  if (kind != "INNER" && kind != "LEFT" && kind != "RIGHT" && kind != "FULL") {
    return Status::error(Code::kQueryInvalid, fmt::format("join: there is no kind '{}'", join.kind))
        .hint("one of inner, left, right, full");
  }
  const std::string prefix = join.alias + "__";
  const bool is_taken =
      quote_name(*dialect_, join.alias) == alias_ ||
      std::any_of(joined_.begin(), joined_.end(), [&](const Joined& here) { return here.prefix == prefix; });
  if (is_taken) {
    return Status::error(Code::kQueryInvalid, fmt::format("join: '{}' is part of this already", join.alias))
        .hint("alias gives it another name");
  }
  if (!is_plain()) wrap();
  LODE_ASSIGN(const std::string condition, join_condition(join, *table));
  std::vector<std::string> selected;
  const auto show = [&](const std::string& from, const std::string& name) {
    selected.push_back(fmt::format("{} AS {}", from, quote_name(*dialect_, name)));
  };
  for (const VisibleColumn& column : columns_) show(reference(column.name), column.name);
  const std::string new_alias = quote_name(*dialect_, join.alias);
  for (const std::string& name : names_of_columns(*table)) {
    show(fmt::format("{}.{}", new_alias, quote_name(*dialect_, name)), prefix + name);
    columns_.push_back({prefix + name, table->find(name)});
  }
  source_ = fmt::format("(SELECT {} FROM {} {} JOIN {} AS {} ON {}) AS {}", lode::join(selected, ", "), source_, kind,
                        tables_->query_name(table->name()), new_alias, condition, alias_);
  joined_.push_back({table, prefix});
  return {};
}

Status SelectBuilder::extreme(std::string_view column, bool greatest) {
  if (limit_) wrap();
  LODE_ASSIGN([[maybe_unused]] const VisibleColumn* const found, find(column));
  // The column itself, not max(column): it keeps its type in databases where only columns have one.
  conditions_.push_back(fmt::format("{} IS NOT NULL", reference(column)));
  lists_columns_ = true;
  selected_ = {std::string(column)};
  order_ = {{std::string(column), greatest}};
  is_order_inherited_ = false;
  limit_ = 1;
  return {};
}

void SelectBuilder::count() {
  if (limit_) wrap();
  order_.clear();
  counts_ = true;
}

bool SelectBuilder::is_plain() const { return !lists_columns_ && conditions_.empty() && order_.empty() && !limit_; }

// Everything so far becomes the source. An order is kept: rows of a subquery have none.
void SelectBuilder::wrap() {
  source_ = fmt::format("({}) AS {}", statement(), alias_);
  if (lists_columns_) {
    const auto is_selected = [&](const std::string& name) {
      return std::find(selected_.begin(), selected_.end(), name) != selected_.end();
    };
    std::vector<VisibleColumn> left;
    for (const std::string& name : selected_) {
      left.push_back(*std::find_if(columns_.begin(), columns_.end(),
                                   [&](const VisibleColumn& column) { return column.name == name; }));
    }
    columns_ = std::move(left);
    std::erase_if(order_, [&](const auto& order) { return !is_selected(order.first); });
  }
  lists_columns_ = false;
  selected_.clear();
  conditions_.clear();
  limit_.reset();
  is_order_inherited_ = !order_.empty();
}

std::string SelectBuilder::statement() const {
  std::string sql = "SELECT ";
  if (counts_) {
    sql += "count(*)";
  } else if (lists_columns_) {
    for (const std::string& column : selected_) sql += (column == selected_.front() ? "" : ", ") + reference(column);
  } else {
    sql += "*";
  }
  sql += " FROM " + source_;
  if (!conditions_.empty()) sql += " WHERE " + lode::join(conditions_, " AND ");
  for (const auto& order : order_) {
    sql += fmt::format("{}{}{}", &order == &order_.front() ? " ORDER BY " : ", ", reference(order.first),
                       order.second ? " DESC" : "");
  }
  if (limit_) sql += fmt::format(" LIMIT {}", *limit_);
  return sql;
}

SqlText SelectBuilder::text() const { return {statement(), parameters_}; }

SqlText count_statement(const Dialect& dialect, const SelectTables& tables, const std::vector<const Table*>& counted,
                        std::string_view load_id) {
  SqlText text;
  if (!load_id.empty()) text.parameters.emplace_back(load_id);
  for (const Table* table : counted) {
    if (!load_id.empty() && table->find(kLoadIdColumn) == nullptr) continue;
    text.sql +=
        fmt::format("{}SELECT '{}' AS table_name, count(*) AS row_count FROM {}", text.sql.empty() ? "" : " UNION ALL ",
                    replace_all(table->name(), "'", "''"), tables.query_name(table->name()));
    if (!load_id.empty()) {
      text.sql += fmt::format(" WHERE {} = {}1", quote_name(dialect, kLoadIdColumn), dialect.parameter);
    }
  }
  return text;
}

}  // namespace lode
