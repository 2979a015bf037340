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

// Values for columns that are there go into their slots, the others into `fit.fresh`.
Status NormalizerCore::fit_row(const FlatRow& row, RowFit& fit) {
  for (const FlatRow::Column& column : row.columns) {
    if (column.value == nullptr) continue;
    if (column.value->kind == Kind::kNull) {
      LODE_TRY(fit_null(fit, column.name, column.value));
    } else {
      LODE_TRY(fit_value(fit, column.name, column.value, column.value, false));
    }
  }
  return Status();
}

// Null makes no column. It is remembered, so that the user hears of columns that never had a value.
Status NormalizerCore::fit_null(const RowFit& fit, std::string_view name, const Cell* value) {
  const Column* column = fit.known == nullptr ? nullptr : fit.known->find(name);
  const bool is_required =
      column != nullptr && column->complete() ? !column->nullable() : column == nullptr && rules_.is_not_null(name);
  if (is_required) {
    return with_place(Status::error(Code::kNullViolation,
                                    fmt::format("table '{}': column '{}' must not be null", fit.table.name(), name)),
                      fit.frame, value);
  }
  if (column == nullptr || !column->complete()) {
    auto& nulls = null_only_[fit.table.name()];
    if (!nulls.contains(name)) nulls.emplace(name);
  }
  return Status();
}

std::string NormalizerCore::variant_name(const Table* known, std::string_view name, DataType type) const {
  const std::string column(name);
  if (type == DataType::kJson && known != nullptr) {
    // What dlt called variants with nested values before it renamed the type.
    std::string old = naming_->shorten_fragments({column, "v_complex"});
    if (const Column* variant = known->find(old); variant != nullptr && variant->flag("variant")) return old;
  }
  return naming_->shorten_fragments({column, fmt::format("v_{}", type_name(type))});
}

// `origin` is the value in the data that `value` stands for.
Status NormalizerCore::fit_value(RowFit& fit, std::string_view name, const Cell* value, const Cell* origin,
                                 bool is_variant) {
  const std::int32_t slot = fit.table.slot_of(name);  // complete columns have one
  const DataType type = slot < 0 ? rules_.infer_type(*value, name, is_variant) : fit.table.type_of(slot);
  Cell cell;
  if (!coercer_.convert(type, value, cell)) {
    const DataType own = native_type(*value);
    if (!is_variant) {
      const std::string_view variant = arena_.copy(variant_name(fit.known, name, own));
      return fit_value(fit, variant, value, origin, true);
    }
    return with_place(Status::error(Code::kCoercion,
                                    fmt::format("table '{}': column '{}' is {}, and this {} cannot be converted to it",
                                                fit.table.name(), name, type_name(type), type_name(own)))
                          .hint("convert the value in an :add_map, or declare the data_type that fits all values"),
                      fit.frame, origin);
  }
  if (slot >= 0) {
    fit.table.set(slot, cell);
  } else if (type == DataType::kWei && is_wei_too_large(cell)) {
    const Cell as_text = text_cell(arena_.copy({cell.text, cell.size}));
    const std::string_view variant = arena_.copy(naming_->shorten_fragments({std::string(name), "v_str"}));
    return fit_value(fit, variant, &as_text, origin, true);
  } else {
    add_new_value(fit, type, is_variant, {name, cell, origin});
  }
  return Status();
}

