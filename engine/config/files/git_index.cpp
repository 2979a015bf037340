// Whether git keeps a file: read from the repository's index.
#include "config/files/git_index.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace lode {
namespace {

std::uint32_t big_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = (value << 8U) | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

// The folder behind ".git": itself, or where a file of that name points (worktrees, submodules).
std::optional<Path> git_folder(Env& env, const Path& repository) {
  const Path dot_git = repository / ".git";
  std::error_code ignored;
  if (std::filesystem::is_directory(dot_git, ignored)) return dot_git;
  const Result<std::string> text = env.read_file(dot_git);
  if (!text.ok() || !text->starts_with("gitdir:")) return std::nullopt;
  const Path named = std::string(trim(std::string_view(*text).substr(7)));
  return named.is_absolute() ? named : repository / named;
}

Path absolute_of(const Path& path) {
  std::error_code ignored;
  const Path absolute = std::filesystem::absolute(path, ignored);
  return (ignored ? path : absolute).lexically_normal();
}

// "pattern" of a .gitignore line against one name, "*" at its begin allowed.
bool names(std::string_view pattern, std::string_view name) {
  if (pattern.starts_with("**/")) pattern.remove_prefix(3);
  if (pattern.starts_with('/')) pattern.remove_prefix(1);
  if (pattern.ends_with('/')) pattern.remove_suffix(1);
  if (pattern.starts_with('*')) return name.ends_with(pattern.substr(1));
  return pattern == name;
}

}  // namespace

std::optional<Path> find_repository(Env& env, const Path& file) {
  for (Path folder = absolute_of(file).parent_path();; folder = folder.parent_path()) {
    if (env.exists(folder / ".git")) return folder;
    if (folder == folder.parent_path()) return std::nullopt;
  }
}

std::optional<std::vector<std::string>> names_in_git_index(std::string_view bytes) {
  if (bytes.size() < 12 || !bytes.starts_with("DIRC")) return std::nullopt;
  const std::uint32_t version = big_endian(bytes, 4);
  const std::uint32_t count = big_endian(bytes, 8);
  if (version < 2 || version > 4) return std::nullopt;
  constexpr std::size_t kFixed = 62;  // times, ids, mode, hash, flags
  std::vector<std::string> out;
  std::string previous;
  std::size_t at = 12;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t start = at;
    if (at + kFixed > bytes.size()) return std::nullopt;
    const bool is_extended = (static_cast<unsigned char>(bytes[at + 60]) & 0x40U) != 0;
    at += kFixed + (is_extended ? 2 : 0);
    std::string name;
    if (version == 4) {  // how much of the last name goes, then what follows
      std::size_t cut = 0;
      for (bool more = true; more; ++at) {
        if (at >= bytes.size()) return std::nullopt;
        const auto byte = static_cast<unsigned char>(bytes[at]);
        more = (byte & 0x80U) != 0;
        cut = (cut << 7U) + (byte & 0x7fU) + (more ? 1 : 0);
      }
      if (cut > previous.size()) return std::nullopt;
      name = previous.substr(0, previous.size() - cut);
    }
    const std::size_t end = bytes.find('\0', at);
    if (end == std::string_view::npos) return std::nullopt;
    name += bytes.substr(at, end - at);
    // Before version 4, entries are padded with one to eight zeros to a multiple of eight bytes.
    at = version == 4 ? end + 1 : start + (end - start + 8) / 8 * 8;
    previous = name;
    out.push_back(std::move(name));
  }
  return out;
}

Result<bool> is_tracked_by_git(Env& env, const Path& repository, const Path& file) {
  const std::optional<Path> folder = git_folder(env, repository);
  if (!folder) return false;
  Result<std::string> bytes = env.read_file(*folder / "index");
  if (!bytes.ok()) {
    if (bytes.status().code() == Code::kNotFound) return false;  // nothing was ever added
    return std::move(bytes).status();
  }
  const std::optional<std::vector<std::string>> names = names_in_git_index(*bytes);
  if (!names) {
    return Status::error(Code::kConfigUnreadable,
                         fmt::format("git's index of '{}' is not understood", repository.string()));
  }
  const std::string wanted = absolute_of(file).lexically_relative(absolute_of(repository)).generic_string();
  return std::find(names->begin(), names->end(), wanted) != names->end();
}

bool is_ignored_by_git(Env& env, const Path& repository, const Path& file) {
  const Path absolute = absolute_of(file);
  const Path root = absolute_of(repository);
  const Path relative = absolute.lexically_relative(root);
  std::vector<Path> ignores = {root / ".git" / "info" / "exclude", root / ".gitignore"};
  Path folder = root;
  for (const Path& part : relative.parent_path()) {
    folder /= part;
    ignores.push_back(folder / ".gitignore");
  }
  bool is_ignored = false;
  for (const Path& ignore : ignores) {
    const Result<std::string> text = env.read_file(ignore);
    if (!text.ok()) continue;
    const Path inner = absolute.lexically_relative(ignore.filename() == "exclude" ? root : ignore.parent_path());
    for (std::string_view line : split(*text, '\n')) {
      line = trim(line);
      if (line.empty() || line.starts_with('#')) continue;
      const bool is_negated = line.starts_with('!');
      if (is_negated) line.remove_prefix(1);
      bool matches = names(line, inner.generic_string());
      const std::string_view bare = line.starts_with("**/") ? line.substr(3) : line;
      const bool is_for_any_folder = bare.find('/') >= bare.size() - 1;
      for (const Path& part : inner) matches = matches || (is_for_any_folder && names(bare, part.string()));
      if (matches) is_ignored = !is_negated;
    }
  }
  return is_ignored;
}

}  // namespace lode
