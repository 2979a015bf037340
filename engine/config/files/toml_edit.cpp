// Changing one value of a TOML document and nothing else.
//
// The text is cut where the parser says that values begin and end; it is never written anew from the parsed tree, which
// knows no comments. Where a new line goes is tried in several places, the best first. Whatever comes out is parsed
// again: it must be the old document with the one change, or nothing is changed.
#include "config/files/toml_edit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "config/files/toml.h"
#include "config/provider.h"
#include "config/secret.h"
#include "json/write.h"

namespace lode {
namespace {

using Parts = std::vector<std::string>;

std::string quoted_key(const std::string& part) {
  const bool is_bare = !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
  });
  return is_bare ? part : toml_quote(part);
}

std::string header_of(const Parts& parts) {
  std::string out = "[";
  for (const std::string& part : parts) out += (out.size() > 1 ? "." : "") + quoted_key(part);
  return out + "]";
}

Parts parent_of(const Parts& parts) { return {parts.begin(), parts.end() - 1}; }

const TomlEntry* find_entry(const std::vector<TomlEntry>& entries, const Parts& parts) {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const TomlEntry& entry) { return entry.parts == parts; });
  return found == entries.end() ? nullptr : &*found;
}

std::size_t end_of_line(std::string_view text, std::size_t at) {
  const std::size_t end = text.find('\n', at);
  return end == std::string_view::npos ? text.size() : end + 1;
}

std::size_t start_of_line(std::string_view text, std::size_t at) {
  const std::size_t before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  return before == std::string_view::npos ? 0 : before + 1;
}

class Editor {
 public:
  Editor(std::string_view text, const std::vector<TomlEntry>& entries, const KeyPath& key)
      : text_(text),
        entries_(entries),
        key_(key),
        line_end_(text.find("\r\n") == std::string_view::npos ? "\n" : "\r\n") {}

  // Texts that may be the document with a new line for the key, the nicest first.
  std::vector<std::string> with_new_line(const std::string& literal) const {
    const std::string line = quoted_key(key_.key()) + " = " + literal + line_end_;
    const Parts parent = parent_of(key_.parts);
    std::vector<std::string> out;
    const TomlEntry* table = find_entry(entries_, parent);
    if (table != nullptr && table->is_inline) return {into_braces(*table, literal)};
    if (const std::optional<std::size_t> end = end_of_last_value(parent)) out.push_back(inserted(*end, line));
    if (table != nullptr) out.push_back(inserted(end_of_line(text_, table->value_begin), line));
    if (parent.empty()) {
      out.push_back(inserted(start_of_tables(), line));
      return out;
    }
    std::string text = ended(text_);
    if (!text.empty()) text += line_end_;
    out.push_back(text + header_of(parent) + line_end_ + line);
    return out;
  }

  // Texts that may be the document without the entry.
  std::vector<std::string> without(const TomlEntry& entry) const {
    const std::size_t begin = start_of_line(text_, entry.key_begin);
    const std::string whole_lines =
        std::string(text_.substr(0, begin)) + std::string(text_.substr(end_of_line(text_, entry.value_end)));
    // In braces: with the comma behind it, or with the one before it.
    std::size_t end = entry.value_end;
    while (end < text_.size() && (text_[end] == ' ' || text_[end] == '\t')) ++end;
    std::string next;
    if (end < text_.size() && text_[end] == ',') {
      ++end;
      while (end < text_.size() && text_[end] == ' ') ++end;
      next = std::string(text_.substr(0, entry.key_begin)) + std::string(text_.substr(end));
    }
    std::size_t start = entry.key_begin;
    while (start > 0 && (text_[start - 1] == ' ' || text_[start - 1] == ',')) --start;
    const std::string_view behind = text_.substr(entry.value_end);
    const std::string last =
        std::string(text_.substr(0, start)) + (behind.starts_with(' ') ? "" : " ") + std::string(behind);
    return {whole_lines, next, last};
  }

 private:
  std::string inserted(std::size_t at, const std::string& line) const {
    return ended(text_.substr(0, at)) + line + std::string(text_.substr(at));
  }

  // With a line break at the end, unless it is empty.
  std::string ended(std::string_view text) const {
    return std::string(text) + (text.empty() || text.ends_with('\n') ? "" : line_end_);
  }

  std::optional<std::size_t> end_of_last_value(const Parts& parent) const {
    std::optional<std::size_t> last;
    for (const TomlEntry& entry : entries_) {
      const bool is_value = !entry.is_table || entry.is_inline;
      if (is_value && parent_of(entry.parts) == parent) last = std::max(last.value_or(0), entry.value_end);
    }
    return last ? std::optional(end_of_line(text_, *last)) : std::nullopt;
  }

