// AwsProfiles: reading Amazon's two files, and putting them together.
#include "config/clouds/aws_profiles.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/secret.h"

namespace lode {
namespace {

Path path_of(Env& env, const char* variable, const char* name) {
  const std::string named = env.variable(variable).value_or("");
  const std::optional<Path> home = env.home();
  if (named.empty()) return home ? *home / ".aws" / name : Path();
  if (named.starts_with("~/") && home) return *home / named.substr(2);
  return named;
}

Result<ProfileFile> read(Env& env, const Path& path) {
  if (path.empty() || !env.exists(path)) return ProfileFile();
  Result<std::string> text = env.read_file(path);
  if (!text.ok()) {
    return Status::error(Code::kConfigUnreadable, fmt::format("{} cannot be read", path.string()))
        .caused_by(std::move(text).status());
  }
  ProfileFile file = parse_profile_file(*text);
  wipe(*text);
  if (file.bad_line == 0) return file;
  wipe(file);
  return Status::error(Code::kConfigInvalid,
                       fmt::format("{}:{}: neither a section, an entry nor a comment", path.string(), file.bad_line));
}

// "a" of "profile a" or `profile "a"`; "" if it is something else.
std::string name_after(std::string_view word, const std::string& section) {
  if (!section.starts_with(word)) return "";
  const auto words = split_words(section);
  return words && words->size() == 2 ? words->back() : "";
}

void merge(std::vector<ProfileSection>& into, const ProfileSection& section) {
  const auto same =
      std::find_if(into.begin(), into.end(), [&](const ProfileSection& one) { return one.name == section.name; });
  if (same == into.end()) {
    into.push_back(section);
    return;
  }
  for (const auto& [name, value] : section.entries) {
    std::erase_if(same->entries, [&key = name](const auto& entry) { return entry.first == key; });
    same->entries.emplace_back(name, value);
  }
}

}  // namespace

AwsProfiles::~AwsProfiles() {
  wipe(credentials);
  wipe(config);
  wipe(sso_sessions);
  for (ProfileSection& section : merged) {
    for (auto& entry : section.entries) wipe(entry.second);
  }
}

const ProfileSection* AwsProfiles::find(std::string_view profile) const {
  const auto found =
      std::find_if(merged.begin(), merged.end(), [&](const ProfileSection& one) { return one.name == profile; });
  return found == merged.end() ? nullptr : &*found;
}

Result<AwsProfiles> read_aws_profiles(Env& env) {
  AwsProfiles profiles;
  profiles.credentials_file = path_of(env, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
  profiles.config_file = path_of(env, "AWS_CONFIG_FILE", "config");
  LODE_ASSIGN(profiles.credentials, read(env, profiles.credentials_file));
  LODE_ASSIGN(ProfileFile config, read(env, profiles.config_file));
  for (ProfileSection& section : config.sections) {
    const std::string session = name_after("sso-session", section.name);
    const std::string profile = section.name == "default" ? section.name : name_after("profile", section.name);
    if (!session.empty()) {
      section.name = session;
      profiles.sso_sessions.sections.push_back(section);
    } else if (!profile.empty()) {
      section.name = profile;
      merge(profiles.config.sections, section);
    }
  }
  wipe(config);
  profiles.merged = profiles.config.sections;
  for (const ProfileSection& section : profiles.credentials.sections) merge(profiles.merged, section);
  return profiles;
}

}  // namespace lode
