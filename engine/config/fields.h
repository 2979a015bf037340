// FieldSpec: the fields of a thing, declared once: from it come checks, "did you mean", defaults and reference text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/coerce.h"
#include "json/value.h"

namespace lode {

struct Field {
  std::string name;
  FieldType type = FieldType::kAny;
  std::string doc;  ///< a sentence
  bool required = false;
  std::optional<json::Value> fallback;  ///< used when the field is absent
  std::vector<std::string> choices;     ///< not empty: the texts that are allowed
  std::optional<double> least, most;    ///< bounds of a number
};

/// How exactly given values must have the declared types.
enum class Strictness {
  kTyped,  ///< as a program gives them: only a whole double passes as an integer, and an integer as a number
  kText,   ///< as a person writes them in an environment variable or a URL: text is coerced
};

/// A value, built once and then only read.
class FieldSpec {
 public:
  // Each adds a field; those below speak of the one added last. In the order in which people should read them: required
  // ones first, then by importance.
  FieldSpec& text(std::string name, std::string doc) { return add(std::move(name), FieldType::kText, std::move(doc)); }
  FieldSpec& integer(std::string name, std::string doc) {
    return add(std::move(name), FieldType::kInteger, std::move(doc));
  }
  FieldSpec& number(std::string name, std::string doc) {
    return add(std::move(name), FieldType::kNumber, std::move(doc));
  }
  FieldSpec& boolean(std::string name, std::string doc) {
    return add(std::move(name), FieldType::kBoolean, std::move(doc));
  }
  FieldSpec& secret(std::string name, std::string doc) {
    return add(std::move(name), FieldType::kSecret, std::move(doc));
  }
  FieldSpec& path(std::string name, std::string doc) { return add(std::move(name), FieldType::kPath, std::move(doc)); }
  FieldSpec& timestamp(std::string name, std::string doc) {
    return add(std::move(name), FieldType::kTimestamp, std::move(doc));
  }
  FieldSpec& list(std::string name, std::string doc) { return add(std::move(name), FieldType::kList, std::move(doc)); }
  FieldSpec& object(std::string name, std::string doc) {
    return add(std::move(name), FieldType::kObject, std::move(doc));
  }
  FieldSpec& any(std::string name, std::string doc) { return add(std::move(name), FieldType::kAny, std::move(doc)); }
  FieldSpec& add(std::string name, FieldType type, std::string doc);

  FieldSpec& required();
  FieldSpec& fallback(json::Value value);
  FieldSpec& choices(std::vector<std::string> texts);
  FieldSpec& at_least(double number);
  FieldSpec& at_most(double number);

  FieldSpec& example(std::string text);  ///< of the whole thing: `{ file = "out/shop.db" }`

  const std::vector<Field>& fields() const { return fields_; }
  const Field* find(std::string_view name) const;  ///< null if there is none
  const std::string& example_text() const { return example_; }

  /// `given` checked: an object with the declared fields in the declared order, defaults filled in, absent ones left
  /// out. null in `given` means absent. `subject` begins the messages: "destination sqlite". Errors:
  /// kConfigUnknownField (with "did you mean"), kConfigInvalid (type, choice, bound), kConfigMissing. Values of secret
  /// fields are never shown.
  Result<json::Value> check(const json::Value& given, std::string_view subject,
                            Strictness strictness = Strictness::kTyped) const;
  /// One value, as check() would treat it.
  Result<json::Value> check_field(const Field& field, const json::Value& value, std::string_view subject,
                                  Strictness strictness) const;
  /// For reference pages and "--help": a line a field, with type, default and doc.
  std::string describe() const;
  /// The same for programs: [{ name, type, doc, secret, required, default, choices, least, most }], less what is
  /// absent.
  json::Value to_json() const;

 private:
  Field& last();
  std::vector<Field> fields_;
  std::string example_;
};

}  // namespace lode
