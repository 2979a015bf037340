// Pipeline state: dlt's hash and blob, both ways. The expected values were made with dlt.
#include "package/pipeline_state.h"

#include "json/write.h"
#include "package/deflate.h"
#include "support/catch.h"

using namespace lode;

namespace {

constexpr std::string_view kBlobOfDlt =
    "eNpdUUtOwzAQvYu3DcFN0xZFYo8oBYroAlBlmcRNXFzH+"
    "FMBVSQOwrqw4xA9EFdgnNASsCzZ8968eTP2GhFjqWVkxbThpURJL9hBTOZctpg4QIorJjwo6ZKhBJm"
    "iVChAGbXUMPuDSicEYGxOnbDEpAVb0n+CFmhQctfAMy8ylktqwY/"
    "YZ+UVmbBhCzahKo3NNej+pre9Tel06iuvm8pwzjUDuhv2AwTaX77UGcznb1ymmi2ZtFT40C"
    "mYimWE2obkllNBVlQ431WEo/gAd2FDG4Iau2e+Xt8bsg/"
    "kNe4lOE5wP8R+DToYJxiDxEn+6BgpqCmaF6AA3qNZVVUB2r7J7WdaZsw7y7rmBjr3uqyOPvb2Eapqy"
    "e6X6oqQc3txOdb6ZpifPHTOz6LFk5lMr1Q+Gh5O5tNePl0t4qOX8eB0VMTHqPoGBUCv9Q==";
constexpr std::string_view kHashOfDlt = "ZOPMrrY7gHk+NL2jxsQURpgK7/QfU3gUvj48zM6JKh4=";

std::string shared_text(const PipelineState& state) {
  json::Value document = state.document();
  document.erase("_local");
  return json::write(document, {.typing = json::Typing::kTyped});
}

}  // namespace

TEST_CASE("state: a blob of dlt is decoded, with typed values") {
  const Result<PipelineState> state = PipelineState::from_blob(kBlobOfDlt);
  REQUIRE(state.ok());
  CHECK(state->version() == 3);
  CHECK(state->version_hash() == kHashOfDlt);
  const json::Value* cursor = state->document().find_path(
      {"sources", "shop", "resources", "orders", "incremental", "updated_at", "last_value"});
  REQUIRE(cursor != nullptr);
  CHECK(cursor->kind() == json::Kind::kTimestamp);
  CHECK(cursor->as_int() == 1714532645000006);
  CHECK(state->document().find("_local") != nullptr);
}

TEST_CASE("state: the hash is dlt's") {
  Result<PipelineState> state = PipelineState::from_blob(kBlobOfDlt);
  REQUIRE(state.ok());
  CHECK(state->content_hash() == kHashOfDlt);
  CHECK_FALSE(state->bump());
  CHECK(state->version() == 3);
  state->document()["_local"].set("anything", 1);
  CHECK(state->content_hash() == kHashOfDlt);
}

TEST_CASE("state: a blob holds the document without _local") {
  Result<PipelineState> state = PipelineState::from_blob(kBlobOfDlt);
  REQUIRE(state.ok());
  state->document()["_local"].set("secret_folder", "/home/me");
  const std::string blob = state->to_blob();
  CHECK(inflate_base64(blob)->find("secret_folder") == std::string::npos);
  const Result<PipelineState> again = PipelineState::from_blob(blob);
  REQUIRE(again.ok());
  CHECK(shared_text(*again) == shared_text(*state));
  CHECK(*inflate_base64(blob) == *inflate_base64(kBlobOfDlt));
}

TEST_CASE("state: a blob may be plain typed JSON") {
  const Result<PipelineState> state =
      PipelineState::from_blob(R"({"_state_version":1,"_state_engine_version":4,"pipeline_name":"p"})");
  REQUIRE(state.ok());
  CHECK(state->version() == 1);
}

TEST_CASE("state: what is no state is reported") {
  for (const std::string_view blob : {"", "bm90IHpsaWI=", "[]", "{}", R"({"_state_version":1})", "eNpdUUtO",
                                      R"({"_state_version":"1","_state_engine_version":4})"}) {
    INFO(blob);
    CHECK(PipelineState::from_blob(blob).status().code() == Code::kStateCorrupt);
  }
  const Result<PipelineState> newer = PipelineState::from_blob(R"({"_state_version":1,"_state_engine_version":5})");
  CHECK(newer.status().code() == Code::kStateCorrupt);
  CHECK(newer.status().message().find("newer") != std::string::npos);
}

TEST_CASE("state: documents of older engines are brought to the present form") {
  const Result<PipelineState> state =
      PipelineState::from_blob(R"({"_state_version":1,"_state_engine_version":2,"pipeline_name":"p",)"
                               R"("destination":"dlt.destinations.postgres"})");
  REQUIRE(state.ok());
  CHECK(state->document().int_or("_state_engine_version", 0) == 4);
  CHECK(state->document().text_or("destination_type", "") == "dlt.destinations.postgres");
  REQUIRE(state->document().find("destination_name") != nullptr);
  CHECK(state->document().find("destination_name")->is_null());
  CHECK(state->document().find("destination") == nullptr);
}

TEST_CASE("state: the version is raised once for each change, but not by the first hash") {
  PipelineState state("shop");
  CHECK(state.version() == 0);
  CHECK(state.bump());
  CHECK(state.version() == 0);
  CHECK_FALSE(state.bump());
  state.resource_state("shop", "orders").set("last_id", 7);
  CHECK(state.bump());
  CHECK(state.version() == 1);
  CHECK_FALSE(state.bump());
  CHECK(state.document().find_path({"sources", "shop", "resources", "orders", "last_id"})->as_int() == 7);
  state.source_state("shop").set("seen", true);
  CHECK(state.bump());
  CHECK(state.version() == 2);
  CHECK(state.resource_state("shop", "orders").int_or("last_id", 0) == 7);
}

TEST_CASE("state: the version goes beyond one that is known, and is raised without a change when it must") {
  PipelineState state("p");
  state.bump();
  CHECK_FALSE(state.bump(7));  // nothing changed
  CHECK(state.version() == 0);
  state.source_state("s").set("a", 1);
  CHECK(state.bump(7));
  CHECK(state.version() == 8);
  CHECK(state.bump(0, true));
  CHECK(state.version() == 9);
}

TEST_CASE("deflate: what was packed comes out again") {
  for (const std::size_t size : {0, 1, 1000, 200'000}) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(i * 31 % 256);
    CHECK(inflate_base64(deflate_base64(text)) == text);
  }
  CHECK(inflate_base64("!") == std::nullopt);
  const std::string packed = deflate_base64("some text that is cut off");
  CHECK(inflate_base64(packed.substr(0, 12)) == std::nullopt);
}
