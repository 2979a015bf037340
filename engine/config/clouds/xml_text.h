// Values out of XML answers, of services that know no JSON. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lode {

/// The text of the first element called `name` that has text only: <name a="b">x &amp; y</name> is "x & y". Comments
/// and other elements are passed over. nullopt: there is none, or it is not closed, or has a sign that cannot be
/// (&x;). Secrets in the result are the caller's to wipe.
std::optional<std::string> xml_text(std::string_view xml, std::string_view name);

}  // namespace lode
