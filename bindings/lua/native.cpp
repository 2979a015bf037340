// The module lode.native: everything that the library's Lua asks of the engine, in one table.
#include "lua/modules.h"
#include "lua/native_source.h"
#include "lua/object.h"
#include "lua/secret_value.h"
#include "lua/status_value.h"

namespace lode::lua {

template <>
struct TypeName<NativeSource> {
  static constexpr const char* kName = "lode.native_source";
};

void push_native_source(lua_State* L, NativeSource source) { push_object<NativeSource>(L, std::move(source)); }
const NativeSource* to_native_source(lua_State* L, int index) { return to_object<NativeSource>(L, index); }

int open_native(lua_State* L) {
  lua_newtable(L);
  open_status(L);
  open_secrets(L);
  register_type<NativeSource>(L, {});
  open_values(L);
  open_pages(L);
  open_waits(L);
  open_http(L);
  open_responses(L);
  open_tasks(L);
  open_signing(L);
  open_config(L);
  open_config_admin(L);
  open_source_admin(L);
  open_credentials(L);
  open_sign_in(L);
  open_files(L);
  open_pipelines(L);
  open_pipeline_admin(L);
  open_schemas(L);
  open_datasets(L);
  return 1;
}

}  // namespace lode::lua
