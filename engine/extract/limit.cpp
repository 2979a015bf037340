// Limits: how much of a resource a run takes.
#include "extract/limit.h"

namespace lode {
namespace {

class LimitPipe : public Pipe {
 public:
  LimitPipe(std::unique_ptr<Pipe> upstream, const LimitOptions& limit, std::shared_ptr<ResourceProgress> progress)
      : upstream_(std::move(upstream)), limit_(limit), progress_(std::move(progress)) {
    reached_ = limit_.items == 0u || limit_.rows == 0u || limit_.pages == 0u;
  }

  Result<Polled> poll(const Turn& turn) override {
    const std::int64_t now_us = turn.steady_us();
    if (start_us_ < 0) start_us_ = now_us;
    if (limit_.time_s && static_cast<double>(now_us - start_us_) / 1e6 > *limit_.time_s) reached_ = true;
    if (reached_) {
      upstream_.reset();
      if (progress_) progress_->limited = true;
      return Polled::end();
    }
    LODE_ASSIGN(Polled polled, upstream_->poll(turn));
    if (polled.kind == Polled::Kind::kPage) count(polled.page);
    return polled;
  }

 private:
  void count(Page& page) {
    if (page.is_batch && limit_.items && items_ + page.rows.rows.size() > *limit_.items) {
      page.rows.rows.resize(*limit_.items - items_);
    }
    if ((page.is_batch || limit_.cuts_pages) && limit_.rows && rows_ + page.rows.rows.size() > *limit_.rows) {
      page.rows.rows.resize(*limit_.rows - rows_);
    }
    items_ += page.is_batch ? page.rows.rows.size() : 1;
    rows_ += page.rows.rows.size();
    if (!page.is_batch) ++pages_;
    reached_ = (limit_.items && items_ >= *limit_.items) || (limit_.rows && rows_ >= *limit_.rows) ||
               (limit_.pages && pages_ >= *limit_.pages);
  }

  std::unique_ptr<Pipe> upstream_;
  const LimitOptions limit_;
  const std::shared_ptr<ResourceProgress> progress_;
  std::int64_t start_us_ = -1;
  std::uint64_t items_ = 0;
  std::uint64_t rows_ = 0;
  std::uint64_t pages_ = 0;
  bool reached_ = false;
};

}  // namespace

std::unique_ptr<Pipe> limit_pipe(std::unique_ptr<Pipe> upstream, const LimitOptions& limit,
                                 std::shared_ptr<ResourceProgress> progress) {
  return std::make_unique<LimitPipe>(std::move(upstream), limit, std::move(progress));
}

}  // namespace lode
