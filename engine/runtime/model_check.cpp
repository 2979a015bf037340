// Model check: one walk over a row finds what does not fit; rows without a finding go on as they are.
#include "runtime/model_check.h"

#include <fmt/format.h>

#include <algorithm>

namespace lode {
namespace {

using json::Cell;
using json::Kind;
using json::Ref;

bool is_container(Ref value) { return value.is_object() || value.is_list(); }

std::string kind_text(Ref value) {
  switch (value.kind()) {
    case Kind::kObject:
      return "an object";
    case Kind::kList:
      return "a list";
    case Kind::kBigInt:
      return "a large integer";
    default:
      return std::string(type_name(native_type(*value.cell())));
  }
}

}  // namespace

CheckedRows ModelCheck::check(const json::Rows& rows) {
  CheckedRows checked;
  json::DocumentBuilder builder;
  bool is_changed = false;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    path_.assign(1, Step{"", i});
    misfits_.clear();
    removed_.clear();
    replaced_.clear();
    arena_.reset();
    const bool stays = check_model(*model_, rows.rows[i]);
    for (Misfit& misfit : misfits_) checked.misfits.push_back(std::move(misfit));
    if (!is_changed && (!stays || !removed_.empty() || !replaced_.empty())) {
      is_changed = true;
      for (const std::size_t place : checked.places) builder.copy(rows.rows[place]);
    }
    if (!stays) continue;
    checked.places.push_back(i);
    if (is_changed) write(rows.rows[i], builder);
  }
  if (!is_changed) {
    checked.rows = rows;
    return checked;
  }
  checked.rows.document = builder.finish();
  for (std::size_t i = 0; i < checked.rows.document->root_count(); ++i)
    checked.rows.rows.push_back(checked.rows.document->root(i));
  return checked;
}

// "$[3].address.zip", or without the row: "address.zip".
std::string ModelCheck::place(bool with_row) const {
  std::string text = with_row ? "$" : "";
  for (std::size_t i = with_row ? 0 : 1; i < path_.size(); ++i) {
    if (path_[i].key.empty()) {
      text += fmt::format("[{}]", path_[i].index);
    } else {
      text.append(text.empty() ? "" : ".").append(path_[i].key);
    }
  }
  return text;
}

bool ModelCheck::misfit(std::string_view entity, const std::string& what, Ref value, const Cell* removable) {
  const ContractMode mode = entity == "columns" ? contract_.columns : contract_.data_type;
  if (mode == ContractMode::kEvolve) return true;
  const bool leaves_out = mode != ContractMode::kDiscardValue;
  if (leaves_out) misfits_.clear();  // what was removed of a row that is gone is no news
  const std::string field = place(false);
  misfits_.push_back({.row = path_.front().index,
                      .path = place(true),
                      .what = fmt::format("{} {}", field.empty() ? "the row" : field, what),
                      .entity = entity,
                      .mode = mode,
                      .field = std::string(path_.back().key),
                      .value = value ? json::to_value(value) : json::Value()});
  if (leaves_out) return false;
  if (removable != nullptr) removed_.push_back(removable);
  return true;
}

bool ModelCheck::check_model(const Model& model, Ref value) {
  if (!value.is_object()) {
    return misfit("data_type", fmt::format("is {}, the model says an object", kind_text(value)), value, nullptr);
  }
  const std::vector<ModelField>& fields = model.fields();
  std::vector<bool> has_value(fields.size(), false);
  std::size_t expected = 0;  // rows mostly have their fields in the order of the model
  Ref key = value.size() > 0 ? value.first_child() : value;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const Ref member = key.next();
    const std::string_view name = key.as_text();
    if (expected >= fields.size() || fields[expected].name != name) {
      const auto found =
          std::find_if(fields.begin(), fields.end(), [&](const ModelField& field) { return field.name == name; });
      expected = static_cast<std::size_t>(found - fields.begin());
    }
    path_.push_back({name, 0});
    if (expected < fields.size()) {
      has_value[expected] = !member.is_null();
      if (!member.is_null() && !check_value(fields[expected].type, member, key.cell())) return false;
      ++expected;
    } else if (contract_.columns != ContractMode::kEvolve &&
               !misfit("columns", "is no field of the model", member, key.cell())) {
      return false;
    }
    path_.pop_back();
    key = member.next();
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const ModelType& type = fields[i].type;
    if (has_value[i] || type.is_optional || type.kind == ModelType::Kind::kAny) continue;
    const std::string_view how = value.find(fields[i].name) ? "null" : "missing";
    path_.push_back({fields[i].name, 0});
    if (!misfit("data_type", fmt::format("is {}, the model says {}", how, type.text()), Ref(), nullptr)) return false;
    path_.pop_back();
  }
  return true;
}

