// Pipeline run: the threads of a run and what passes between them. The steps themselves are in run_pipeline.cpp.
#include "runtime/pipeline_run.h"

#include <future>
#include <utility>

namespace lode {
namespace {

PipelineSpec prepared(PipelineSpec spec) {
  if (spec.preview) spec.source = limited_source(*spec.source, *spec.preview);
  return spec;
}

}  // namespace

std::shared_ptr<PipelineRun> PipelineRun::start(Engine& engine, PipelineSpec spec,
                                                std::function<void(PipelineRun&)> on_done) {
  std::shared_ptr<PipelineRun> run(new PipelineRun(engine, std::move(spec), std::move(on_done)));
  run->queue_.emplace(run->spec_.queue_bytes_max, [weak = std::weak_ptr<PipelineRun>(run)] {
    if (const auto self = weak.lock()) self->wake_extraction();
  });
  run->coordinator_ = std::thread([run, &engine] {
    run->status_ = run->spec_.operation == Operation::kRun ? run_pipeline(*run) : run_operation(*run);
    run->conclude();
    engine.loop().post([run] {
      run->coordinator_.join();
      const auto notify = std::exchange(run->on_done_, nullptr);
      notify(*run);
    });
  });
  return run;
}

PipelineRun::PipelineRun(Engine& engine, PipelineSpec spec, std::function<void(PipelineRun&)> on_done)
    : engine_(engine), spec_(prepared(std::move(spec))), on_done_(std::move(on_done)), clock_(engine.env()) {}

PipelineRun::~PipelineRun() { LODE_ASSERT(!coordinator_.joinable()); }

void PipelineRun::cancel() {
  stop_.request_stop();
  queue_->end(Status::error(Code::kCancelled, "the run was cancelled"));
}

void PipelineRun::set_step(const char* step) {
  clock_.step(step);
  const std::lock_guard lock(mutex_);
  step_ = step;
}

RunSnapshot PipelineRun::snapshot() {
  RunSnapshot snapshot;
  snapshot.pipeline = spec_.name;
  snapshot.steady_us = engine_.env().steady_us();
  snapshot.rows_loaded = rows_loaded_;
  const std::lock_guard lock(mutex_);
  snapshot.step = step_;
  for (const auto& progress : progress_) {
    snapshot.resources.push_back({progress->name, progress->rows, progress->bytes, progress->pages, progress->requests,
                                  progress->retries, progress->done});
  }
  return snapshot;
}

void PipelineRun::on_engine_thread_and_wait(std::function<void()> work) {
  std::promise<void> done;
  engine_.loop().post([&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

void PipelineRun::wake_extraction() {
  if (pump_posted_.exchange(true)) return;
  engine_.loop().post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->pump_extraction();
  });
}

void PipelineRun::open_extraction() {
  Result<std::unique_ptr<Extraction>> extraction = Extraction::open(*spec_.source, *state_);
  if (!extraction.ok()) {
    queue_->end(std::move(extraction).status());
    return;
  }
  extraction_ = std::move(*extraction);
  {
    const std::lock_guard lock(mutex_);
    progress_ = extraction_->progress();
  }
  wake_extraction();
}

void PipelineRun::pump_extraction() {
  pump_posted_ = false;
  if (!extraction_ || extraction_ended_) return;
  Turn turn;
  turn.deadline_us = engine_.loop().deadline_us();
  turn.steady_us = [this] { return engine_.env().steady_us(); };
  turn.waker = [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->wake_extraction();
  };
  Result<bool> ended = extraction_->poll(turn, *queue_);
  if (!ended.ok()) {
    // A pipe that has failed must not be polled again; close_extraction() follows.
    extraction_ended_ = true;
    queue_->end(std::move(ended).status());
  } else if (*ended) {
    extraction_ended_ = true;
    queue_->end({});
  }
}

// Cursors are read before the pipes go: they belong to this thread, like everything of the extraction.
void PipelineRun::close_extraction() {
  if (extraction_ && queue_->status().ok()) {
    report_.cursors = extraction_->save_cursors();
    for (std::string& warning : extraction_->warnings()) warn(std::move(warning));
  }
  extraction_.reset();
}

}  // namespace lode
