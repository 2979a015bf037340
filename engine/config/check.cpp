// Looking a project's configuration over.
#include "config/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "config/files/git_index.h"
#include "config/files/toml_provider.h"
#include "config/mask.h"

namespace lode {
namespace {

using Weight = Finding::Weight;
using Parts = std::vector<std::string>;

// Sections at the top that have a meaning, those of sources and destinations included.
const std::vector<std::string>& roots() {
  static const std::vector<std::string> kRoots = [] {
    std::vector<std::string> names = {"sources", "destination", "shared"};
    for (const KnownSection& section : known_sections()) names.emplace_back(section.name);
    return names;
  }();
  return kRoots;
}

bool is_root(const std::string& name) { return std::find(roots().begin(), roots().end(), name) != roots().end(); }

template <class Names>
bool has(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<Parts> leaves(const json::Value& document) {
  std::vector<Parts> out;
  const auto walk = [&out](const auto& self, const json::Value& node, const Parts& parts) -> void {
    if (!node.is_object() || (node.size() == 0 && parts.empty())) {
      out.push_back(parts);
      return;
    }
    for (const auto& [name, value] : node.members()) {
      Parts below = parts;
      below.push_back(name);
      self(self, value, below);
    }
  };
  if (document.size() > 0) walk(walk, document, {});
  return out;
}

bool starts_with(const Parts& parts, const Parts& start) {
  return parts.size() >= start.size() && std::equal(start.begin(), start.end(), parts.begin());
}

class Checker {
 public:
  Checker(Env& env, const Config& config, const std::vector<DestinationKeys>& destinations,
          const std::optional<std::vector<ConfigQuery>>& asked)
      : env_(env), config_(config), destinations_(destinations), judges_scripts_(asked.has_value()) {
    if (!asked) return;
    for (const ConfigQuery& query : *asked) {
      for (const std::vector<KeyPath>& pass : lookup_passes(query)) {
        for (const KeyPath& path : pass) asked_.push_back(path.parts);
      }
      if (query.secret) secret_names_.insert(KeyPath::from_dotted(query.key).key());
    }
  }

  std::vector<Finding> check() {
    for (const auto& provider : config_.providers()) {
      const auto* toml = dynamic_cast<const TomlProvider*>(provider.get());
      if (toml == nullptr) continue;
      for (const Path& file : toml->files()) {
        if (toml->holds_secrets()) check_secrets_file(file);
        for (const Parts& parts : leaves(toml->content(file))) {
          if (!toml->holds_secrets()) check_for_secret(file, parts, *find_at(toml->content(file), parts));
          check_key(file, parts);
        }
      }
    }
    return std::move(findings_);
  }

 private:
  void add(Weight weight, std::string what, std::string where, std::string hint) {
    findings_.push_back({weight, std::move(what), std::move(where), std::move(hint)});
  }

  void check_secrets_file(const Path& file) {
    std::error_code error;
    const auto mode = std::filesystem::status(file, error).permissions();
    constexpr auto kOthers = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
    if (!error && (mode & kOthers) != std::filesystem::perms::none) {
      add(Weight::kWarning,
          fmt::format("other users of this machine can read it (mode {:04o})", static_cast<unsigned>(mode) & 07777U),
          file.string(), fmt::format("chmod 600 {}", file.string()));
    }
    const std::optional<Path> repository = find_repository(env_, file);
    if (!repository) return;
    const Result<bool> is_tracked = is_tracked_by_git(env_, *repository, file);
    if (!is_tracked.ok()) {
      add(Weight::kNote, is_tracked.status().message(), file.string(), "");
    } else if (*is_tracked) {
      add(Weight::kError, "it is tracked by git: whoever has the repository has the secrets", file.string(),
          fmt::format("git rm --cached {}, then change every secret that is in it", file.string()));
    } else if (!is_ignored_by_git(env_, *repository, file)) {
      add(Weight::kWarning, "no line of a .gitignore keeps it out of git", file.string(),
          fmt::format("echo {} >> {}", file.filename().string(), (file.parent_path() / ".gitignore").string()));
    }
  }

  void check_for_secret(const Path& file, const Parts& parts, const json::Value& value) {
    const bool looks_secret = is_secret_key(parts.back()) || secret_names_.count(parts.back()) != 0;
    const bool is_url = value.is_text() && value.as_text().find("://") != std::string::npos;
    const bool has_password = is_url && mask_url(value.as_text()).find(":***@") != std::string::npos;
    const bool is_reference = value.is_text() && value.as_text().find("${") != std::string::npos;
    if (is_reference || !(has_password || (looks_secret && value.is_text() && !is_url))) return;
    add(Weight::kError, fmt::format("'{}' is a secret, and config.toml is no place for secrets", dotted(parts)),
        file.string(), fmt::format("move it: lode secrets set {}", dotted(parts)));
  }

  static std::string dotted(const Parts& parts) { return KeyPath{parts}.dotted(); }

  bool was_asked(const Parts& parts) const {
    return std::any_of(asked_.begin(), asked_.end(), [&](const Parts& path) { return starts_with(parts, path); });
  }

  void check_key(const Path& file, const Parts& all) {
    if (was_asked(all)) return;
    // A pipeline's name may stand before everything.
    const bool is_prefixed = all.size() > 2 && !is_root(all[0]) && is_root(all[1]);
    const Parts parts(all.begin() + (is_prefixed ? 1 : 0), all.end());
    if (parts.size() == 1) return check_top(file, all);
    if (!is_root(parts[0])) return check_unknown_root(file, all);
    if (parts[0] == "destination") return check_destination(file, all, parts);
    if (parts[0] == "sources" || parts[0] == "shared") return check_source(file, all);
    const auto section = std::find_if(known_sections().begin(), known_sections().end(),
                                      [&](const KnownSection& known) { return known.name == parts[0]; });
    if (section->keys.empty() && section->keys_of_dlt.empty()) return;  // free for all
    if (has(section->keys, parts[1])) return;
    if (has(section->keys_of_dlt, parts[1])) {
      return add(Weight::kNote, fmt::format("'{}' is dlt's; lode does not use it", dotted(all)), file.string(), "");
    }
    std::vector<std::string> names(section->keys.begin(), section->keys.end());
    const std::string otherwise = names.empty() ? "" : fmt::format("keys of [{}]: {}", parts[0], join(names, ", "));
    names.insert(names.end(), section->keys_of_dlt.begin(), section->keys_of_dlt.end());
    unused(file, all, parts[1], names, otherwise);
  }

  void unused(const Path& file, const Parts& all, const std::string& name, const std::vector<std::string>& names,
              const std::string& otherwise) {
    const std::string meant = closest(name, names);
    add(Weight::kWarning, fmt::format("nobody reads '{}'", dotted(all)), file.string(),
        meant.empty() ? otherwise : fmt::format("did you mean '{}'?", meant));
  }

  void check_top(const Path& file, const Parts& all) {
    const std::string meant = closest(all[0], roots());
    if (judges_scripts_ || !meant.empty()) unused(file, all, all[0], roots(), "");
  }

  void check_unknown_root(const Path& file, const Parts& all) {
    const std::string meant = closest(all[0], roots());
    if (meant.empty() && !judges_scripts_) return;
    if (!seen_roots_.insert(file.string() + "\n" + all[0]).second) return;
    add(Weight::kWarning, fmt::format("nobody reads [{}]", all[0]), file.string(),
        meant.empty() ? "" : fmt::format("did you mean [{}]?", meant));
  }

  void check_source(const Path& file, const Parts& all) {
    if (!judges_scripts_) return;
    const bool is_naming = all.size() > 3 && all[all.size() - 2] == "schema" && all.back() == "naming";
    if (is_naming) return;  // the engine's, for one schema
    // Other keys of the same section; else the same key in a section that is nearly called so.
    const Parts section(all.begin(), all.end() - 1);
    std::vector<std::string> keys;
    std::vector<std::string> sections;
    for (const Parts& path : asked_) {
      if (path.size() < 2) continue;
      const Parts other(path.begin(), path.end() - 1);
      if (other == section) keys.push_back(path.back());
      if (other != section && path.back() == all.back()) sections.push_back(dotted(other));
    }
    if (!keys.empty() || sections.empty()) return unused(file, all, all.back(), keys, "");
    const std::string meant = closest(dotted(section), sections);
    add(Weight::kWarning, fmt::format("nobody reads '{}'", dotted(all)), file.string(),
        meant.empty() ? "" : fmt::format("did you mean [{}]?", meant));
  }

  void check_destination(const Path& file, const Parts& all, const Parts& parts) {
    if (parts[1] == "credentials") return;
    std::vector<std::string> names;
    for (const DestinationKeys& kind : destinations_) names.push_back(kind.name);
    const auto kind = std::find_if(destinations_.begin(), destinations_.end(),
                                   [&](const DestinationKeys& each) { return each.name == parts[1]; });
    if (kind == destinations_.end()) {  // a destination may have a name of its own, or be dlt's
      if (const std::string meant = closest(parts[1], names); !meant.empty() && parts.size() > 2) {
        add(Weight::kNote, fmt::format("there is no destination '{}'", parts[1]), file.string(),
            fmt::format("did you mean '{}'?", meant));
      }
      return;
    }
    if (parts.size() == 2 || has(kind->options, parts[2])) return;
    static const std::vector<std::string> kParts = {"host", "port", "database", "username", "password"};
    if (has(kParts, parts[2])) {
      return add(Weight::kWarning, fmt::format("nobody reads '{}'", dotted(all)), file.string(),
                 fmt::format("it belongs under [destination.{}.credentials]", parts[1]));
    }
    unused(file, all, parts[2], kind->options, "");
  }

  Env& env_;
  const Config& config_;
  const std::vector<DestinationKeys>& destinations_;
  const bool judges_scripts_;
  std::vector<Parts> asked_;
  std::set<std::string> secret_names_;
  std::set<std::string> seen_roots_;
  std::vector<Finding> findings_;
};

}  // namespace

std::string_view weight_name(Finding::Weight weight) {
  switch (weight) {
    case Weight::kError:
      return "error";
    case Weight::kWarning:
      return "warning";
    case Weight::kNote:
      return "note";
  }
  return "";
}

const std::vector<KnownSection>& known_sections() {
  static const std::vector<KnownSection> kSections = {
      {"load",
       {"raise_on_max_retries", "retry_delay_s", "retry_delay_s_max"},
       {"workers", "parallelism_strategy", "raise_on_failed_jobs", "delete_completed_jobs", "truncate_staging_dataset",
        "start_new_jobs_on_signal", "run_sleep"}},
      {"runtime",
       {"request_timeout", "request_max_attempts", "request_backoff_factor", "request_max_retry_delay", "metrics_file",
        "audit_file"},
       {"log_level", "log_format", "sentry_dsn", "slack_incoming_hook", "dlthub_telemetry", "dlthub_telemetry_endpoint",
        "dlthub_telemetry_segment_write_key", "dlthub_dsn", "run_id", "config_files_storage_path",
        "http_show_error_body", "http_max_error_body_length", "pipeline_name", "intercept_signals"}},
      {"schema",
       {"naming", "import_schema_path", "export_schema_path", "external_schema_format",
        "external_schema_format_remove_defaults"},
       {"json_normalizer", "allow_identifier_change_on_table_with_data", "use_break_path_on_normalize"}},
      {"normalize",
       {},
       {"workers", "start_method", "run_sleep", "json_normalizer", "parquet_normalizer", "model_normalizer",
        "data_writer"}},
      {"extract", {}, {"max_parallel_items", "workers", "futures_poll_interval", "copy_on_fork", "next_item_mode"}},
      {"data_writer", {}, {"buffer_max_items", "file_max_items", "file_max_bytes", "disable_compression"}},
      {"pipelines", {}, {}},
      {"providers",
       {"enable_aws_secrets", "enable_aws_parameters", "enable_google_secrets", "enable_azure_keyvault",
        "enable_hashicorp_vault", "aws_secrets", "aws_parameters", "google_secrets", "azure_keyvault",
        "hashicorp_vault", "secret_files"},
       {"enable_airflow_secrets", "airflow_secrets"}},
      {"workspace", {}, {}},
      {"dashboard", {}, {}},
  };
  return kSections;
}

std::vector<Finding> check_config(Env& env, const Config& config, const std::vector<DestinationKeys>& destinations,
                                  const std::optional<std::vector<ConfigQuery>>& asked) {
  return Checker(env, config, destinations, asked).check();
}

}  // namespace lode