bool ModelCheck::check_list(const ModelType& item, Ref list) {
  Ref at = list.size() > 0 ? list.first_child() : list;
  for (std::size_t i = 0; i < list.size(); ++i, at = at.next()) {
    path_.push_back({"", i});
    if (!at.is_null()) {
      if (!check_value(item, at, at.cell())) return false;
    } else if (!item.is_optional && item.kind != ModelType::Kind::kAny) {
      const std::string what = fmt::format("is null, the model says {}", item.text());
      if (!misfit("data_type", what, at, at.cell())) return false;
    }
    path_.pop_back();
  }
  return true;
}

bool ModelCheck::check_value(const ModelType& type, Ref value, const Cell* removable) {
  const auto wrong = [&] {
    return misfit("data_type", fmt::format("is {}, the model says {}", kind_text(value), type.text()), value,
                  removable);
  };
  if (type.kind == ModelType::Kind::kAny || type.type == DataType::kJson) return true;
  if (type.kind == ModelType::Kind::kModel) return value.is_object() ? check_model(*type.model, value) : wrong();
  if (type.kind == ModelType::Kind::kList) return value.is_list() ? check_list(*type.item, value) : wrong();
  Cell converted;
  if (is_container(value) || !coercer_.convert(type.type, value.cell(), converted)) return wrong();
  // A column converts its values anyway; inside of json columns nobody else does.
  const bool is_json_kind = converted.kind == Kind::kInt || converted.kind == Kind::kDouble ||
                            converted.kind == Kind::kBool || converted.kind == Kind::kText;
  const bool is_nested = path_.size() > 2;
  if (is_nested && is_json_kind && converted.kind != value.kind()) replaced_.push_back({value.cell(), converted});
  return true;
}

bool ModelCheck::has_edits(Ref value) const {
  const Cell* begin = value.cell();
  const Cell* end = begin + value.span();
  const auto is_inside = [&](const Cell* cell) { return cell >= begin && cell < end; };
  return std::any_of(removed_.begin(), removed_.end(), is_inside) ||
         std::any_of(replaced_.begin(), replaced_.end(), [&](const Replaced& edit) { return is_inside(edit.cell); });
}

void ModelCheck::write(Ref value, json::DocumentBuilder& out) const {
  const auto replaced =
      std::find_if(replaced_.begin(), replaced_.end(), [&](const Replaced& edit) { return edit.cell == value.cell(); });
  if (replaced != replaced_.end()) return out.copy(Ref(&replaced->by));
  if (!is_container(value) || !has_edits(value)) return out.copy(value);
  const auto is_removed = [&](Ref at) {
    return std::find(removed_.begin(), removed_.end(), at.cell()) != removed_.end();
  };
  Ref at = value.first_child();
  if (value.is_list()) {
    out.begin_list();
    for (std::size_t i = 0; i < value.size(); ++i, at = at.next()) {
      if (!is_removed(at)) write(at, out);
    }
    return out.end_list();
  }
  out.begin_object();
  for (std::size_t i = 0; i < value.size(); ++i) {
    const Ref member = at.next();
    if (!is_removed(at)) {
      out.key(at.as_text());
      write(member, out);
    }
    at = member.next();
  }
  out.end_object();
}

}  // namespace lode
