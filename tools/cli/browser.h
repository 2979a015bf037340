// The user's browser.
#pragma once

#include <string>

namespace lode::cli {

/// Starts it with an address, apart from this program: false if there is none, or no screen to show it on. $BROWSER
/// comes first, then xdg-open.
bool open_browser(const std::string& url);

}  // namespace lode::cli
