// CaseServer: a small HTTP server on loopback that answers by the rules of one case and remembers what it was asked.
#include "rest_cases/case_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "http/form.h"
#include "json/parse.h"
#include "json/write.h"

namespace lode {
namespace {

constexpr std::size_t kRequestsMax = 1000;
constexpr std::chrono::seconds kPatience{10};  // of an answer that waits for other requests

std::string reason_of(std::int64_t status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 410:
      return "Gone";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

// Whether `whole` has everything that `part` has; null in `part` means that the key must be absent.
bool has_subset(const json::Value& whole, const json::Value& part) {
  if (!part.is_object()) return whole == part;
  for (const auto& [key, wanted] : part.members()) {
    const json::Value* value = whole.find(key);
    if (wanted.is_null() ? value != nullptr : value == nullptr || !has_subset(*value, wanted)) return false;
  }
  return true;
}

bool has_header(const RecordedRequest& request, const std::string& name, const json::Value& wanted) {
  const std::string* value = find_header(request.headers, name);
  return wanted.is_null() ? value == nullptr : value != nullptr && *value == wanted.as_text();
}

bool has_parameter(const RecordedRequest& request, const std::string& name, const json::Value& wanted) {
  for (const auto& [key, value] : request.query) {
    if (key == name && (wanted.is_null() || value == wanted.as_text())) return !wanted.is_null();
  }
  return wanted.is_null();
}

bool fits(const json::Value& match, const RecordedRequest& request) {
  if (match.text_or("method", "GET") != request.method || match.text_or("path", "") != request.path) return false;
  if (const json::Value* query = match.find("query")) {
    for (const auto& [name, wanted] : query->members()) {
      if (!has_parameter(request, name, wanted)) return false;
    }
  }
  if (const json::Value* headers = match.find("headers")) {
    for (const auto& [name, wanted] : headers->members()) {
      if (!has_header(request, name, wanted)) return false;
    }
  }
  const json::Value* wanted_body = match.find("json");
  if (wanted_body == nullptr) return true;
  const Result<json::Value> body = json::parse_value(request.body);
  return body.ok() && has_subset(*body, *wanted_body);
}

}  // namespace

CaseServer::CaseServer() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 64) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("rest_cases: no port to listen on");
    std::exit(2);
  }
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] { accept_all(); });
}

CaseServer::~CaseServer() {
  stopping_ = true;
  changed_.notify_all();
  accepting_.join();
  for (std::thread& thread : serving_) thread.join();
  close(listener_);
}

void CaseServer::set_rules(const json::Value& rules) {
  const std::lock_guard lock(mutex_);
  if (!rules.is_list()) return;
  for (const json::Value& rule : rules.items()) {
    const json::Value* match = rule.find("match");
    const json::Value* response = rule.find("response");
    rules_.push_back({match != nullptr ? *match : json::Value::object(),
                      response != nullptr ? *response : json::Value::object(), rule.int_or("times", -1)});
  }
}

std::vector<RecordedRequest> CaseServer::requests() {
  const std::lock_guard lock(mutex_);
  return requests_;
}

int CaseServer::in_flight_max() {
  const std::lock_guard lock(mutex_);
  return in_flight_max_;
}

void CaseServer::accept_all() {
  while (!stopping_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (poll(&waiting, 1, 10) <= 0) continue;
    const int fd = accept(listener_, nullptr, nullptr);
    if (fd >= 0) serving_.emplace_back([this, fd] { serve(fd); });
  }
}

