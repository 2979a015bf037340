// Files of sections (~/.aws/config) and the words of the commands in them.
#include <string>

#include "config/clouds/profile_file.h"
#include "fuzz.h"

using namespace lode;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz_text(data, size);
  const ProfileFile file = parse_profile_file(text);
  std::size_t bytes = 0;
  for (const ProfileSection& section : file.sections) {
    FUZZ_CHECK(file.find(section.name) == &section);  // sections of one name are one
    for (const auto& [name, value] : section.entries) {
      FUZZ_CHECK(!name.empty() && section.has(name));
      FUZZ_CHECK(section.text_or(name, "") == value);
      bytes += name.size() + value.size();
    }
  }
  FUZZ_CHECK(bytes <= size);
  const auto words = split_words(text);
  if (!words) return 0;
  // Quoted again, they are the same words.
  std::string quoted;
  for (const std::string& word : *words) {
    quoted += '"';
    for (const char c : word) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
    quoted += "\" ";
  }
  FUZZ_CHECK(split_words(quoted) == words);
  return 0;
}
