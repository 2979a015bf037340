// Which destination a run or a command works with, and with which credentials.
#pragma once

#include <string>

#include "config/config.h"
#include "json/value.h"
#include "load/loader.h"
#include "package/pipeline_state.h"

namespace lode {

/// `given` as make_destination() takes it, with what the configuration says where it is silent: options of the
/// destination (destination.<name>.replace_strategy), and, unless a place is named already, its credentials:
/// destination.<name>.credentials (a URL, or fields, also set one by one; a URL without its password is completed),
/// then as dlt looks for it. A name that is no kind's can be given one: destination.<name>.destination_type. Errors:
/// those of the configuration.
Result<json::Value> with_credentials(const Config& config, const std::string& pipeline, json::Value given);

/// How often a load is tried again: load.raise_on_max_retries (attempts in all; 0: without end), load.retry_delay_s,
/// load.retry_delay_s_max. Errors: kConfigInvalid.
Result<LoadRetry> configured_retry(const Config& config, const std::string& pipeline);

/// What a pipeline remembers of where it loads to.
struct KnownPlace {
  std::string name;      ///< of its own, if it has one: see own_name()
  std::string type;      ///< dlt's: "dlt.destinations.postgres"; "": not known
  std::string location;  ///< a URL without secrets, absolute; "": not known
  std::string dataset;
  std::string schema;  ///< the first one of the pipeline
};

/// "warehouse" of a destination that is called so in the configuration; "" of one that is called as what it is, and of
/// URLs. dlt keeps it in the state.
std::string own_name(const json::Value& destination);
/// From the pipeline's state, where note_place() left it.
KnownPlace known_place(const json::Value& state);
/// Puts a destination's display() into the part of the state that stays on this machine.
void note_place(json::Value& state, const std::string& location);
/// A destination for commands that run without a script: credentials from the configuration, else the location as it
/// was. Errors: kConfigMissing when neither is known.
Result<json::Value> destination_of(const Config& config, const std::string& pipeline, const KnownPlace& place);

}  // namespace lode
