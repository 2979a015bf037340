// FaultyEnv: the real machine, whose files fail as a FaultPlan says.
#pragma once

#include <memory>
#include <string>

#include "env/env.h"
#include "support/fault_plan.h"

namespace lode::test {

class FaultyEnv final : public Env {
 public:
  explicit FaultyEnv(FaultPlan& plan) : plan_(plan) {}

  Result<std::unique_ptr<AppendFile>> create_file(const Path& path) override {
    LODE_TRY(ask(true));
    LODE_ASSIGN(std::unique_ptr<AppendFile> file, real_.create_file(path));
    return std::unique_ptr<AppendFile>(std::make_unique<File>(std::move(file), *this));
  }
  Status write_file(const Path& path, std::string_view bytes, unsigned mode) override {
    LODE_TRY(ask(true));
    return real_.write_file(path, bytes, mode);
  }
  Status replace(const Path& source, const Path& target) override {
    LODE_TRY(ask(false));
    return real_.replace(source, target);
  }
  Status make_folders(const Path& path) override {
    LODE_TRY(ask(true));
    return real_.make_folders(path);
  }
  Status remove_file(const Path& path) override {
    LODE_TRY(ask(false));
    return real_.remove_file(path);
  }
  Status remove_tree(const Path& path) override {
    LODE_TRY(ask(false));
    return real_.remove_tree(path);
  }
  Status sync_folder(const Path& path) override {
    LODE_TRY(ask(false));
    return real_.sync_folder(path);
  }

  Result<std::string> read_file(const Path& path) override { return real_.read_file(path); }
  Result<std::unique_ptr<ReadFile>> open_file(const Path& path) override { return real_.open_file(path); }
  Result<std::shared_ptr<const MappedFile>> map_file(const Path& path) override { return real_.map_file(path); }
  Result<std::vector<FolderEntry>> list_folder(const Path& path) override { return real_.list_folder(path); }
  bool exists(const Path& path) override { return real_.exists(path); }
  Result<std::unique_ptr<FileLock>> lock_file(const Path& path) override { return real_.lock_file(path); }
  std::int64_t now_us() override { return real_.now_us(); }
  std::int64_t steady_us() override { return real_.steady_us(); }
  std::optional<std::string> variable(const std::string& name) override { return real_.variable(name); }
  std::optional<Path> home() override { return real_.home(); }
  bool is_root() override { return real_.is_root(); }

 private:
  class File final : public AppendFile {
   public:
    File(std::unique_ptr<AppendFile> real, FaultyEnv& env) : real_(std::move(real)), env_(env) {}
    Status append(std::string_view bytes) override {
      const FaultPlan::Answer answer = env_.plan_.next(true);
      if (answer == FaultPlan::Answer::kHalf) {
        LODE_TRY(real_->append(bytes.substr(0, bytes.size() / 2)));
      }
      LODE_TRY(status_of(answer));
      return real_->append(bytes);
    }
    void start_sync() override { real_->start_sync(); }
    Status sync() override {
      return checked([&] { return real_->sync(); });
    }
    Status close() override {
      return checked([&] { return real_->close(); });
    }
    std::uint64_t size() const override { return real_->size(); }

   private:
    template <class Action>
    Status checked(Action action) {
      LODE_TRY(env_.ask(true));
      return action();
    }
    std::unique_ptr<AppendFile> real_;
    FaultyEnv& env_;
  };

  static Status status_of(FaultPlan::Answer answer) {
    switch (answer) {
      case FaultPlan::Answer::kGo:
        return {};
      case FaultPlan::Answer::kFail:
        return Status::error(Code::kIo, "the disk fails, as the test wants it");
      default:
        return Status::error(Code::kDiskFull, "the disk is full, as the test wants it");
    }
  }
  Status ask(bool takes_room) { return status_of(plan_.next(takes_room)); }

  FaultPlan& plan_;
  Env& real_ = Env::real();
};

}  // namespace lode::test
