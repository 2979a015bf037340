// Recording: exchanges kept as files, without secrets, and answers given from them.
#include "http/recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "http/redact.h"
#include "http/url.h"
#include "json/parse.h"
#include "json/write.h"

namespace lode {
namespace {

using json::Value;

constexpr std::size_t kNameBytesMax = 80;  // of a file's name that come from the URL

bool is_text(std::string_view body) { return is_utf8(body) && body.find('\0') == std::string_view::npos; }

// What a recording knows of a request: its secrets are gone, so those of another day do not matter.
struct Asked {
  std::string method;
  std::string url;
  std::string body;

  std::string key() const { return method + " " + url + "\n" + body; }
  std::string key_without_body() const { return method + " " + url; }
};

Asked asked_of(const HttpRequest& request, const HideSecrets& hide) {
  const std::vector<std::string> secrets = secrets_of(request);
  Asked asked{request.method, hide(redact(sanitise_url(request.url), secrets)), {}};
  if (is_text(request.body)) {
    asked.body = hide(redact(request.body, secrets));
  } else {
    asked.body = fmt::format("({})", show_bytes(request.body.size()));
  }
  return asked;
}

// Tokens are what other secrets are exchanged for; keys that hold for a while are like them.
bool brings_token(const Value& body) {
  constexpr std::array<std::string_view, 6> kNames = {"access_token", "refresh_token",   "id_token",
                                                      "accessToken",  "SecretAccessKey", "roleCredentials"};
  return body.is_object() &&
         std::any_of(kNames.begin(), kNames.end(), [&](std::string_view name) { return body.find(name) != nullptr; });
}

// What stands between the tags of an element in XML as "***", everywhere.
std::string hide_element(std::string text, std::string_view name) {
  const std::string open = fmt::format("<{}>", name);
  for (std::size_t at = text.find(open); at != std::string::npos; at = text.find(open, at)) {
    at += open.size();
    const std::size_t end = std::min(text.find('<', at), text.size());
    text.replace(at, end - at, "***");
  }
  return text;
}

bool is_token_sign(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// JSON Web Tokens: three parts in base64url, of which the first begins with '{"'.
std::string hide_web_tokens(std::string text) {
  for (std::size_t at = text.find("eyJ"); at != std::string::npos; at = text.find("eyJ", at + 1)) {
    if (at > 0 && is_token_sign(text[at - 1])) continue;
    std::size_t end = at;
    int dots = 0;
    while (end < text.size() && (is_token_sign(text[end]) || text[end] == '.')) dots += text[end++] == '.';
    if (dots == 2) text.replace(at, end - at, "***");
  }
  return text;
}

// An answer without what it gives away, whatever it is written in.
std::string hide_tokens(const HttpRequest& request, std::string text) {
  // EC2's metadata service answers with the token and nothing else.
  if (request.method == "PUT" && request.url.ends_with("/latest/api/token")) return "***";
  const Result<Value> parsed = json::parse_value(text);
  if (parsed.ok() && brings_token(*parsed)) text = redact(text, {});
  for (const char* element : {"SecretAccessKey", "SessionToken"}) text = hide_element(std::move(text), element);
  return hide_web_tokens(std::move(text));
}

std::string without_cookie(std::string_view set_cookie) {
  const std::size_t equals = set_cookie.find('=');
  const std::size_t end = std::min(set_cookie.find(';'), set_cookie.size());
  if (equals == std::string_view::npos || equals > end) return "***";
  return std::string(set_cookie.substr(0, equals + 1)) + "***" + std::string(set_cookie.substr(end));
}

Value request_value(const HttpRequest& request, const Asked& asked, const HideSecrets& hide) {
  Value headers = Value::object();
  HttpHeaders sorted = request.headers;  // scripts keep theirs in no order
  std::sort(sorted.begin(), sorted.end());
  for (const auto& [name, value] : sorted) {
    const bool is_secret = is_secret_name(name) || equal_ignoring_case(name, "Cookie");
    headers.set(name, is_secret ? "***" : hide(value));
  }
  Value out = Value::object({{"method", asked.method}, {"url", asked.url}, {"headers", std::move(headers)}});
  if (!asked.body.empty()) out.set("body", asked.body);
  return out;
}

void set_body(Value& out, const HttpRequest& request, const HttpResponse& response, const HideSecrets& hide) {
  if (!is_text(response.body)) {
    out.set("base64", base64_encode(response.body));
    return;
  }
  std::string text = response.body;
  for (const std::string& secret : secrets_of(request)) text = replace_all(std::move(text), secret, "***");
  text = hide_tokens(request, hide(std::move(text)));
  const std::string* const type = response.header("Content-Type");
  Result<Value> parsed = json::parse_value(text);
  if (parsed.ok() && type != nullptr && type->find("json") != std::string::npos) {
    out.set("json", std::move(*parsed));
  } else {
    out.set("text", std::move(text));
  }
}

Value response_value(const HttpRequest& request, const HttpResponse& response, const HideSecrets& hide) {
  Value headers = Value::list();
  for (const auto& [name, value] : response.headers) {
    // The body stands here decoded and in one piece.
    if (equal_ignoring_case(name, "Content-Encoding") || equal_ignoring_case(name, "Transfer-Encoding") ||
        equal_ignoring_case(name, "Content-Length")) {
      continue;
    }
    std::string shown = equal_ignoring_case(name, "Set-Cookie") ? without_cookie(value)
                        : is_secret_name(name)                  ? "***"
                                                                : hide(redact(value, secrets_of(request)));
    headers.items().push_back(Value::list({name, std::move(shown)}));
  }
  Value out = Value::object({{"status", std::int64_t{response.status}}, {"reason", response.reason}});
  if (response.redirects > 0) out.set("url", hide(sanitise_url(response.url)));
  out.set("headers", std::move(headers));
  set_body(out, request, response, hide);
  return out;
}

// "get-api.example-v1-orders"
std::string name_of(const Asked& asked) {
  std::string name = to_lower(asked.method);
  const Result<Url> url = parse_url(asked.url);
  for (const char c : url.ok() ? url->host + url->path : asked.url) {
    const bool is_plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
    if (name.size() == kNameBytesMax) break;
    if (is_plain && name.size() == to_lower(asked.method).size()) name += '-';
    if (is_plain) {
      name += c;
    } else if (name.back() != '-') {
      name += '-';
    }
  }
  while (name.ends_with('-')) name.pop_back();
  return name;
}

bool is_recorded_file(const FolderEntry& entry) { return entry.name.ends_with(".json"); }

}  // namespace

Recorder::Recorder(HttpTransport& network, Env& env, Path folder, HideSecrets hide)
    : network_(network), env_(env), folder_(std::move(folder)), hide_(std::move(hide)) {}

Result<std::unique_ptr<Recorder>> Recorder::open(HttpTransport& network, Env& env, const Path& folder,
                                                 HideSecrets hide) {
  LODE_TRY(env.make_folders(folder));
  LODE_ASSIGN(const std::vector<FolderEntry> entries, env.list_folder(folder));
  if (std::any_of(entries.begin(), entries.end(), is_recorded_file)) {
    return Status::error(Code::kInvalidArgument,
                         fmt::format("cannot record into {}: it holds a recording already", folder.string()))
        .hint("name a new folder, or remove this one first");
  }
  return std::unique_ptr<Recorder>(new Recorder(network, env, folder, std::move(hide)));
}

Result<HttpResponse> Recorder::send(const HttpRequest& request, const std::stop_token& stop) {
  Result<HttpResponse> response = network_.send(request, stop);
  if (!response.ok()) return response;
  HttpResponse recorded = *response;
  if (!request.body_file.empty() && response->status / 100 == 2) {
    LODE_ASSIGN(recorded.body, env_.read_file(request.body_file));
  }
  const Asked asked = asked_of(request, hide_);
  const Value exchange = Value::object(
      {{"request", request_value(request, asked, hide_)}, {"response", response_value(request, recorded, hide_)}});
  const Path file = folder_ / fmt::format("{:04}-{}.json", ++count_, name_of(asked));
  Status written = env_.write_file(file, json::write(exchange, {.indent = 2}) + "\n");
  if (!written.ok()) return std::move(written).about("recording");
  return response;
}

Replayer::Replayer(Env& env, Path folder, HideSecrets hide)
    : env_(env), folder_(std::move(folder)), hide_(std::move(hide)) {}

Result<std::unique_ptr<Replayer>> Replayer::open(Env& env, const Path& folder, HideSecrets hide) {
  std::unique_ptr<Replayer> replayer(new Replayer(env, folder, std::move(hide)));
  LODE_ASSIGN(std::vector<FolderEntry> entries, env.list_folder(folder));
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  for (const FolderEntry& entry : entries) {
    if (!is_recorded_file(entry)) continue;
    Status read = replayer->read(folder / entry.name);
    if (!read.ok()) return std::move(read).about((folder / entry.name).string());
  }
  if (!replayer->answers_.empty()) return replayer;
  return Status::error(Code::kNotFound, fmt::format("there is no recording in {}", folder.string()))
      .hint("lode run SCRIPT --record DIR makes one");
}

Status Replayer::read(const Path& file) {
  LODE_ASSIGN(const std::string text, env_.read_file(file));
  LODE_ASSIGN(const Value exchange, json::parse_value(text));
  const Value* const request = exchange.find("request");
  const Value* const recorded = exchange.find("response");
  if (request == nullptr || recorded == nullptr || !request->is_object() || !recorded->is_object()) {
    return Status::error(Code::kHttpReplay, "this is no recorded exchange: it needs a request and a response");
  }
  const Asked asked{request->text_or("method", "GET"), request->text_or("url", ""), request->text_or("body", "")};
  HttpResponse response;
  response.status = static_cast<int>(recorded->int_or("status", 0));
  if (response.status < 100 || response.status > 999) {
    return Status::error(Code::kHttpReplay, "the response has no status between 100 and 999");
  }
  response.reason = recorded->text_or("reason", "");
  response.url = recorded->text_or("url", asked.url);
  if (const Value* const headers = recorded->find("headers"); headers != nullptr && headers->is_list()) {
    for (const Value& header : headers->items()) {
      if (!header.is_list() || header.size() != 2 || !header.items()[0].is_text() || !header.items()[1].is_text()) {
        return Status::error(Code::kHttpReplay,
                             "a header must be a list of two texts: [\"Content-Type\", \"text/html\"]");
      }
      response.headers.emplace_back(header.items()[0].as_text(), header.items()[1].as_text());
    }
  }
  if (const Value* const body = recorded->find("json")) {
    response.body = json::write(*body);
  } else if (const std::string encoded = recorded->text_or("base64", ""); !encoded.empty()) {
    if (!base64_decode(encoded, response.body)) return Status::error(Code::kHttpReplay, "its base64 is none");
  } else {
    response.body = recorded->text_or("text", "");
  }
  response.bytes_in = response.body.size();
  answers_[asked.key()].responses.push_back(response);
  answers_[asked.key_without_body()].responses.push_back(std::move(response));
  return {};
}

const HttpResponse* Replayer::take(const std::string& key) {
  const auto found = answers_.find(key);
  if (found == answers_.end() || found->second.given == found->second.responses.size()) return nullptr;
  return &found->second.responses[found->second.given++];
}

Result<HttpResponse> Replayer::send(const HttpRequest& request, const std::stop_token& stop) {
  if (stop.stop_requested()) return Status::error(Code::kCancelled, "cancelled");
  const Asked asked = asked_of(request, hide_);
  const std::lock_guard lock(mutex_);
  const HttpResponse* response = take(asked.key());
  if (response == nullptr && answers_.count(asked.key()) == 0) response = take(asked.key_without_body());
  if (response != nullptr && !request.body_file.empty() && response->status / 100 == 2) {
    HttpResponse without_body = *response;
    LODE_TRY(env_.write_file(request.body_file, without_body.body));
    without_body.body.clear();
    return without_body;
  }
  if (response != nullptr) return *response;
  const bool is_known = answers_.count(asked.key_without_body()) > 0;
  return Status::error(Code::kHttpReplay,
                       fmt::format("{} {}: {}", asked.method, asked.url,
                                   is_known ? "the recording has no more answers to it" : "it is not in the recording"))
      .with("recording", folder_.string())
      .hint("the script asks otherwise than when it was recorded; times of the day in a URL do that. Record again");
}

}  // namespace lode
