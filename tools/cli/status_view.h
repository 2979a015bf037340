// What lode_run_status says, as structures.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lode::cli {

struct ResourceView {
  std::string name;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::uint64_t requests = 0;
  std::uint64_t retries = 0;
  bool done = false;
};

/// A pipeline that is running.
struct PipelineView {
  std::string name;
  std::string step;
  std::uint64_t rows_loaded = 0;
  std::vector<ResourceView> resources;
};

/// A pipeline that has ended well.
struct ReportView {
  std::string pipeline;
  std::string text;  ///< for people
  double seconds = 0;
  std::vector<ResourceView> resources;
};

struct RunView {
  std::vector<PipelineView> pipelines;
  std::vector<ReportView> reports;
  std::string reports_json = "[]";   ///< as the engine wrote them
  std::string previews_json = "[]";  ///< likewise; preview_view.h reads them
};

/// What is missing or unreadable in `status_json` stays at its default: a newer engine may say less or more.
RunView read_status(std::string_view status_json);
/// Of an error's JSON: whether the same command can succeed later.
bool is_retryable(std::string_view error_json);

}  // namespace lode::cli
