// LuaResponse: an answer as Lua holds it.
#pragma once

#include <string>

#include "lua/object.h"
#include "runtime/http_call.h"

namespace lode::lua {

struct LuaResponse {
  HttpRequest request;  ///< as the script asked it, before redirects
  HttpOutcome outcome;
  std::uint32_t attempts = 1;  ///< made until this answer came
  double seconds = 0;          ///< since the first one was made
  std::string described;       ///< "GET https://…, 200, 214 bytes"

  const HttpResponse& response() const { return *outcome.response; }
  HttpResponse& response() { return *outcome.response; }
  void describe();
};

template <>
struct TypeName<LuaResponse> {
  static constexpr const char* kName = "lode.response";
};

}  // namespace lode::lua
