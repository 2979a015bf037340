// The native half of the library: `require "lode.native"`, one open function a noun.
#pragma once

#include <lua.hpp>

namespace lode::lua {

/// Loader of the module lode.native; what Lua's require() calls.
int open_native(lua_State* L);

// Each adds its functions to the table on top of the stack and registers its types.
void open_values(lua_State* L);          // null, list, exact numbers, times, json encoding
void open_pages(lua_State* L);           // pages of rows and the writer that turns them back
void open_waits(lua_State* L);           // sleep, rest, next_page
void open_http(lua_State* L);            // requests, URLs, forms
void open_responses(lua_State* L);       // what comes of requests
void open_signing(lua_State* L);         // signatures of requests and tokens
void open_tasks(lua_State* L);           // functions that run side by side
void open_config(lua_State* L);          // configuration values and secrets
void open_credentials(lua_State* L);     // what services need to let us in
void open_config_admin(lua_State* L);    // what `lode config` and `lode secrets` do
void open_source_admin(lua_State* L);    // what `lode source` does
void open_sign_in(lua_State* L);         // what `lode auth` needs: a listener, questions, pages
void open_files(lua_State* L);           // files as resources
void open_pipelines(lua_State* L);       // running pipelines
void open_pipeline_admin(lua_State* L);  // what `lode pipeline` does
void open_schemas(lua_State* L);         // schemas of pipelines
void open_datasets(lua_State* L);        // what was loaded

/// The value that a yield to the engine starts with; nobody else's yield does.
void push_await_tag(lua_State* L);
bool is_await_tag(lua_State* L, int index);

}  // namespace lode::lua
