// Compares what a case expects with what came of it.
#include "rest_cases/case_check.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"
#include "http/form.h"
#include "json/parse.h"
#include "json/write.h"
#include "rest_cases/error_texts.h"

namespace lode {
namespace {

std::string show(const json::Value& value) { return shorten(json::write(value), 300); }

std::string show(const RecordedRequest& request) {
  std::string text = request.method + " " + request.path;
  for (std::size_t i = 0; i < request.query.size(); ++i) {
    text += (i == 0 ? "?" : "&") + request.query[i].first + "=" + request.query[i].second;
  }
  if (!request.body.empty()) text += " " + shorten(request.body, 200);
  return text;
}

bool has_pairs(const json::Value& expected, const std::vector<std::pair<std::string, std::string>>& pairs) {
  if (expected.items().size() != pairs.size()) return false;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const json::Value::List& pair = expected.items()[i].items();
    if (pair[0].as_text() != pairs[i].first || pair[1].as_text() != pairs[i].second) return false;
  }
  return true;
}

// What of `request` is not as expected; "" if all is.
std::string mismatch(const json::Value& expected, const RecordedRequest& request) {
  if (expected.text_or("method", "GET") != request.method) return "method";
  if (expected.text_or("path", "") != request.path) return "path";
  if (const json::Value* query = expected.find("query"); query != nullptr && !has_pairs(*query, request.query))
    return "query";
  if (const json::Value* headers = expected.find("headers")) {
    for (const auto& [name, wanted] : headers->members()) {
      const std::string* value = find_header(request.headers, name);
      if (value == nullptr || *value != wanted.as_text()) return "header " + name;
    }
  }
  if (const json::Value* absent = expected.find("headers_absent")) {
    for (const json::Value& name : absent->items()) {
      if (find_header(request.headers, name.as_text()) != nullptr) return "header " + name.as_text();
    }
  }
  if (const json::Value* body = expected.find("json")) {
    const Result<json::Value> sent = json::parse_value(request.body);
    if (!sent.ok() || !(*sent == *body)) return "json";
  }
  if (const json::Value* form = expected.find("form")) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const std::string_view pair : split(request.body, '&')) {
      const std::size_t equals = pair.find('=');
      if (equals == std::string_view::npos) return "form";
      pairs.emplace_back(form_decode(pair.substr(0, equals)), form_decode(pair.substr(equals + 1)));
    }
    if (!has_pairs(*form, pairs)) return "form";
  }
  if (const json::Value* part = expected.find("form_part")) {
    for (const auto& [name, value] : part->members()) {
      const std::string text = form_encode({{name, value.as_text()}});
      if (("&" + request.body).find("&" + text) == std::string::npos) return "form";
    }
  }
  if (const json::Value* body = expected.find("body"); body != nullptr && body->as_text() != request.body)
    return "body";
  return "";
}

void check_requests(const json::Value& expect, bool any_order, const std::vector<RecordedRequest>& requests,
                    std::vector<std::string>& found) {
  const json::Value* list = expect.find("requests");
  if (list == nullptr) return;
  std::vector<const RecordedRequest*> left;
  for (const RecordedRequest& request : requests) left.push_back(&request);
  for (std::size_t i = 0; i < list->items().size(); ++i) {
    const json::Value& expected = list->items()[i];
    if (any_order) {
      const auto at = std::find_if(left.begin(), left.end(),
                                   [&](const auto* request) { return mismatch(expected, *request).empty(); });
      if (at == left.end()) {
        found.push_back("no request is " + show(expected));
      } else {
        left.erase(at);
      }
    } else if (i >= requests.size()) {
      found.push_back("request " + std::to_string(i + 1) + " never came: " + show(expected));
    } else if (const std::string what = mismatch(expected, requests[i]); !what.empty()) {
      found.push_back("request " + std::to_string(i + 1) + ", " + what + ": expected " + show(expected) + ", got " +
                      show(requests[i]));
    }
  }
  const std::size_t expected_count = list->items().size();
  if (requests.size() > expected_count) {
    const RecordedRequest& extra = any_order && !left.empty() ? *left.front() : requests[expected_count];
    found.push_back(std::to_string(requests.size()) + " requests instead of " + std::to_string(expected_count) +
                    ", such as " + show(extra));
  }
}

using Rows = std::map<std::string, std::vector<json::Value>>;

std::vector<std::string> texts(const std::vector<json::Value>& rows, bool sorted) {
  std::vector<std::string> out;
  for (const json::Value& row : rows) out.push_back(json::write(row, {.sort_keys = true}));
  if (sorted) std::sort(out.begin(), out.end());
  return out;
}

