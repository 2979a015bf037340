// ProfileFile: reading sections of settings.
#include "config/clouds/profile_file.h"

#include <algorithm>

#include "base/text.h"
#include "config/secret.h"

namespace lode {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

ProfileSection& section_of(ProfileFile& file, std::string_view name) {
  for (ProfileSection& section : file.sections) {
    if (section.name == name) return section;
  }
  file.sections.push_back({std::string(name), {}});
  return file.sections.back();
}

// Adds "name = value" or "name: value" and answers where the value is; npos if it is neither.
std::size_t add_entry(ProfileSection& section, std::string_view line) {
  const std::size_t mark = line.find_first_of("=:");
  const std::string_view name = trim(line.substr(0, mark));
  if (mark == std::string_view::npos || name.empty()) return std::string::npos;
  const std::string key = to_lower(name);
  const auto same = std::find_if(section.entries.begin(), section.entries.end(),
                                 [&](const auto& entry) { return entry.first == key; });
  const std::string value(trim(line.substr(mark + 1)));
  if (same != section.entries.end()) {
    same->second = value;
    return static_cast<std::size_t>(same - section.entries.begin());
  }
  section.entries.emplace_back(key, value);
  return section.entries.size() - 1;
}

}  // namespace

bool ProfileSection::has(std::string_view entry) const {
  return std::any_of(entries.begin(), entries.end(), [&](const auto& pair) { return pair.first == entry; });
}

std::string ProfileSection::text_or(std::string_view entry, std::string_view fallback) const {
  for (const auto& [name, value] : entries) {
    if (name == entry) return value;
  }
  return std::string(fallback);
}

const ProfileSection* ProfileFile::find(std::string_view section) const {
  const auto found =
      std::find_if(sections.begin(), sections.end(), [&](const ProfileSection& one) { return one.name == section; });
  return found == sections.end() ? nullptr : &*found;
}

ProfileFile parse_profile_file(std::string_view text) {
  ProfileFile file;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::string section;
  bool has_section = false;
  std::size_t entry = std::string::npos;  // of the section; what an indented line goes on with
  std::size_t number = 0;
  for (const std::string_view raw : split(text, '\n')) {
    ++number;
    const std::string_view line = trim(raw);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (is_blank(raw.front()) && entry != std::string::npos) {
      section_of(file, section).entries[entry].second.append("\n").append(line);
      continue;
    }
    entry = std::string::npos;
    const std::size_t end = line.rfind(']');
    if (line.front() == '[' && end != std::string_view::npos && end > 1) {
      section = std::string(line.substr(1, end - 1));
      section_of(file, section);
      has_section = true;
      continue;
    }
    if (has_section) entry = add_entry(section_of(file, section), line);
    if (entry == std::string::npos && file.bad_line == 0) file.bad_line = number;
  }
  return file;
}

void wipe(ProfileFile& file) {
  for (ProfileSection& section : file.sections) {
    for (auto& entry : section.entries) wipe(entry.second);
  }
  file.sections.clear();
}

std::optional<std::vector<std::string>> split_words(std::string_view text) {
  std::vector<std::string> words;
  bool is_in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool escapes = c == '\\' && quote != '\'' && i + 1 < text.size();
    // Between double quotes only these two can be escaped.
    const bool is_escaped = escapes && (quote == 0 || text[i + 1] == '"' || text[i + 1] == '\\');
    const bool is_space = quote == 0 && (is_blank(c) || c == '\n' || c == '\r');
    if (is_space) {
      is_in_word = false;
      continue;
    }
    if (!is_in_word) words.emplace_back();
    is_in_word = true;
    if (is_escaped) {
      words.back() += text[++i];
    } else if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else {
      words.back() += c;
    }
  }
  if (quote != 0) return std::nullopt;
  return words;
}

}  // namespace lode
