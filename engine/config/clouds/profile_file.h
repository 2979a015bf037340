// ProfileFile: the sections of files such as ~/.aws/config and gcloud's configurations. Pure.
// Source of the grammar: what Python's configparser takes, because Amazon's and Google's programs read them with it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lode {

struct ProfileSection {
  std::string name;  ///< as between the brackets: "profile shop"
  /// Names are lower case, values trimmed; lines that go on (indented) are joined with '\n'. A repeated name: the last.
  std::vector<std::pair<std::string, std::string>> entries;

  bool has(std::string_view entry) const;
  std::string text_or(std::string_view entry, std::string_view fallback) const;
};

struct ProfileFile {
  std::vector<ProfileSection> sections;  ///< in order; sections of one name are one
  std::size_t bad_line = 0;              ///< the first line that is no header, entry or comment; 0: none

  const ProfileSection* find(std::string_view section) const;  ///< null if there is none
};

/// Goes on behind lines that it cannot read. Secrets in the result are the caller's to wipe.
ProfileFile parse_profile_file(std::string_view text);

void wipe(ProfileFile& file);

/// Words as a shell splits them: 'as it is', "with \" in it", \ before any sign; nothing is expanded. nullopt: a quote
/// is not closed.
std::optional<std::vector<std::string>> split_words(std::string_view text);

}  // namespace lode