// After an error the order between generators decides what was seen before it, and that is not specified: the resource
// that failed may have given fewer rows than expected (its last pages were on their way), the others fewer or more.
void check_rows(const json::Value& expected, const Rows& rows, bool any_order, const std::string& error_text,
                std::vector<std::string>& found) {
  for (const auto& [name, wanted] : expected.members()) {
    const auto at = rows.find(name);
    std::vector<std::string> came =
        at == rows.end() ? std::vector<std::string>() : texts(at->second, any_order && error_text.empty());
    const std::vector<std::string> want = texts(wanted.items(), any_order && error_text.empty());
    const bool failed_elsewhere =
        !error_text.empty() && error_text.find("resource '" + name + "'") == std::string::npos;
    if (failed_elsewhere && came.size() > want.size()) came.resize(want.size());
    const bool may_be_short = !error_text.empty() && came.size() < want.size();
    if (may_be_short ? !std::equal(came.begin(), came.end(), want.begin()) : came != want) {
      found.push_back("rows of " + name + ": expected " + shorten(join(want, " "), 300) + ", got " +
                      shorten(join(came, " "), 300));
    }
  }
  for (const auto& [name, came] : rows) {
    if (expected.find(name) == nullptr && !came.empty()) found.push_back("rows of " + name + " were not expected");
  }
}

void check_all_rows(const json::Value& expect, bool any_order, const CaseOutcome& outcome,
                    std::vector<std::string>& found) {
  if (const json::Value* rows = expect.find("rows")) {
    check_rows(*rows, outcome.rows_per_run.empty() ? Rows() : outcome.rows_per_run.back(), any_order,
               outcome.error_text, found);
  }
  const json::Value* per_run = expect.find("rows_per_run");
  if (per_run == nullptr) return;
  if (per_run->size() != outcome.rows_per_run.size()) {
    found.push_back(std::to_string(outcome.rows_per_run.size()) + " runs instead of " +
                    std::to_string(per_run->size()));
    return;
  }
  for (std::size_t i = 0; i < per_run->size(); ++i) {
    check_rows(per_run->items()[i], outcome.rows_per_run[i], any_order,
               i + 1 == per_run->size() ? outcome.error_text : "", found);
  }
}

void check_error(const json::Value* expected, const CaseOutcome& outcome, std::vector<std::string>& found) {
  if (expected == nullptr) {
    if (!outcome.error_phase.empty()) found.push_back("failed (" + outcome.error_phase + "): " + outcome.error_text);
    return;
  }
  if (outcome.error_phase.empty()) {
    found.push_back("it was expected to fail: " + show(*expected));
    return;
  }
  if (const std::string phase = expected->text_or("phase", "extract"); phase != outcome.error_phase)
    found.push_back("failed while in phase " + outcome.error_phase + " instead of " + phase + ": " +
                    outcome.error_text);
  if (const json::Value* parts = expected->find("contains")) {
    for (const json::Value& part : parts->items()) {
      if (!says_the_same(outcome.error_text, part.as_text()))
        found.push_back("the error does not say '" + part.as_text() + "': " + outcome.error_text);
    }
  }
  if (const json::Value* parts = expected->find("not_contains")) {
    for (const json::Value& part : parts->items()) {
      if (outcome.error_text.find(part.as_text()) != std::string::npos)
        found.push_back("the error says '" + part.as_text() + "': " + outcome.error_text);
    }
  }
}

void check_waits(const json::Value& expected, const std::vector<double>& waits_s, std::vector<std::string>& found) {
  bool same = expected.size() == waits_s.size();
  for (std::size_t i = 0; same && i < waits_s.size(); ++i) {
    same = std::abs(expected.items()[i].as_double() - waits_s[i]) < 1e-6;
  }
  if (same) return;
  json::Value came = json::Value::list();
  for (const double wait_s : waits_s) came.push_back(wait_s);
  found.push_back("waits between attempts: expected " + show(expected) + ", got " + show(came));
}

}  // namespace

std::vector<std::string> differences(const json::Value& expect, const CaseOutcome& outcome) {
  std::vector<std::string> found;
  if (!outcome.broken.empty()) return {outcome.broken};
  const bool any_order = expect.text_or("requests_order", "") == "any";
  check_requests(expect, any_order, outcome.requests, found);
  check_all_rows(expect, any_order && expect.text_or("rows_order", "") != "kept", outcome, found);
  check_error(expect.find("error"), outcome, found);
  if (const json::Value* waits = expect.find("retry_sleeps")) check_waits(*waits, outcome.retry_waits_s, found);
  if (const json::Value* limit = expect.find("in_flight_max");
      limit != nullptr && outcome.in_flight_max != limit->as_int())
    found.push_back("requests under way at once: expected " + show(*limit) + ", got " +
                    std::to_string(outcome.in_flight_max));
  return found;
}

}  // namespace lode
