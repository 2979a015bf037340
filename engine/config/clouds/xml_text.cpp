// Values out of XML answers.
#include "config/clouds/xml_text.h"

#include <charconv>

#include "base/text.h"

namespace lode {
namespace {

// Appends what "lt", "#38" or "#x26" stand for; false for others.
bool append_entity(std::string& out, std::string_view entity) {
  if (entity == "lt") return out += '<', true;
  if (entity == "gt") return out += '>', true;
  if (entity == "amp") return out += '&', true;
  if (entity == "quot") return out += '"', true;
  if (entity == "apos") return out += '\'', true;
  if (!entity.starts_with('#')) return false;
  entity.remove_prefix(1);
  const bool is_hex = entity.starts_with('x');
  if (is_hex) entity.remove_prefix(1);
  unsigned code = 0;
  const auto [end, error] = std::from_chars(entity.data(), entity.data() + entity.size(), code, is_hex ? 16 : 10);
  const bool is_sign = code > 0 && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
  if (error != std::errc() || end != entity.data() + entity.size() || !is_sign) return false;
  append_utf8(out, code);
  return true;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());  // entities only become shorter
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '&') {
      out += text[i];
      continue;
    }
    const std::size_t end = text.find(';', i);
    if (end == std::string_view::npos || !append_entity(out, text.substr(i + 1, end - i - 1))) return std::nullopt;
    i = end;
  }
  return out;
}

// Past the comment, instruction or CDATA that begins at `at`; npos: it does not end. `at` itself: there is none.
std::size_t past_special(std::string_view xml, std::size_t at) {
  const auto past = [&](std::string_view begin, std::string_view end) -> std::optional<std::size_t> {
    if (!xml.substr(at).starts_with(begin)) return std::nullopt;
    const std::size_t found = xml.find(end, at + begin.size());
    return found == std::string_view::npos ? found : found + end.size();
  };
  if (const auto next = past("<!--", "-->")) return *next;
  if (const auto next = past("<![CDATA[", "]]>")) return *next;
  if (const auto next = past("<?", "?>")) return *next;
  if (const auto next = past("<!", ">")) return *next;
  return at;
}

}  // namespace

std::optional<std::string> xml_text(std::string_view xml, std::string_view name) {
  const std::string closing = "</" + std::string(name);
  for (std::size_t at = xml.find('<'); at != std::string_view::npos; at = xml.find('<', at)) {
    const std::size_t next = past_special(xml, at);
    if (next == std::string_view::npos) return std::nullopt;
    if (next != at) {
      at = next;
      continue;
    }
    const std::size_t end = xml.find('>', at);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view tag = xml.substr(at + 1, end - at - 1);
    const bool is_ours = tag.starts_with(name) && (tag.size() == name.size() || tag[name.size()] == ' ');
    at = end + 1;
    if (!is_ours || tag.ends_with('/')) continue;
    const std::size_t stop = xml.find('<', at);
    if (stop == std::string_view::npos) return std::nullopt;
    const std::size_t close = xml.find('>', stop);
    const bool is_closed = close != std::string_view::npos && trim(xml.substr(stop, close - stop)) == closing;
    if (is_closed) return decoded(xml.substr(at, stop - at));
  }
  return std::nullopt;
}

}  // namespace lode
