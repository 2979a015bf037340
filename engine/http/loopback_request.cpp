// LoopbackRequest: what a browser asks of the listener that a sign-in comes back to.
#include "http/loopback_request.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "http/url.h"

namespace lode {
namespace {

LoopbackRequest refused(int status) {
  LoopbackRequest request;
  request.refusal = status;
  return request;
}

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// How often the header is there, and its last value.
int find_host(const std::vector<std::string_view>& lines, std::string_view& value) {
  int count = 0;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::string_view line = without_line_end(lines[i]);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !equal_ignoring_case(line.substr(0, colon), "host")) continue;
    value = trim(line.substr(colon + 1));
    ++count;
  }
  return count;
}

FormPairs read_query(std::string_view text) {
  FormPairs pairs;
  for (const std::string_view part : split(text, '&')) {
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    const std::string_view value = equals == std::string_view::npos ? "" : part.substr(equals + 1);
    pairs.emplace_back(form_decode(part.substr(0, equals)), form_decode(value));
  }
  return pairs;
}

}  // namespace

std::string LoopbackRequest::field(std::string_view name) const {
  const auto found = std::find_if(query.begin(), query.end(), [&](const auto& pair) { return pair.first == name; });
  return found == query.end() ? "" : found->second;
}

std::optional<LoopbackRequest> read_loopback_request(std::string_view bytes, std::uint16_t port) {
  const std::size_t end = std::min(bytes.find("\r\n\r\n"), bytes.find("\n\n"));
  if (end == std::string_view::npos && bytes.size() < kLoopbackHeadBytesMax) return std::nullopt;
  if (end == std::string_view::npos || end > kLoopbackHeadBytesMax) return refused(431);
  const std::vector<std::string_view> lines = split(bytes.substr(0, end), '\n');
  const std::vector<std::string_view> words = split(without_line_end(lines[0]), ' ');
  if (words.size() != 3 || !words[2].starts_with("HTTP/1.")) return refused(400);
  if (words[0] != "GET") return refused(405);
  if (!words[1].starts_with('/')) return refused(400);
  std::string_view host;
  if (find_host(lines, host) != 1) return refused(400);
  if (host != fmt::format("127.0.0.1:{}", port) && host != fmt::format("localhost:{}", port)) return refused(421);
  const std::string_view target = words[1].substr(0, words[1].find('#'));
  const std::size_t question = target.find('?');
  LoopbackRequest request;
  request.path = target.substr(0, question);
  if (question != std::string_view::npos) request.query = read_query(target.substr(question + 1));
  const auto is_text = [](const auto& pair) { return is_utf8(pair.first) && is_utf8(pair.second); };
  if (!is_utf8(request.path) || !std::all_of(request.query.begin(), request.query.end(), is_text)) return refused(400);
  return request;
}

}  // namespace lode
