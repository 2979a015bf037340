// Paths into JSON values: compiling and walking.
#include "json/path.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace lode::json {
namespace {

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '@' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_name(char c) { return is_name_start(c) || c == '-'; }

// Reads the text of a path from left to right.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (peek() != c || at_end()) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  void skip_white() {
    while (peek() == ' ') ++at_;
  }
  std::string name() {
    const std::size_t start = at_;
    if (is_name_start(peek())) {
      while (is_name(peek())) ++at_;
    }
    return std::string(text_.substr(start, at_ - start));
  }
  /// The text between quotes; `*error` is set if there is no closing one.
  bool quoted(std::string& out) {
    const char quote = text_[at_++];
    for (; !at_end(); ++at_) {
      if (text_[at_] == quote) {
        ++at_;
        return true;
      }
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      out.push_back(text_[at_]);
    }
    return false;
  }
  bool integer(std::int64_t& out) {
    const auto [stop, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), out);
    if (error != std::errc()) return false;
    at_ = static_cast<std::size_t>(stop - text_.data());
    return true;
  }
  Status error(std::string_view what) const {
    return Status::error(Code::kJsonPath, fmt::format("path {}: character {}: {}", quote_json(text_),
                                                      count_code_points(text_.substr(0, at_)) + 1, what));
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

// What stands in brackets: a quoted field, '*', an index or a slice.
Status Path::compile_bracket(void* opaque) {
  Reader& reader = *static_cast<Reader*>(opaque);
  Step step;
  reader.skip_white();
  if (reader.peek() == '\'' || reader.peek() == '"') {
    if (!reader.quoted(step.field)) return reader.error("the closing quote is missing");
  } else if (reader.take('*')) {
    step.kind = Step::Kind::kSlice;
  } else {
    step.kind = Step::Kind::kIndex;
    const bool has_first = reader.integer(step.index);
    reader.skip_white();
    if (reader.take(':')) {
      step.kind = Step::Kind::kSlice;
      step.has_slice_start = has_first;
      reader.skip_white();
      step.has_slice_end = reader.integer(step.slice_end);
    } else if (!has_first) {
      return reader.error("an index, a slice, '*' or a quoted name was expected");
    }
  }
  reader.skip_white();
  if (!reader.take(']')) return reader.error("']' was expected");
  steps_.push_back(std::move(step));
  return {};
}

Result<Path> Path::compile(std::string_view text) {
  Path path;
  path.text_ = text;
  Reader reader(text);
  bool wants_step = true;  // at the start and after a dot
  bool may_name = !reader.take('$');
  if (!may_name) wants_step = false;
  while (wants_step || !reader.at_end()) {
    if (!wants_step || !path.steps_.empty() || !may_name) {
      if (!wants_step && reader.take("..")) {
        path.steps_.push_back({Step::Kind::kDescend});
        wants_step = true;
        continue;
      }
      if (!wants_step && reader.take('.')) {
        wants_step = true;
        continue;
      }
    }
    if (reader.take('[')) {
      LODE_TRY(path.compile_bracket(&reader));
    } else if (!wants_step) {
      return reader.error("'.' or '[' was expected");
    } else if (reader.take('*')) {
      path.steps_.push_back({Step::Kind::kAnyChild});
    } else if (reader.peek() == '\'' || reader.peek() == '"') {
      Step step;
      if (!reader.quoted(step.field)) return reader.error("the closing quote is missing");
      path.steps_.push_back(std::move(step));
    } else {
      Step step;
      step.field = reader.name();
      if (step.field.empty()) return reader.error("a field name was expected");
      path.steps_.push_back(std::move(step));
    }
    wants_step = false;
  }
  if (may_name && path.steps_.size() == 1 && path.steps_[0].kind == Step::Kind::kField) {
    path.plain_field_ = path.steps_[0].field;
  }
  return path;
}

std::vector<Ref> Path::select(Ref root) const {
  std::vector<Ref> out;
  if (root) apply(0, root, out);
  return out;
}

Ref Path::first(Ref root) const {
  if (!root) return {};
  if (!plain_field_.empty()) return root.find(plain_field_);
  const std::vector<Ref> all = select(root);
  return all.empty() ? Ref() : all.front();
}

void Path::apply(std::size_t index, Ref value, std::vector<Ref>& out) const {
  if (index == steps_.size()) {
    out.push_back(value);
    return;
  }
  const Step& step = steps_[index];
  const auto count = static_cast<std::int64_t>(value.size());
  switch (step.kind) {
    case Step::Kind::kField:
      if (const Ref member = value.find(step.field)) apply(index + 1, member, out);
      return;
    case Step::Kind::kIndex:
    case Step::Kind::kSlice: {
      if (!value.is_list()) {
        if (step.kind == Step::Kind::kSlice) apply(index + 1, value, out);
        return;
      }
      std::int64_t from = step.index;
      std::int64_t to = from + 1;
      if (step.kind == Step::Kind::kSlice) {
        from = step.has_slice_start ? step.index : 0;
        to = step.has_slice_end ? step.slice_end : count;
        if (from < 0) from = std::max<std::int64_t>(0, from + count);
        if (to < 0) to += count;
      } else if (from < 0) {
        from += count;
        to += count;
      }
      if (from < 0) return;
      Ref item = count > 0 ? value.first_child() : Ref();
      for (std::int64_t i = 0; i < std::min(to, count); ++i, item = item.next()) {
        if (i >= from) apply(index + 1, item, out);
      }
      return;
    }
    case Step::Kind::kAnyChild:
    case Step::Kind::kDescend: break;
  }
  if (step.kind == Step::Kind::kDescend) apply(index + 1, value, out);
  if (count == 0 || !(value.is_object() || (value.is_list() && step.kind == Step::Kind::kDescend))) return;
  Ref child = value.first_child();
  for (std::int64_t i = 0; i < count; ++i) {
    if (value.is_object()) child = child.next();
    apply(step.kind == Step::Kind::kDescend ? index : index + 1, child, out);
    child = child.next();
  }
}

}  // namespace lode::json
