// Progress book: what has been seen of a run so far, with speeds, and what has ended since it was last asked.
#include "progress_book.h"

#include <algorithm>
#include <utility>

namespace lode::cli {
namespace {

constexpr double kWindow_s = 3;  // speeds are those of the last seconds: steady to read, quick to follow

double per_second(std::uint64_t amount, double seconds) {
  return seconds > 0 ? static_cast<double>(amount) / seconds : 0;
}

}  // namespace

void ProgressBook::note(const RunView& view, double now_s) {
  // Reports first: a script may run a pipeline of the same name again.
  for (; reports_seen_ < view.reports.size(); ++reports_seen_) note_report(view.reports[reports_seen_]);
  pipelines_.clear();
  for (const PipelineView& pipeline : view.pipelines) {
    const auto [entry, is_new] = tracks_.try_emplace(pipeline.name);
    if (is_new) entry->second.first_s = now_s;
    PipelineProgress progress;
    progress.name = pipeline.name;
    progress.step = pipeline.step;
    progress.seconds = now_s - entry->second.first_s;
    progress.rows_loaded = pipeline.rows_loaded;
    for (const ResourceView& resource : pipeline.resources) {
      progress.resources.push_back(note_resource(entry->second, pipeline.name, resource, now_s));
    }
    pipelines_.push_back(std::move(progress));
  }
}

ResourceProgress ProgressBook::note_resource(PipelineTrack& pipeline_track, const std::string& pipeline,
                                             const ResourceView& now, double now_s) {
  const auto [entry, is_new] = pipeline_track.resources.try_emplace(now.name);
  Track& track = entry->second;
  if (is_new) {
    track.first_s = track.last_s = now_s;
    track.samples.push_back({now_s, now.rows, now.bytes});
  }
  const Sample& newest = track.samples.back();
  if (now.rows != newest.rows || now.bytes != newest.bytes) track.last_s = now_s;
  if (now_s > newest.at_s) track.samples.push_back({now_s, now.rows, now.bytes});
  while (track.samples.size() > 2 && track.samples[1].at_s <= now_s - kWindow_s) track.samples.pop_front();

  ResourceProgress progress{pipeline, now, now_s - track.first_s, 0, 0};
  if (now.done) {
    progress.seconds = track.last_s - track.first_s;
    progress.rows_per_s = per_second(now.rows, progress.seconds);
    progress.bytes_per_s = per_second(now.bytes, progress.seconds);
    if (!std::exchange(track.ended, true)) ended_.push_back(progress);
  } else {
    const Sample& oldest = track.samples.front();
    progress.rows_per_s = per_second(now.rows - std::min(oldest.rows, now.rows), now_s - oldest.at_s);
    progress.bytes_per_s = per_second(now.bytes - std::min(oldest.bytes, now.bytes), now_s - oldest.at_s);
  }
  return progress;
}

void ProgressBook::note_report(const ReportView& report) {
  const auto track = tracks_.find(report.pipeline);
  for (const ResourceView& resource : report.resources) {
    if (track != tracks_.end()) {
      const auto known = track->second.resources.find(resource.name);
      if (known != track->second.resources.end() && known->second.ended) continue;
    }
    ended_.push_back({report.pipeline, resource, report.seconds, per_second(resource.rows, report.seconds),
                      per_second(resource.bytes, report.seconds)});
  }
  if (track != tracks_.end()) tracks_.erase(track);
}

std::vector<ResourceProgress> ProgressBook::take_ended() { return std::exchange(ended_, {}); }

}  // namespace lode::cli
