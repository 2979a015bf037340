// What the server has seen and done, for tests that compare it with what a client believes.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace lode::demo_api {

/// Counts requests for /v1; those for /admin are nobody's business. Thread-safe.
class Stats {
 public:
  /// While one of these lives, a request is in flight.
  class InFlight {
   public:
    explicit InFlight(Stats& stats) : stats_(stats) { stats_.enter(); }
    ~InFlight() { stats_.leave(); }
    InFlight(const InFlight&) = delete;
    InFlight& operator=(const InFlight&) = delete;

   private:
    Stats& stats_;
  };

  struct Request {
    std::string method, target;
    int status = 0;
    std::vector<std::string> faults;
  };
  /// An answered request. `route` is its path with the ids left out: "/v1/matches/{id}/events".
  void add(const std::string& route, Request request);
  void reset();

  std::string summary_json() const;   ///< /admin/stats
  std::string requests_json() const;  ///< /admin/requests: the last kRequestsKept, oldest first

 private:
  static constexpr std::size_t kRequestsKept = 1000;
  void enter();
  void leave();
  mutable std::mutex mutex_;
  std::int64_t in_flight_ = 0, in_flight_max_ = 0, total_ = 0;
  std::map<std::string, std::int64_t> by_path_, by_status_, by_fault_;
  std::deque<Request> requests_;
};

}  // namespace lode::demo_api
