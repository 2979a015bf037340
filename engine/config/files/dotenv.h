// .env files: variables of a project, written as a shell would read them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace lode {

/// Answers the value of a variable; nullopt: not set.
using VariableLookup = std::function<std::optional<std::string>(const std::string& name)>;

/// Lines are NAME=value, with or without `export`; '#' begins a comment at the start of a line or after a space. 'text'
/// is taken as it is; "text" knows \n \t \r \" \\ \$ and may go over several lines; in it, and without quotes, ${NAME}
/// and ${NAME:-default} are replaced: by variables of the machine, then of lines above. Of two lines with one name the
/// later counts. Errors: kConfigUnreadable, at "path:line"; the message never quotes the file: it may hold secrets.
Result<std::map<std::string, std::string>> parse_dotenv(std::string_view text, const std::string& path,
                                                        const VariableLookup& machine);

}  // namespace lode
