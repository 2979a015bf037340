// Pipeline state, in dlt's form.
#include "package/pipeline_state.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "json/parse.h"
#include "json/write.h"
#include "package/deflate.h"

namespace lode {
namespace {

constexpr std::array<std::string_view, 4> kNotHashed = {"_state_version", "_state_engine_version", "_version_hash",
                                                        "_local"};

Status corrupt(std::string_view why) {
  return Status::error(Code::kStateCorrupt, "this is no state of a pipeline: " + std::string(why));
}

// "dlt.destinations.postgres" -> "postgres".
std::string last_segment(const std::string& type) { return type.substr(type.rfind('.') + 1); }

// Brings a document of an older engine to the present form, as dlt does.
void migrate(json::Value& document, std::int64_t engine_version) {
  if (engine_version < 4) {
    for (const std::string kind : {"destination", "staging"}) {
      const std::string type = document.text_or(kind, "");
      if (!type.empty()) {
        document.set(kind + "_type", type);
        document.set(kind + "_name", last_segment(type));
      }
      document.erase(kind);
    }
  }
  for (const std::string kind : {"destination", "staging"}) {
    const std::string type = document.text_or(kind + "_type", "");
    if (!type.empty() && document.text_or(kind + "_name", "") == last_segment(type))
      document.set(kind + "_name", nullptr);
  }
  document.set("_state_engine_version", kStateEngineVersion);
}

json::Value& object_at(json::Value& parent, std::string_view key) {
  json::Value& value = parent[key];
  if (!value.is_object()) value = json::Value::object();
  return value;
}

}  // namespace

PipelineState::PipelineState(std::string_view pipeline_name) : document_(json::Value::object()) {
  document_.set("_state_version", 0);
  document_.set("_state_engine_version", kStateEngineVersion);
  document_.set("_local", json::Value::object({{"first_run", true}}));
  document_.set("pipeline_name", pipeline_name);
}

Result<PipelineState> PipelineState::from_json(json::Value document) {
  if (!document.is_object()) return corrupt("it is not an object");
  const json::Value* version = document.find("_state_version");
  if (version == nullptr || !version->is_int()) return corrupt("it has no _state_version");
  const std::int64_t engine_version = document.int_or("_state_engine_version", 0);
  if (engine_version < 1) return corrupt("it has no _state_engine_version");
  if (engine_version > kStateEngineVersion) {
    return Status::error(Code::kStateCorrupt, "the state was written by a newer version (its engine version is " +
                                                  std::to_string(engine_version) + ", known are those up to " +
                                                  std::to_string(kStateEngineVersion) + ")")
        .hint("use the version that wrote it, or a newer one");
  }
  PipelineState state;
  state.document_ = std::move(document);
  object_at(state.document_, "_local");
  migrate(state.document_, engine_version);
  return state;
}

Result<PipelineState> PipelineState::from_blob(std::string_view blob) {
  const std::optional<std::string> inflated = inflate_base64(blob);
  Result<json::Value> document = json::parse_value(inflated ? *inflated : blob);
  if (!document.ok()) {
    return Status::error(Code::kStateCorrupt, "the saved state can be decoded neither as base64 and zlib nor as JSON")
        .caused_by(std::move(document).status());
  }
  json::decode_typed(*document);
  return from_json(std::move(*document));
}

std::string PipelineState::to_blob() const {
  json::Value shared = document_;
  shared.erase("_local");
  return deflate_base64(json::write(shared, {.typing = json::Typing::kTyped}));
}

std::string PipelineState::content_hash() const {
  json::Value content = document_;
  for (const std::string_view key : kNotHashed) content.erase(key);
  return base64_encode(sha3_256(json::write(content, {.typing = json::Typing::kTyped, .sort_keys = true})));
}

bool PipelineState::bump(std::int64_t version_known, bool always) {
  std::string hash = content_hash();
  const std::string before = version_hash();
  if (hash == before && !always) return false;
  // The first hash belongs to version 0, as in dlt.
  if (!before.empty() || version_known > version())
    document_.set("_state_version", std::max(version(), version_known) + 1);
  document_.set("_version_hash", std::move(hash));
  return true;
}

json::Value& PipelineState::source_state(std::string_view source) {
  return object_at(object_at(document_, "sources"), source);
}

json::Value& PipelineState::resource_state(std::string_view source, std::string_view resource) {
  return object_at(object_at(source_state(source), "resources"), resource);
}

}  // namespace lode