void NormalizerCore::add_new_value(RowFit& fit, DataType type, bool is_variant, const NewValue& value) const {
  Column inferred = rules_.infer_column(value.column, type, is_variant);
  if (const Column* declared = fit.known == nullptr ? nullptr : fit.known->find(value.column)) {
    // What was declared without a type completes what was inferred, and wins.
    for (const auto& [property, declaration] : declared->props().members()) {
      if (property != "data_type") inferred.set(property, declaration);
    }
  }
  // Two values of the row may want the same new column; the later one decides, at the place of the first.
  if (const std::optional<std::size_t> same = fit.partial.index_of(value.column)) {
    *fit.partial.find(value.column) = std::move(inferred);
    fit.fresh[*same] = value;
  } else {
    fit.partial.merge_column(std::move(inferred));
    fit.fresh.push_back(value);
  }
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
Status NormalizerCore::violation(const Contract& contract, const Table& partial, const NewValues& fresh, Status status,
                                 const Frame& frame) const {
  for (std::size_t i = 0; i < partial.columns().size(); ++i) {
    const Column& column = partial.columns()[i];
    if (is_dlt_name(column.name())) continue;
    Table alone(partial.name());
    alone.merge_column(column);
    if (apply_contract(schema_, contract, std::move(alone)).ok()) continue;
    const Table* known = schema_.find_table(partial.name());
    const Column* there = known == nullptr ? nullptr : known->find(column.name());
    const bool is_type = column.flag("variant") || (there != nullptr && there->complete());
    error_contract_ = known == nullptr && contract.tables == ContractMode::kFreeze ? "tables"
                      : is_type                                                    ? "data_type"
                                                                                   : "columns";
    return with_place(std::move(status), frame, fresh[i].origin);
  }
  return with_place(std::move(status), frame, nullptr);
}

// What a discarding contract refuses of one row, told and left out.
Result<NormalizerCore::Outcome> NormalizerCore::quarantine_parts(const Table& partial,
                                                                 const std::vector<ContractFilter>& filters,
                                                                 const Contract& contract, NewValues& fresh,
                                                                 const Frame& frame) {
  Outcome outcome = Outcome::kWritten;
  for (const ContractFilter& filter : filters) {
    const std::optional<std::size_t> place = filter.whole_table ? std::nullopt : partial.index_of(filter.name);
    NewValue* value = place ? &fresh[*place] : nullptr;
    const Column* column = place ? &partial.columns()[*place] : nullptr;
    const bool is_type = column != nullptr && (column->flag("variant") || contract.columns != filter.mode);
    const std::string_view entity = filter.whole_table ? "tables" : is_type ? "data_type" : "columns";
    const std::string what = filter.whole_table ? "table '" + filter.name + "' is new"
                             : is_type          ? "a value does not fit: it would need column '" + filter.name + "'"
                                                : "column '" + filter.name + "' is new";
    const Cell* origin = value == nullptr ? nullptr : value->origin;
    const bool is_in_row = origin != nullptr && origin >= frame.row && origin < frame.row + Ref(frame.row).span();
    quarantine_({.table = partial.name(),
                 .reason = what,
                 .contract = fmt::format("{} = {}", entity, contract_mode_name(filter.mode)),
                 .path = path_of(frame, is_in_row ? origin : nullptr),
                 .row = Ref(frame.row)});
    if (filter.whole_table || filter.mode == ContractMode::kDiscardRow) return Outcome::kDropped;
    if (value != nullptr) value->cell.kind = Kind::kNull;
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

Result<NormalizerCore::Outcome> NormalizerCore::grow_schema(RowShape& shape, Table partial, NewValues& fresh,
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
  if (!verdict) return violation(*table.contract, partial, fresh, std::move(verdict).status(), frame);
  Outcome outcome = Outcome::kWritten;
  if (quarantine_ && !verdict->filters.empty()) {
    LODE_ASSIGN(outcome, quarantine_parts(partial, verdict->filters, *table.contract, fresh, frame));
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
  const bool changes_keys = known == nullptr || !verdict->allowed->first_with("root_key").empty() ||
                            !verdict->allowed->first_with("row_key").empty();
  record(schema_.merge(std::move(*verdict->allowed)));
  if (changes_keys) update_root_key(schema_, table.name(), merge_strategy_);
  schema_revision_ = schema_.revision();
  LODE_TRY(sync_slots(table, &frame));
  if (verdict->filters.empty()) return outcome;
  for (NewValue& value : fresh) {
    const auto filter = table.filters.find(value.column);
    if (filter == table.filters.end()) continue;
    if (filter->second == ContractMode::kDiscardRow) return Outcome::kDropped;
    value.cell.kind = Kind::kNull;
  }
  return Outcome::kWritten;
}

}  // namespace lode
