// Progress book: what has been seen of a run so far, with speeds, and what has ended since it was last asked.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "status_view.h"

namespace lode::cli {

/// One resource of a running pipeline, or of one that has just ended.
struct ResourceProgress {
  std::string pipeline;
  ResourceView now;
  double seconds = 0;     ///< since it was first seen; of an ended pipeline's resource: the whole run
  double rows_per_s = 0;  ///< lately; when done: over all its time
  double bytes_per_s = 0;
};

struct PipelineProgress {
  std::string name;
  std::string step;    ///< as the engine calls it
  double seconds = 0;  ///< since it was first seen
  std::uint64_t rows_loaded = 0;
  std::vector<ResourceProgress> resources;
};

/// Fed with one view after the other. One thread.
class ProgressBook {
 public:
  /// `now_s` is a clock that only goes forward.
  void note(const RunView& view, double now_s);

  /// The pipelines that run.
  const std::vector<PipelineProgress>& pipelines() const { return pipelines_; }
  /// Resources that ended since the last call, each once. Pipelines so short that no view showed them are in it too.
  std::vector<ResourceProgress> take_ended();

 private:
  struct Sample {
    double at_s;
    std::uint64_t rows;
    std::uint64_t bytes;
  };
  struct Track {
    double first_s = 0;
    double last_s = 0;           // when its numbers last moved
    std::deque<Sample> samples;  // of the last seconds
    bool ended = false;          // told already
  };
  struct PipelineTrack {
    double first_s = 0;
    std::map<std::string, Track> resources;
  };

  ResourceProgress note_resource(PipelineTrack& track, const std::string& pipeline, const ResourceView& now,
                                 double now_s);
  void note_report(const ReportView& report);

  std::map<std::string, PipelineTrack> tracks_;
  std::vector<PipelineProgress> pipelines_;
  std::vector<ResourceProgress> ended_;
  std::size_t reports_seen_ = 0;
};

}  // namespace lode::cli