void CaseServer::serve(int fd) {
  std::string buffer;
  RecordedRequest request;
  bool open = true;
  while (open && read_request(fd, buffer, request)) {
    auto [bytes, stays_open] = answer(request);
    std::string_view rest = bytes;
    while (!rest.empty()) {
      const ssize_t sent = send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    open = stays_open;
  }
  close(fd);
}

bool CaseServer::read_request(int fd, std::string& buffer, RecordedRequest& request) const {
  const auto read_more = [&] {
    for (;;) {
      if (stopping_) return false;
      pollfd waiting{fd, POLLIN, 0};
      if (poll(&waiting, 1, 10) == 0) continue;
      char bytes[4096];
      const ssize_t got = recv(fd, bytes, sizeof bytes, 0);
      if (got <= 0) return false;
      buffer.append(bytes, static_cast<std::size_t>(got));
      return true;
    }
  };
  std::size_t end = 0;
  while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more()) return false;
  }
  request = {};
  const std::string head = buffer.substr(0, end);
  const std::vector<std::string_view> lines = split(head, '\n');
  const std::vector<std::string_view> words = split(trim(lines[0]), ' ');
  if (words.size() < 2) return false;
  request.method = words[0];
  const std::string_view target = words[1];
  const std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string_view::npos && mark + 1 < target.size()) {
    for (const std::string_view pair : split(target.substr(mark + 1), '&')) {
      const std::size_t equals = pair.find('=');
      request.query.emplace_back(form_decode(pair.substr(0, equals)), equals == std::string_view::npos
                                                                          ? std::string()
                                                                          : form_decode(pair.substr(equals + 1)));
    }
  }
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::string_view line = trim(lines[i]);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    request.headers.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
  }
  buffer.erase(0, end + 4);
  const std::string* length = find_header(request.headers, "Content-Length");
  const std::size_t bytes = length != nullptr ? std::strtoul(length->c_str(), nullptr, 10) : 0;
  while (buffer.size() < bytes) {
    if (!read_more()) return false;
  }
  request.body = buffer.substr(0, bytes);
  buffer.erase(0, bytes);
  return true;
}

const json::Value& CaseServer::choose(const RecordedRequest& request) {
  static const json::Value too_many =
      json::Value::object({{"status", 400}, {"text", "more requests than any case needs: something has no end"}});
  static const json::Value no_rule = json::Value::object({{"status", 599}, {"text", "no rule of the case fits"}});
  if (requests_.size() > kRequestsMax) return too_many;
  for (Rule& rule : rules_) {
    if (rule.times_left == 0 || !fits(rule.match, request)) continue;
    if (rule.times_left > 0) --rule.times_left;
    return rule.response;
  }
  return no_rule;
}

std::pair<std::string, bool> CaseServer::answer(const RecordedRequest& request) {
  static const json::Value alone =
      json::Value::object({{"status", 400}, {"text", "the requests that this one waits for did not come"}});
  std::unique_lock lock(mutex_);
  requests_.push_back(request);
  changed_.notify_all();
  in_flight_max_ = std::max(in_flight_max_, ++in_flight_);
  const json::Value* response = &choose(request);
  const auto needed = static_cast<std::size_t>(response->int_or("after", 0));
  const bool came = changed_.wait_for(lock, kPatience, [&] { return requests_.size() >= needed || stopping_; });
  if (!came) response = &alone;
  const std::chrono::milliseconds hold(response->int_or("hold_ms", 0));
  changed_.wait_for(lock, hold, [&] { return stopping_.load(); });
  --in_flight_;
  if (response->bool_or("disconnect", false)) return {"", false};
  if (const json::Value* raw = response->find("raw")) return {raw->as_text(), false};

  const std::int64_t status = response->int_or("status", 200);
  const json::Value* body = response->find("json");
  std::string content = response->text_or("text", "");
  if (body != nullptr) content = json::write(*body);
  std::string head = "HTTP/1.1 " + std::to_string(status) + " " + reason_of(status) + "\r\n";
  bool has_type = false;
  if (const json::Value* headers = response->find("headers")) {
    for (const auto& [name, value] : headers->members()) {
      has_type |= equal_ignoring_case(name, "Content-Type");
      if (value.is_list()) {
        for (const json::Value& item : value.items()) head += name + ": " + item.as_text() + "\r\n";
      } else {
        head += name + ": " + value.as_text() + "\r\n";
      }
    }
  }
  if (!has_type) head += body != nullptr ? "Content-Type: application/json\r\n" : "Content-Type: text/plain\r\n";
  if (status != 204) head += "Content-Length: " + std::to_string(content.size()) + "\r\n";
  const std::int64_t cut = response->int_or("cut", -1);
  if (cut >= 0) content.resize(std::min(content.size(), static_cast<std::size_t>(cut)));
  return {head + "\r\n" + content, cut < 0};
}

}  // namespace lode
