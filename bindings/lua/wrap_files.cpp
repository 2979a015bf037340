// Files in Lua: native.files makes the data of a resource out of files that are read without Lua.
#include "lua/convert.h"
#include "lua/modules.h"
#include "lua/native_source.h"
#include "lua/script_run.h"
#include "lua/status_value.h"
#include "sources/files/files.h"

namespace lode::lua {
namespace {

// native.files{ paths = {…}, format, select }: data for a resource; raises when something is wrong with the options
int files_source(lua_State* L) {
  Result<json::Value> value = read_value(L, 1);
  if (!value.ok()) raise(L, std::move(value).status());
  Result<FilesOptions> options = FilesOptions::from_json(*value);
  if (!options.ok()) raise(L, std::move(options).status());
  Engine& engine = Vm::of(L).owner()->engine();
  NativeSource source;
  source.is_local = true;
  source.open = [options = std::move(*options), &engine](ResourceContext& context) -> Result<std::unique_ptr<Pipe>> {
    LODE_ASSIGN(std::unique_ptr<BlockingPipe> pipe, open_files(engine.env(), options, context.progress));
    return on_worker(std::move(pipe), engine.workers());
  };
  push_native_source(L, std::move(source));
  return 1;
}

}  // namespace

void open_files(lua_State* L) {
  lua_pushcfunction(L, files_source);
  lua_setfield(L, -2, "files");
}

}  // namespace lode::lua
