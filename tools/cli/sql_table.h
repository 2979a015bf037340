// What a query found, as a table that fits a terminal.
#pragma once

#include <string>
#include <string_view>

#include "grid.h"

namespace lode::cli {

/// `cells`: lines of JSON as lua/stdlib/lode/tasks/sql.lua prints them: a list of names, a list for each row, and an
/// object that says whether there are `more` rows. Lines are at most `terminal.columns` wide; each ends in a newline.
std::string render_query(std::string_view cells, const TerminalStyle& terminal);

}  // namespace lode::cli
