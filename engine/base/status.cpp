// Status and the error catalogue: building errors and rendering them for people and for programs.
#include "base/status.h"

#include <cstdio>
#include <cstdlib>

#include "base/assert.h"
#include "base/text.h"

namespace lode {
namespace {

struct CatalogRow {
  std::string_view name;
  bool retryable;
  std::string_view hint;
};

constexpr CatalogRow kCatalog[] = {
    {"ok", false, ""},
#define LODE_ERROR(enumerator, name, retryable, hint) {name, retryable, hint},
#include "base/error_catalog.def"
#undef LODE_ERROR
};

const CatalogRow& row_of(Code code) { return kCatalog[static_cast<int>(code)]; }

// Details may have several lines; every one is indented below the message.
void append_indented(std::string& out, std::string_view text) {
  for (std::string_view line : split(text, '\n')) out.append("\n  ").append(line);
}

}  // namespace

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: lode has a bug: '%s' does not hold\n", file, line, expression);
  std::abort();
}

std::string_view code_name(Code code) { return row_of(code).name; }
bool code_retryable(Code code) { return row_of(code).retryable; }

struct Status::Detail {
  struct Note {
    std::string key;  // empty: a line of free text
    std::string text;
  };
  Code code = Code::kBug;
  std::string message;
  std::string where;
  std::string hint;
  std::vector<Note> notes;
  Status cause;
};

Status Status::error(Code code, std::string message) {
  LODE_ASSERT(code != Code::kOk);
  Status status;
  status.detail_ = std::make_shared<Detail>();
  status.detail_->code = code;
  status.detail_->message = std::move(message);
  return status;
}

// A Status that was handed on may be shared; whoever changes it works on a copy.
Status::Detail& Status::edit() {
  LODE_ASSERT(detail_ != nullptr);
  if (detail_.use_count() > 1) detail_ = std::make_shared<Detail>(*detail_);
  return *detail_;
}

Status& Status::with(std::string key, std::string value) & {
  edit().notes.push_back({std::move(key), std::move(value)});
  return *this;
}

Status& Status::note(std::string line) & {
  edit().notes.push_back({"", std::move(line)});
  return *this;
}

Status& Status::hint(std::string text) & {
  edit().hint = std::move(text);
  return *this;
}

Status& Status::at(std::string where) & {
  if (edit().where.empty()) detail_->where = std::move(where);
  return *this;
}

Status& Status::about(std::string_view what) & {
  edit().message.insert(0, std::string(what) + ": ");
  return *this;
}

Status& Status::caused_by(Status cause) & {
  if (!cause.ok()) edit().cause = std::move(cause);
  return *this;
}

Code Status::code() const { return ok() ? Code::kOk : detail_->code; }

const std::string& Status::message() const {
  static const std::string kEmpty;
  return ok() ? kEmpty : detail_->message;
}

const std::string& Status::where() const {
  static const std::string kEmpty;
  return ok() ? kEmpty : detail_->where;
}

std::string Status::hint_text() const {
  if (ok()) return "";
  return detail_->hint.empty() ? std::string(row_of(detail_->code).hint) : detail_->hint;
}

std::string Status::first_line() const {
  if (ok()) return "ok";
  return detail_->where.empty() ? detail_->message : detail_->where + ": " + detail_->message;
}

void Status::append_body(std::string& out) const {
  for (const Detail::Note& note : detail_->notes) {
    append_indented(out, note.key.empty() ? note.text : note.key + ": " + note.text);
  }
  if (!detail_->cause.ok()) {
    append_indented(out, "because: " + detail_->cause.first_line());
    detail_->cause.append_body(out);
  }
}

std::string Status::render() const {
  if (ok()) return "ok";
  std::string out = first_line();
  append_body(out);
  if (std::string text = hint_text(); !text.empty()) append_indented(out, "hint: " + text);
  out.append("\n  [").append(code_name(code())).append("]");
  return out;
}

std::string Status::render_json() const {
  if (ok()) return R"({"code":"ok"})";
  std::string out = "{\"code\":" + quote_json(code_name(code())) + ",\"message\":" + quote_json(detail_->message);
  if (!detail_->where.empty()) out += ",\"where\":" + quote_json(detail_->where);
  out += ",\"details\":[";
  for (std::size_t i = 0; i < detail_->notes.size(); ++i) {
    const Detail::Note& note = detail_->notes[i];
    if (i > 0) out += ',';
    out += note.key.empty() ? "{\"text\":" + quote_json(note.text) + "}"
                            : "{\"key\":" + quote_json(note.key) + ",\"text\":" + quote_json(note.text) + "}";
  }
  out += "],\"retryable\":";
  out += retryable() ? "true" : "false";
  if (std::string text = hint_text(); !text.empty()) out += ",\"hint\":" + quote_json(text);
  if (!detail_->cause.ok()) out += ",\"cause\":" + detail_->cause.render_json();
  return out + "}";
}

}  // namespace lode
