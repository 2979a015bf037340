// Pipeline state: cursors and what else a pipeline remembers between runs, in dlt's form.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "json/value.h"

namespace lode {

inline constexpr int kStateEngineVersion = 4;

/// The state document of one pipeline. A value; not synchronised.
class PipelineState {
 public:
  explicit PipelineState(std::string_view pipeline_name);
  /// From state.json or a decoded blob. Errors: kStateCorrupt.
  static Result<PipelineState> from_json(json::Value document);
  /// From the `state` column of _dlt_pipeline_state: base64 of zlib of typed JSON, or plain typed JSON. Errors:
  /// kStateCorrupt.
  static Result<PipelineState> from_blob(std::string_view blob);
  /// The blob for the destination, without `_local`.
  std::string to_blob() const;

  /// The whole document in dlt's layout, `_local` included.
  const json::Value& document() const { return document_; }
  json::Value& document() { return document_; }
  std::int64_t version() const { return document_.int_or("_state_version", 0); }
  std::string version_hash() const { return document_.text_or("_version_hash", ""); }
  /// dlt's hash of the content without versions and `_local`.
  std::string content_hash() const;
  /// Raises the version if the content's hash changed, or `always`: beyond what it was, and beyond `version_known`, a
  /// version that somebody else has seen. True if it did.
  bool bump(std::int64_t version_known = 0, bool always = false);

  /// sources.<source>.resources.<resource>, made if absent.
  json::Value& resource_state(std::string_view source, std::string_view resource);
  json::Value& source_state(std::string_view source);

 private:
  PipelineState() = default;
  json::Value document_;
};

}  // namespace lode
