// Extraction: runs the selected resources of a source and hands their pages on.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "extract/pipe.h"
#include "extract/progress.h"
#include "extract/source.h"

namespace lode {

/// How a cursor moved, for the report.
struct CursorChange {
  std::string resource;
  std::string cursor_path;
  json::Value before;  ///< null: first run
  json::Value after;
};

/// Where pages go. Called on the engine's thread.
class PageSink {
 public:
  virtual ~PageSink() = default;
  /// False: take no more pages; the extraction's waker is called when there is room again.
  virtual bool has_room() = 0;
  virtual void put(const Resource& resource, Page page) = 0;
};

/// One run of one source's selected resources, round robin. Engine's thread only.
class Extraction {
 public:
  /// Opens all pipes. `state` and `source` must outlive the extraction. Resources with disposition replace forget their
  /// state. Errors: whatever opening a resource gives, naming it.
  static Result<std::unique_ptr<Extraction>> open(const Source& source, PipelineState& state);
  ~Extraction();

  /// Pulls pages until the turn is over, the sink is full or nothing is ready; true when all resources have ended.
  /// After false the turn's waker is called when there is more to do (but not when only the sink was full).
  Result<bool> poll(const Turn& turn, PageSink& sink);
  /// After the end: writes the cursors into the state. Returns those that moved.
  std::vector<CursorChange> save_cursors();
  /// After the end: what a person should know of the cursors, a sentence each.
  std::vector<std::string> warnings() const;
  /// Counters of all resources, also unselected parents. They live on when the extraction is gone.
  const std::vector<std::shared_ptr<ResourceProgress>>& progress() const { return progress_; }

 private:
  struct Node;
  struct Leaf;
  Extraction() = default;
  Status build(const Source& source, PipelineState& state);
  Result<std::unique_ptr<Pipe>> open_pipe(Node& node);
  Result<std::unique_ptr<Pipe>> output_of(Node& node);

  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Leaf>> leaves_;
  std::vector<std::shared_ptr<ResourceProgress>> progress_;
  std::size_t next_leaf_ = 0;
  std::string source_name_;
  PipelineState* state_ = nullptr;
};

}  // namespace lode
