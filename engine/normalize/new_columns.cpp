// Fitting values to columns, new columns and variants, and growing the schema as its contract allows.
#include <fmt/format.h>

#include "json/write.h"
#include "normalize/core.h"
#include "normalize/python_number.h"
#include "schema/root_key.h"

namespace lode {
namespace {

using json::Cell;
using json::Kind;
using json::Ref;

Cell text_cell(std::string_view text) {
  Cell cell{};
  cell.kind = Kind::kText;
  cell.size = static_cast<std::uint32_t>(text.size());
  cell.text = text.data();
  return cell;
}

// Wei that is a whole number beyond what wei columns hold.
bool is_wei_too_large(const Cell& wei) {
  std::string_view digits(wei.text, wei.size);
  if (const std::size_t point = digits.find('.'); point != std::string_view::npos) digits = digits.substr(0, point);
  return digits.find_first_not_of("-0123456789") == std::string_view::npos && exceeds_wei(digits);
}

}  // namespace

Status NormalizerCore::fit_row(const TableState& table, const FlatRow& row, FittedRow& fitted, Table& partial,
                               const Frame& frame) {
  const Table* known = std::as_const(schema_).find_table(table.name());
  for (const FlatRow::Field& field : row.fields) {
    if (field.value == nullptr) continue;
    if (field.value->kind == Kind::kNull) {
      LODE_TRY(fit_null(table, known, field.name, field.value, frame));
    } else {
      LODE_TRY(fit_value(known, field.name, field.value, false, fitted, partial, frame));
    }
  }
  return Status();
}

// Null makes no column. It is remembered, so that the user hears of columns that never had a value.
Status NormalizerCore::fit_null(const TableState& table, const Table* known, const std::string& name, const Cell* value,
                                const Frame& frame) {
  const Column* column = known == nullptr ? nullptr : known->find(name);
  const bool is_required =
      column != nullptr && column->complete() ? !column->nullable() : column == nullptr && rules_.is_not_null(name);
  if (is_required) {
    return with_place(Status::error(Code::kNullViolation,
                                    fmt::format("table '{}': column '{}' must not be null", table.name(), name)),
                      frame, value);
  }
  if (column == nullptr || !column->complete()) null_only_[table.name()].insert(name);
  return Status();
}

std::string NormalizerCore::variant_name(const Table* known, const std::string& name, DataType type) const {
  if (type == DataType::kJson && known != nullptr) {
    // What dlt called variants with nested values before it renamed the type.
    std::string old = naming_->shorten_fragments({name, "v_complex"});
    if (const Column* column = known->find(old); column != nullptr && column->flag("variant")) return old;
  }
  return naming_->shorten_fragments({name, fmt::format("v_{}", type_name(type))});
}

Status NormalizerCore::fit_value(const Table* known, const std::string& name, const Cell* value, bool is_variant,
                                 FittedRow& fitted, Table& partial, const Frame& frame) {
  const Column* column = known == nullptr ? nullptr : known->find(name);
  const bool is_new = column == nullptr || !column->complete();
  const DataType type = is_new ? rules_.infer_type(*value, name, is_variant) : column->type();
  Cell cell;
  if (!coercer_.convert(type, value, cell)) {
    const DataType own = native_type(*value);
    if (!is_variant) return fit_value(known, variant_name(known, name, own), value, true, fitted, partial, frame);
    return with_place(Status::error(Code::kCoercion,
                                    fmt::format("table '{}': column '{}' is {}, and this {} cannot be converted to it",
                                                partial.name(), name, type_name(type), type_name(own)))
                          .hint("convert the value in an :add_map, or declare the data_type that fits all values"),
                      frame, value);
  }
  if (is_new && type == DataType::kWei && is_wei_too_large(cell)) {
    const std::string text(cell.text, cell.size);
    const std::string_view kept = arena_.copy(text);
    const Cell as_text = text_cell(kept);
    return fit_value(known, naming_->shorten_fragments({name, "v_str"}), &as_text, true, fitted, partial, frame);
  }
  fitted.set(name, cell, value);
  if (!is_new) return Status();
  Column inferred = rules_.infer_column(name, type, is_variant);
  if (column != nullptr) {
    // What was declared without a type completes what was inferred, and wins.
    for (const auto& [property, declared] : column->props().members()) {
      if (property != "data_type") inferred.set(property, declared);
    }
  }
  // Two values of the row may want the same new column; the later one decides, at the place of the first.
  if (Column* wanted = partial.find(name)) {
    *wanted = std::move(inferred);
  } else {
    partial.merge_column(std::move(inferred));
  }
  return Status();
}

void NormalizerCore::record(SchemaChange::TableChange change) {
  if (auto declared = declared_.extract(change.table)) {
    SchemaChange::TableChange& first = declared.mapped();
    change.is_new = change.is_new || first.is_new;
    change.columns.insert(change.columns.begin(), first.columns.begin(), first.columns.end());
  }
  const auto [place, is_new] = changes_by_table_.emplace(change.table, changes_.tables.size());
  if (is_new) {
    changes_.tables.push_back(std::move(change));
    return;
  }
  SchemaChange::TableChange& recorded = changes_.tables[place->second];
  for (Column& column : change.columns) recorded.columns.push_back(std::move(column));
}

// The error of a contract, with the value that broke it.
Status NormalizerCore::violation(const Contract& contract, const Table& partial, FittedRow& fitted, Status status,
                                 const Frame& frame) const {
  for (const Column& column : partial.columns()) {
    if (is_dlt_name(column.name())) continue;
    Table alone(partial.name());
    alone.merge_column(column);
    if (apply_contract(schema_, contract, std::move(alone)).ok()) continue;
    const FittedRow::Field* field = fitted.find(column.name());
    const Table* known = schema_.find_table(partial.name());
    const Column* there = known == nullptr ? nullptr : known->find(column.name());
    const bool is_type = column.flag("variant") || (there != nullptr && there->complete());
    error_contract_ = known == nullptr && contract.tables == ContractMode::kFreeze ? "tables"
                      : is_type                                                    ? "data_type"
                                                                                   : "columns";
    return with_place(std::move(status), frame, field == nullptr ? nullptr : field->origin);
  }
  return with_place(std::move(status), frame, nullptr);
}

// What a discarding contract refuses of one row, told and left out.
Result<NormalizerCore::Outcome> NormalizerCore::quarantine_parts(const Table& known_or_new,
                                                                 const std::vector<ContractFilter>& filters,
                                                                 const Contract& contract, FittedRow& fitted,
                                                                 const Frame& frame) {
  Outcome outcome = Outcome::kWritten;
  for (const ContractFilter& filter : filters) {
    FittedRow::Field* field = filter.whole_table ? nullptr : fitted.find(filter.name);
    const Column* column = filter.whole_table ? nullptr : known_or_new.find(filter.name);
    const bool is_type = column != nullptr && (column->flag("variant") || contract.columns != filter.mode);
    const std::string_view entity = filter.whole_table ? "tables" : is_type ? "data_type" : "columns";
    const std::string what = filter.whole_table ? "table '" + filter.name + "' is new"
                             : is_type          ? "a value does not fit: it would need column '" + filter.name + "'"
                                                : "column '" + filter.name + "' is new";
    const Cell* origin = field == nullptr ? nullptr : field->origin;
    const bool is_in_row = origin != nullptr && origin >= frame.row && origin < frame.row + Ref(frame.row).span();
    quarantine_({.table = known_or_new.name(),
                 .reason = what,
                 .contract = fmt::format("{} = {}", entity, contract_mode_name(filter.mode)),
                 .path = path_of(frame, is_in_row ? origin : nullptr),
                 .row = Ref(frame.row)});
    if (filter.whole_table || filter.mode == ContractMode::kDiscardRow) return Outcome::kDropped;
    if (field != nullptr) field->cell.kind = Kind::kNull;
  }
  return outcome;
}

// False: the error is not about the row.
bool NormalizerCore::quarantine_row(const TableState& table, const Status& status, const Frame& frame) {
  const Code code = status.code();
  const bool is_contract = code == Code::kContractViolated;
  if (!quarantine_ || !(is_contract || code == Code::kCoercion || code == Code::kNullViolation)) return false;
  std::string contract;
  if (is_contract) contract = error_contract_ + " = freeze";
  quarantine_({.table = table.name(),
               .reason = status.message(),
               .contract = std::move(contract),
               .path = error_path_,
               .row = Ref(frame.row)});
  return true;
}

Result<NormalizerCore::Outcome> NormalizerCore::grow_schema(RowShape& shape, Table partial, FittedRow& fitted,
                                                            const Frame& frame) {
  TableState& table = *shape.table;
  const Schema& schema = schema_;
  const Table* known = schema.find_table(table.name());
  if (known == nullptr) {
    partial.props() =
        (shape.parent_table.empty() ? Table::root(table.name()) : Table::child(table.name(), shape.parent_table))
            .props();
  }
  if (!table.contract) {
    const Table* parent = known != nullptr ? known : schema.find_table(shape.parent_table);
    table.contract = contract_of(schema, parent != nullptr ? *parent : partial);
  }
  Result<ContractVerdict> verdict =
      apply_contract(schema, *table.contract, table.contract->all_evolve() ? std::move(partial) : partial);
  if (!verdict) return violation(*table.contract, partial, fitted, std::move(verdict).status(), frame);
  Outcome outcome = Outcome::kWritten;
  if (quarantine_ && !verdict->filters.empty()) {
    LODE_ASSIGN(outcome, quarantine_parts(partial, verdict->filters, *table.contract, fitted, frame));
    verdict->filters.clear();  // nothing is remembered: every such row is to be seen
  }
  for (const ContractFilter& filter : verdict->filters) {
    if (filter.whole_table) {
      table.is_discarded = true;
    } else {
      table.filters[filter.name] = filter.mode;
    }
    ++table.epoch;
  }
  if (!verdict->allowed) return Outcome::kDropped;
  record(schema_.merge(std::move(*verdict->allowed)));
  update_root_key(schema_, table.name(), merge_strategy_);
  schema_revision_ = schema_.revision();
  LODE_TRY(sync_slots(table, &frame));
  if (verdict->filters.empty()) return outcome;
  for (FittedRow::Field& field : fitted.fields) {
    const auto filter = table.filters.find(field.name);
    if (filter == table.filters.end()) continue;
    if (filter->second == ContractMode::kDiscardRow) return Outcome::kDropped;
    field.cell.kind = Kind::kNull;
  }
  return Outcome::kWritten;
}

}  // namespace lode
