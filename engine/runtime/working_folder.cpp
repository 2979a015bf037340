// Working folder: what a pipeline keeps on this machine.
#include "runtime/working_folder.h"

#include <fmt/format.h>

#include "base/time.h"
#include "json/parse.h"

namespace lode {
namespace {

constexpr std::string_view kLock = "lock";
constexpr std::string_view kDevDataset = "dev_dataset";

}  // namespace

Result<std::unique_ptr<FileLock>> WorkingFolder::lock() const {
  LODE_TRY(env_->make_folders(path_));
  Result<std::unique_ptr<FileLock>> lock = env_->lock_file(path_ / kLock);
  if (lock.ok() || lock.status().code() != Code::kLocked) return lock;
  return Status::error(Code::kLocked, fmt::format("pipeline '{}' is already running", pipeline_))
      .with("working folder", path_.string())
      .caused_by(std::move(lock).status());
}

Status WorkingFolder::settle(const std::string& dev_dataset) const {
  const Path marker = path_ / kDevDataset;
  std::string before;
  if (env_->exists(marker)) {
    LODE_ASSIGN(before, env_->read_file(marker));
  } else if (dev_dataset.empty()) {
    return {};
  }
  if (before == dev_dataset) return {};
  if (before.empty()) LODE_TRY(refuse_with_packages());
  // The marker goes last and comes first: after a crash in between, the folder is cleared again.
  LODE_TRY(clear());
  return dev_dataset.empty() ? Status() : env_->write_file(marker, dev_dataset);
}

// What waits for the real dataset may be all that there is of its rows.
Status WorkingFolder::refuse_with_packages() const {
  LODE_ASSIGN(const std::vector<FolderEntry> packages, env_->list_folder(sealed_folder()));
  if (packages.empty()) return {};
  return Status::error(
             Code::kPackageWaiting,
             fmt::format("pipeline '{}' has packages that wait to be loaded, and dev_mode begins with an empty "
                         "working folder",
                         pipeline_))
      .with("first of them", packages.front().name)
      .hint(fmt::format("load them with 'lode pipeline {} retry', or give them up with 'lode pipeline {} drop-pending'",
                        pipeline_, pipeline_));
}

Status WorkingFolder::clear() const {
  LODE_ASSIGN(const std::vector<FolderEntry> entries, env_->list_folder(path_));
  const auto remove = [&](const FolderEntry& entry) {
    return entry.is_folder ? env_->remove_tree(path_ / entry.name) : env_->remove_file(path_ / entry.name);
  };
  for (const FolderEntry& entry : entries) {
    if (entry.name != kLock && entry.name != kDevDataset) LODE_TRY(remove(entry));
  }
  return env_->remove_file(path_ / kDevDataset);
}

Result<json::Value> WorkingFolder::read_state() const {
  if (!env_->exists(state_file())) return json::Value();
  LODE_ASSIGN(const std::string text, env_->read_file(state_file()));
  Result<json::Value> value = json::parse_value(text, json::Typing::kTyped);
  if (value.ok() && value->is_object()) return value;
  Status status = Status::error(Code::kStateCorrupt, fmt::format("{} cannot be read", state_file().string()))
                      .hint(fmt::format("it is a copy: 'lode pipeline {} sync' makes it anew from the destination, "
                                        "and so does the next run that loads something",
                                        pipeline_));
  return value.ok() ? std::move(status).note("it is not an object") : std::move(status).caused_by(value.status());
}

std::string dev_suffix(std::int64_t now_us) {
  const Civil now = civil_from_micros(now_us);
  return fmt::format("_{:04}{:02}{:02}{:02}{:02}{:02}", now.year, now.month, now.day, now.hour, now.minute, now.second);
}

std::string dev_dataset(const std::string& dataset, const std::string& suffix) {
  return dataset.ends_with('_') ? dataset + suffix.substr(1) : dataset + suffix;
}

}  // namespace lode