  // Where the first section begins, the comment above it included.
  std::size_t start_of_tables() const {
    std::size_t first = text_.size();
    for (const TomlEntry& entry : entries_) {
      if (entry.is_table && !entry.is_inline) first = std::min(first, start_of_line(text_, entry.value_begin));
    }
    while (first > 0) {
      const std::size_t above = start_of_line(text_, first - 1);
      if (text_[above] != '#') break;
      first = above;
    }
    return first;
  }

  std::string into_braces(const TomlEntry& table, const std::string& literal) const {
    std::size_t close = table.value_end;
    while (close > table.value_begin && text_[close - 1] != '}') --close;
    if (close > table.value_begin) --close;
    std::string before(text_.substr(0, close));
    while (before.ends_with(' ')) before.pop_back();
    const bool is_empty = before.ends_with('{');
    return before + (is_empty ? " " : ", ") + quoted_key(key_.key()) + " = " + literal + " " +
           std::string(text_.substr(close));
  }

  const std::string_view text_;
  const std::vector<TomlEntry>& entries_;
  const KeyPath& key_;
  const std::string line_end_;
};

Status cannot_edit(const std::string& path, const KeyPath& key) {
  return Status::error(Code::kConfigInvalid,
                       fmt::format("'{}' cannot be changed in {} without touching other lines", key.dotted(), path))
      .hint("change the file with an editor");
}

// The first of `texts` that is, as a document, exactly `expected`.
Result<std::string> first_that_is(std::vector<std::string> texts, const json::Value& expected, const std::string& path,
                                  const KeyPath& key) {
  for (std::string& text : texts) {
    const Result<json::Value> document = parse_toml(text, path);
    if (document.ok() && *document == expected) return std::move(text);
  }
  return cannot_edit(path, key);
}

Status is_a_table(const TomlEntry& entry, const std::string& path, const json::Value& document) {
  const json::Value* table = find_at(document, entry.parts);
  std::string names;
  for (const auto& member : table->members()) names += (names.empty() ? "" : ", ") + member.first;
  return Status::error(Code::kConfigInvalid,
                       fmt::format("'{}' is a section of {}, not a value", KeyPath{entry.parts}.dotted(), path))
      .with("its keys", names.empty() ? "none" : names)
      .hint(fmt::format("name one of them: {}.NAME", KeyPath{entry.parts}.dotted()));
}

}  // namespace

std::string toml_quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          out += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
        } else {
          out += c;
        }
    }
  }
  return out + "\"";
}

Result<std::string> toml_set(std::string_view text, const std::string& path, const KeyPath& key,
                             const json::Value& value) {
  LODE_ASSIGN(json::Value expected, parse_toml(text, path));
  LODE_ASSIGN(const std::vector<TomlEntry> entries, toml_entries(text, path));
  json::Value* node = &expected;
  for (std::size_t i = 0; i + 1 < key.parts.size(); ++i) {
    node = &(*node)[key.parts[i]];
    if (node->is_object() || node->is_null()) continue;
    const Parts taken(key.parts.begin(), key.parts.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    return Status::error(Code::kConfigInvalid, fmt::format("'{}' is a value in {}, so nothing can stand below it",
                                                           KeyPath{taken}.dotted(), path));
  }
  const std::string literal = value.is_text() ? toml_quote(value.as_text()) : json::write(value);
  const TomlEntry* entry = find_entry(entries, key.parts);
  if (entry != nullptr && entry->is_table) return is_a_table(*entry, path, expected);
  node->set(key.key(), value);
  std::vector<std::string> texts;
  if (entry != nullptr) {
    texts.push_back(std::string(text.substr(0, entry->value_begin)) + literal +
                    std::string(text.substr(entry->value_end)));
  } else {
    texts = Editor(text, entries, key).with_new_line(literal);
  }
  Result<std::string> changed = first_that_is(std::move(texts), expected, path, key);
  wipe(expected);
  return changed;
}

Result<std::string> toml_remove(std::string_view text, const std::string& path, const KeyPath& key) {
  LODE_ASSIGN(json::Value expected, parse_toml(text, path));
  LODE_ASSIGN(const std::vector<TomlEntry> entries, toml_entries(text, path));
  const TomlEntry* entry = find_entry(entries, key.parts);
  if (entry == nullptr) {
    return Status::error(Code::kConfigMissing, fmt::format("there is no '{}' in {}", key.dotted(), path));
  }
  if (entry->is_table) return is_a_table(*entry, path, expected);
  json::Value* node = &expected;
  for (std::size_t i = 0; i + 1 < key.parts.size(); ++i) node = node->find(key.parts[i]);
  node->erase(key.key());
  Result<std::string> changed = first_that_is(Editor(text, entries, key).without(*entry), expected, path, key);
  wipe(expected);
  return changed;
}

}  // namespace lode
