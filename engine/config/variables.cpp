// Variables: the environment variables of the process, and those of a project's .env file.
#include "config/variables.h"

#include <fmt/format.h>

#include "config/files/dotenv.h"

namespace lode {

Result<Variables> Variables::open(Env& env, const Path& file) {
  Variables variables(env);
  variables.file_ = file;
  if (file.empty()) return variables;
  Result<std::string> text = env.read_file(file);
  if (!text.ok()) {
    std::error_code ignored;  // a Python environment is a folder of this name
    const bool is_file = !std::filesystem::is_directory(file, ignored);
    if (text.status().code() == Code::kNotFound || !is_file) return variables;
    return Status::error(Code::kConfigUnreadable, "cannot read " + file.string()).caused_by(std::move(text).status());
  }
  const VariableLookup machine = [&env](const std::string& name) { return env.variable(name); };
  LODE_ASSIGN(variables.from_file_, parse_dotenv(*text, file.string(), machine));
  variables.has_file_ = true;
  return variables;
}

std::optional<std::string> Variables::find(const std::string& name) const {
  if (std::optional<std::string> value = env_->variable(name)) return value;
  const auto found = from_file_.find(name);
  return found == from_file_.end() ? std::nullopt : std::optional(found->second);
}

std::string Variables::place_of(const std::string& name) const {
  const bool is_from_file = from_file_.count(name) != 0 && !env_->variable(name);
  return is_from_file ? fmt::format("{} in {}", name, file_.string()) : name;
}

std::vector<std::string> Variables::names_in_file() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : from_file_) names.push_back(name);
  return names;
}

}  // namespace lode
