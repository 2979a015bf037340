// FieldSpec: the fields of a thing, declared once.
#include "config/fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "base/text.h"
#include "json/write.h"

namespace lode {
namespace {

bool is_text_type(FieldType type) {
  return type == FieldType::kText || type == FieldType::kSecret || type == FieldType::kPath;
}

// Whether `value` has the type without any reading between the lines.
bool has_type(const json::Value& value, FieldType type) {
  switch (type) {
    case FieldType::kAny:
      return true;
    case FieldType::kText:
    case FieldType::kSecret:
    case FieldType::kPath:
      return value.is_text();
    case FieldType::kInteger:
      return value.is_int() || value.is_double();  // coerce() refuses a double that is not whole
    case FieldType::kNumber:
      return value.is_int() || value.is_double();
    case FieldType::kBoolean:
      return value.is_bool();
    case FieldType::kTimestamp:
    case FieldType::kDate:
      return value.kind() == json::Kind::kTimestamp || value.kind() == json::Kind::kDate || value.is_text();
    case FieldType::kList:
      return value.is_list();
    case FieldType::kObject:
      return value.is_object();
  }
  return false;
}

Status wrong_type(const Field& field, const json::Value& value, std::string_view subject) {
  Status error =
      Status::error(Code::kConfigInvalid, fmt::format("{}: field '{}' is {}; {} was expected", subject, field.name,
                                                      json::kind_name(value.kind()), type_phrase(field.type)));
  if (field.type != FieldType::kSecret) error.with("value", shorten(json::write(value), 200));
  return error;
}

Status check_choice(const Field& field, const json::Value& value, std::string_view subject) {
  if (field.choices.empty() || !value.is_text()) return {};
  if (std::find(field.choices.begin(), field.choices.end(), value.as_text()) != field.choices.end()) return {};
  Status error = Status::error(Code::kConfigInvalid,
                               fmt::format("{}: field '{}' is '{}'; one of these was expected: {}", subject, field.name,
                                           shorten(value.as_text(), 60), join(field.choices, ", ")));
  if (const std::string meant = closest(value.as_text(), field.choices); !meant.empty()) {
    error.note(fmt::format("did you mean '{}'?", meant));
  }
  return error;
}

Status check_bounds(const Field& field, const json::Value& value, std::string_view subject) {
  if (!value.is_int() && !value.is_double()) return {};
  const double number = value.as_double();
  const bool low = field.least && !(number >= *field.least);
  const bool high = field.most && !(number <= *field.most);
  if (!low && !high) return {};
  return Status::error(Code::kConfigInvalid,
                       fmt::format("{}: field '{}' is {}; it must be at {} {}", subject, field.name, json::write(value),
                                   low ? "least" : "most", low ? *field.least : *field.most));
}

}  // namespace

FieldSpec& FieldSpec::add(std::string name, FieldType type, std::string doc) {
  LODE_ASSERT(find(name) == nullptr);
  Field field;
  field.name = std::move(name);
  field.type = type;
  field.doc = std::move(doc);
  fields_.push_back(std::move(field));
  return *this;
}

Field& FieldSpec::last() {
  LODE_ASSERT(!fields_.empty());
  return fields_.back();
}

FieldSpec& FieldSpec::required() {
  last().required = true;
  return *this;
}

FieldSpec& FieldSpec::fallback(json::Value value) {
  last().fallback = std::move(value);
  return *this;
}

FieldSpec& FieldSpec::choices(std::vector<std::string> texts) {
  LODE_ASSERT(is_text_type(last().type) || last().type == FieldType::kAny);
  last().choices = std::move(texts);
  return *this;
}

FieldSpec& FieldSpec::at_least(double number) {
  last().least = number;
  return *this;
}

FieldSpec& FieldSpec::at_most(double number) {
  last().most = number;
  return *this;
}

FieldSpec& FieldSpec::example(std::string text) {
  example_ = std::move(text);
  return *this;
}

const Field* FieldSpec::find(std::string_view name) const {
  for (const Field& field : fields_) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

Result<json::Value> FieldSpec::check_field(const Field& field, const json::Value& value, std::string_view subject,
                                           Strictness strictness) const {
  if (strictness == Strictness::kTyped && !has_type(value, field.type)) return wrong_type(field, value, subject);
  LODE_ASSIGN(json::Value checked, coerce(value, field.type, fmt::format("{}: field '{}'", subject, field.name)));
  LODE_TRY(check_choice(field, checked, subject));
  LODE_TRY(check_bounds(field, checked, subject));
  return checked;
}

Result<json::Value> FieldSpec::check(const json::Value& given, std::string_view subject, Strictness strictness) const {
  if (!given.is_object() && !given.is_null()) {
    return Status::error(Code::kConfigInvalid, fmt::format("{}: {} was given; a table of fields was expected", subject,
                                                           json::kind_name(given.kind())));
  }
  static const std::vector<json::Value::Member> kNone;
  for (const auto& member : given.is_null() ? kNone : given.members()) {
    if (find(member.first) != nullptr) continue;
    std::vector<std::string> names;
    for (const Field& field : fields_) names.push_back(field.name);
    Status error =
        Status::error(Code::kConfigUnknownField, fmt::format("{}: unknown field '{}'", subject, member.first));
    const std::string meant = closest(member.first, names);
    error.note(meant.empty() ? "its fields: " + join(names, ", ") : fmt::format("did you mean '{}'?", meant));
    return error;
  }
  json::Value checked = json::Value::object();
  for (const Field& field : fields_) {
    const json::Value* value = given.find(field.name);
    if (value != nullptr && !value->is_null()) {
      LODE_ASSIGN(json::Value good, check_field(field, *value, subject, strictness));
      checked.set(field.name, std::move(good));
    } else if (field.fallback) {
      checked.set(field.name, *field.fallback);
    } else if (field.required) {
      Status error =
          Status::error(Code::kConfigMissing, fmt::format("{}: field '{}' is required", subject, field.name));
      if (!field.doc.empty()) error.with(field.name, field.doc);
      if (!example_.empty()) error.hint("for example " + example_);
      return error;
    }
  }
  return checked;
}

std::string FieldSpec::describe() const {
  std::size_t width = 0;
  for (const Field& field : fields_) width = std::max(width, field.name.size());
  std::string out;
  for (const Field& field : fields_) {
    out += fmt::format("{:<{}}  {}", field.name, width, type_phrase(field.type));
    if (field.required) out += ", required";
    if (field.fallback) out += ", default " + json::write(*field.fallback);
    if (!field.choices.empty()) out += ", one of " + join(field.choices, " ");
    out += ". " + field.doc + "\n";
  }
  return out;
}

json::Value FieldSpec::to_json() const {
  json::Value list = json::Value::list();
  for (const Field& field : fields_) {
    json::Value entry = json::Value::object({{"name", field.name}, {"doc", field.doc}});
    entry.set("type", type_phrase(field.type));
    entry.set("secret", field.type == FieldType::kSecret);
    entry.set("required", field.required);
    if (field.fallback) entry.set("default", *field.fallback);
    if (!field.choices.empty()) {
      json::Value choices = json::Value::list();
      for (const std::string& choice : field.choices) choices.push_back(choice);
      entry.set("choices", std::move(choices));
    }
    if (field.least) entry.set("least", *field.least);
    if (field.most) entry.set("most", *field.most);
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace lode
