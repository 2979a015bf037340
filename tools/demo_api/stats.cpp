// Statistics and their JSON.
#include "stats.h"

#include <algorithm>

#include "value_sink.h"

namespace lode::demo_api {
namespace {

void write_counts(JsonWriter& out, std::string_view name, const std::map<std::string, std::int64_t>& counts) {
  out.begin_object(name);
  for (const auto& [key, count] : counts) out.field(key, count);
  out.end_object();
}

}  // namespace

void Stats::add(const std::string& route, Request request) {
  const std::lock_guard lock(mutex_);
  ++total_;
  ++by_path_[route];
  ++by_status_[std::to_string(request.status)];
  for (const std::string& fault : request.faults) ++by_fault_[fault];
  requests_.push_back(std::move(request));
  if (requests_.size() > kRequestsKept) requests_.pop_front();
}

void Stats::reset() {
  const std::lock_guard lock(mutex_);
  total_ = 0;
  in_flight_max_ = in_flight_;
  by_path_.clear();
  by_status_.clear();
  by_fault_.clear();
  requests_.clear();
}

void Stats::enter() {
  const std::lock_guard lock(mutex_);
  in_flight_max_ = std::max(in_flight_max_, ++in_flight_);
}

void Stats::leave() {
  const std::lock_guard lock(mutex_);
  --in_flight_;
}

std::string Stats::summary_json() const {
  const std::lock_guard lock(mutex_);
  JsonWriter out;
  out.begin_object();
  out.field("requests", total_);
  out.field("in_flight_max", in_flight_max_);
  write_counts(out, "by_path", by_path_);
  write_counts(out, "by_status", by_status_);
  write_counts(out, "faults", by_fault_);
  out.end_object();
  return out.take();
}

std::string Stats::requests_json() const {
  const std::lock_guard lock(mutex_);
  JsonWriter out;
  out.begin_list();
  for (const Request& request : requests_) {
    out.begin_object();
    out.field("method", request.method);
    out.field("target", request.target);
    out.field("status", request.status);
    out.begin_list("faults");
    for (const std::string& fault : request.faults) out.text(fault);
    out.end_list();
    out.end_object();
  }
  out.end_list();
  return out.take();
}

}  // namespace lode::demo_api
