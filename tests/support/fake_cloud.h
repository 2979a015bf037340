// FakeCloud: an HTTP server on loopback that plays the endpoints of a cloud as the test writes them, and remembers what
// it was asked.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/text.h"
#include "http/form.h"
#include "json/parse.h"
#include "unit/http/test_server.h"

namespace lode {

class FakeCloud {
 public:
  struct Question {
    std::string method;
    std::string path;  // without the query
    std::map<std::string, std::string> params;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;

    std::string field(const std::string& name) const {
      for (const std::string_view pair : split(body, '&')) {
        const std::size_t equals = pair.find('=');
        if (equals != std::string_view::npos && form_decode(pair.substr(0, equals)) == name)
          return form_decode(pair.substr(equals + 1));
      }
      return "";
    }
    std::string header(const std::string& name) const {
      const auto found = headers.find(name);
      return found == headers.end() ? "" : found->second;
    }
    std::string param(const std::string& name) const {
      const auto found = params.find(name);
      return found == params.end() ? "" : found->second;
    }
  };
  struct Answer {
    int status = 200;
    std::string body;
    std::map<std::string, std::string> headers = {};
  };
  using Route = std::function<Answer(const Question&)>;

  FakeCloud() {
    const auto handler = [this](const httplib::Request& request, httplib::Response& response) {
      const std::lock_guard lock(mutex_);
      Question question{request.method, request.path, {}, {}, request.body};
      for (const auto& [name, value] : request.params) question.params[name] = value;
      for (const auto& [name, value] : request.headers) question.headers[to_lower(name)] = value;
      asked_.push_back(question);
      const auto route = routes_.find(request.method + " " + request.path);
      const Answer answer = route == routes_.end() ? Answer{404, "no such route"} : route->second(question);
      response.status = answer.status;
      for (const auto& [name, value] : answer.headers) response.set_header(name, value);
      response.set_content(answer.body, "application/json");
    };
    server_.server.Get(".*", handler);
    server_.server.Post(".*", handler);
    server_.server.Put(".*", handler);
    server_.start();
  }

  /// "GET /token"
  void on(const std::string& route, Route answer) {
    const std::lock_guard lock(mutex_);
    routes_[route] = std::move(answer);
  }
  void on(const std::string& route, const std::string& body, int status = 200,
          std::map<std::string, std::string> headers = {}) {
    on(route, [=](const Question&) { return Answer{status, body, headers}; });
  }
  std::vector<Question> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  std::string url(const std::string& path = "") const { return server_.url(path); }
  std::string host() const { return "127.0.0.1:" + std::to_string(server_.port()); }

 private:
  std::mutex mutex_;
  std::map<std::string, Route> routes_;
  std::vector<Question> asked_;
  HttpTestServer<> server_;
};

/// An address where nothing answers.
inline std::string dead_host() {
  const RawServer closed({});
  return "127.0.0.1:" + std::to_string(closed.port());
}

}  // namespace lode
