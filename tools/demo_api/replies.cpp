// Failures, ETags, gzip.
#include "replies.h"

#include <zlib.h>

#include <array>
#include <chrono>
#include <cstdio>

#include "timestamps.h"

namespace lode::demo_api {
namespace {

std::string_view code_of(int status) {
  switch (status) {
    case 401:
      return "unauthorized";
    case 403:
      return "forbidden";
    case 404:
      return "not_found";
    case 429:
      return "rate_limited";
    case 500:
      return "internal";
    case 503:
      return "unavailable";
    default:
      return "fault";
  }
}

Reply status_reply(const FaultRule& failure) {
  Reply reply = error_reply(failure.status, code_of(failure.status), "this error was asked for: " + failure.name);
  if (!failure.retry_after_s) return reply;
  std::string value = std::to_string(*failure.retry_after_s);
  if (failure.retry_after_as_date) {
    // The one place where real time shows. A date has whole seconds: round up, so that nobody may come too early.
    const auto now = std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now());
    value = format_http_date((now.time_since_epoch().count() + *failure.retry_after_s) * kSecondUs);
  }
  reply.headers.emplace_back("Retry-After", value);
  return reply;
}

Reply redirect_reply(const FaultRule& failure, std::string base_url, const std::string& path, Query query) {
  if (!failure.host.empty()) {
    const std::size_t port = base_url.rfind(':');  // "http://host:port"
    base_url = "http://" + failure.host + (port > 5 ? base_url.substr(port) : "");
  }
  if (!failure.loop) {
    query.remove("fault");
    query.set(kRedirectedParameter, "1");
  }
  Reply reply{.status = failure.status};
  reply.headers.emplace_back("Location", base_url + path + query.render());
  return reply;
}

/// 64-bit FNV-1a.
std::string etag_of(std::string_view body) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : body) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  std::array<char, 24> text;
  std::snprintf(text.data(), text.size(), "\"%016llx\"", static_cast<unsigned long long>(hash));
  return text.data();
}

}  // namespace

bool replaces_reply(FaultKind kind) {
  return kind == FaultKind::kStatus || kind == FaultKind::kNoContent || kind == FaultKind::kHtml ||
         kind == FaultKind::kEmpty || kind == FaultKind::kRedirect;
}

Reply failure_reply(const FaultRule& failure, const std::string& base_url, const std::string& path, Query query) {
  switch (failure.kind) {
    case FaultKind::kStatus:
      return status_reply(failure);
    case FaultKind::kNoContent:
      return {.status = 204};
    case FaultKind::kRedirect:
      return redirect_reply(failure, base_url, path, std::move(query));
    case FaultKind::kHtml:
      return {.body = "<!DOCTYPE html>\n<html><body><h1>Down for maintenance</h1></body></html>\n",
              .content_type = "text/html; charset=utf-8"};
    default:
      return {};
  }
}

void apply_etag(Reply& reply, std::string_view if_none_match) {
  const std::string tag = etag_of(reply.body);
  reply.headers.emplace_back("ETag", tag);
  // A list of tags or "*". Ours are never part of one another, so looking for the text is enough, weak or not.
  if (if_none_match != "*" && if_none_match.find(tag) == std::string_view::npos) return;
  reply.status = 304;
  reply.body.clear();
}

void apply_gzip(Reply& reply) {
  z_stream stream{};
  constexpr int kGzipFormat = 16;  // added to the window bits, it asks for a gzip header
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + kGzipFormat, 8, Z_DEFAULT_STRATEGY) != Z_OK) return;
  std::string packed(deflateBound(&stream, reply.body.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(reply.body.data());
  stream.avail_in = static_cast<uInt>(reply.body.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int outcome = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (outcome != Z_STREAM_END) return;
  reply.body = std::move(packed);
  reply.headers.emplace_back("Content-Encoding", "gzip");
  reply.headers.emplace_back("Vary", "Accept-Encoding");
  // Other bytes, so no longer the same representation: the tag becomes a weak one.
  for (auto& [name, value] : reply.headers) {
    if (name == "ETag") value = "W/" + value;
  }
}

}  // namespace lode::demo_api
