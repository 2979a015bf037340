// CaseServer: a small HTTP server on loopback that answers by the rules of one case and remembers what it was asked.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "http/message.h"
#include "json/value.h"

namespace lode {

/// A request as it came over the wire.
struct RecordedRequest {
  std::string method;
  std::string path;                                        ///< percent-encoded, without the query
  std::vector<std::pair<std::string, std::string>> query;  ///< decoded, in order
  HttpHeaders headers;
  std::string body;
};

/// Written on plain sockets: answers have to be wrong in ways that no HTTP library allows, and a GET may have a body.
/// Rules may be set and requests taken from any thread; answers are given by threads of its own.
class CaseServer {
 public:
  CaseServer();  ///< listens at once
  ~CaseServer();

  /// "http://127.0.0.1:PORT"
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// The same server under another host name.
  std::string other_url() const { return "http://localhost:" + std::to_string(port_); }
  /// The `server` part of a case: a list of { match, response, times }. The first rule that fits answers; 599 if none
  /// does. Call before the first request.
  void set_rules(const json::Value& rules);
  /// In the order in which they came.
  std::vector<RecordedRequest> requests();
  /// How many requests were under way at once, at most.
  int in_flight_max();

 private:
  struct Rule {
    json::Value match;
    json::Value response;
    std::int64_t times_left = -1;  ///< negative: without end
  };
  void accept_all();
  void serve(int fd);
  bool read_request(int fd, std::string& buffer, RecordedRequest& request) const;
  /// The rule that fits; counts it as used. REQUIRES: mutex_ held
  const json::Value& choose(const RecordedRequest& request);
  /// What to send, and whether the connection stays open.
  std::pair<std::string, bool> answer(const RecordedRequest& request);

  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::thread accepting_;
  std::mutex mutex_;
  std::vector<Rule> rules_;
  std::vector<RecordedRequest> requests_;
  std::condition_variable changed_;  // requests_, stopping_
  int in_flight_ = 0;
  int in_flight_max_ = 0;
  std::vector<std::thread> serving_;
};

}  // namespace lode
