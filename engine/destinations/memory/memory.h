// Memory as a destination: for tests, and the shortest example of what a destination has to do.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "destinations/builtin.h"

namespace lode {

/// What has been committed: rows by table, system tables included, each row an object with all columns of its table at
/// the time.
using MemoryStore = std::map<std::string, std::vector<json::Value>>;

/// The store outlives the destination; several destinations may share it, in one thread.
std::unique_ptr<Destination> make_memory(std::shared_ptr<MemoryStore> store, Env& env);
/// It has none.
const FieldSpec& memory_options();
/// With a store of its own, which goes with it.
Result<std::unique_ptr<Destination>> make_memory(const DestinationSpec& spec, Env& env);

}  // namespace lode
