// FaultPlan: which write to files and databases goes wrong, and how.
#pragma once

#include <atomic>
#include <cstdint>

namespace lode::test {

/// Counts writes (bytes appended, files made, renamed, synced, deleted…) from 1 and lets one of them fail. [any thread]
class FaultPlan {
 public:
  enum class Kind {
    kDeath,       ///< from that write on nothing reaches the disk any more, as after SIGKILL
    kDiskFull,    ///< from that write on nothing that takes room can be written
    kShortWrite,  ///< the same, but half of that write got through
    kIoError,     ///< that write fails, the next ones work
  };
  FaultPlan(Kind kind, std::uint64_t at) : kind_(kind), at_(at) {}

  enum class Answer { kGo, kHalf, kNoSpace, kFail };
  /// What becomes of the next write. `takes_room`: it needs space on the disk.
  Answer next(bool takes_room) {
    const std::uint64_t number = ++writes_;
    if (number < at_) return Answer::kGo;
    switch (kind_) {
      case Kind::kDeath:
        return Answer::kFail;
      case Kind::kIoError:
        return number == at_ ? Answer::kFail : Answer::kGo;
      case Kind::kShortWrite:
        if (number == at_ && takes_room) return Answer::kHalf;
        break;
      case Kind::kDiskFull:
        break;
    }
    return takes_room ? Answer::kNoSpace : Answer::kGo;
  }
  /// Whether there were so many writes that one went wrong.
  bool struck() const { return writes_ >= at_; }

 private:
  const Kind kind_;
  const std::uint64_t at_;
  std::atomic<std::uint64_t> writes_{0};
};

}  // namespace lode::test
