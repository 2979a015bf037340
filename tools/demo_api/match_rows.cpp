// Matches with their nested events, teams and rosters.
#include <array>
#include <cstdio>

#include "random.h"
#include "studio_rows.h"
#include "tables.h"
#include "timestamps.h"

namespace lode::demo_api {
namespace {

constexpr const char* kModes[] = {"deathmatch", "capture the flag", "king of the hill", "café run"};
constexpr const char* kMaps[] = {"Tromsø Docks", "砂漠", "The \"Pit\"", "Orbit 9"};
constexpr const char* kKinds[] = {"kill", "assist", "chat", "pickup", "spawn"};
constexpr const char* kRoles[] = {"tank", "healer", "scout"};
constexpr const char* kWeapons[] = {"laser", "tea pot", "épée", "bow"};
constexpr const char* kChat[] = {"gg", "\"nice\" shot\\m/", "wait...\nwhat?", "🦊🦊🦊", "ну ладно"};

/// Still running when it was generated; the first update ends it.
bool is_live(const RowKey& row) { return row.state.version == 0 && row.number % 15 == 4; }

void write_event(ValueSink& out, const RowKey& row, std::int64_t index) {
  // Of its own stream, so that an event stays as it was when the match gets more of them.
  Random random(row.seed, kMatchesTable, static_cast<std::uint64_t>(row.number),
                1000 + static_cast<std::uint64_t>(index));
  const char* kind = random.pick(kKinds);
  out.begin_object();
  out.field("event_id", row.number * 100'000'000'000 + index);
  out.field("at_ms", index * 1500 + random.below(1500));
  out.field("kind", kind);
  out.field("player_id", random.below(row.players) + 1);
  out.begin_list("position");
  for (int axis = 0; axis < 3; ++axis) out.real(static_cast<double>(random.between(-20'000, 20'000)) / 16.0);
  out.end_list();
  out.begin_object("payload");  // its keys depend on the kind
  if (kind == kKinds[0]) {
    out.field("weapon", random.pick(kWeapons));
    out.field("damage", static_cast<double>(random.below(2000)) / 10.0);
    out.field("headshot", random.chance(25));
  } else if (kind == kKinds[2]) {
    out.field("text", random.pick(kChat));
  } else if (kind == kKinds[3]) {
    out.field("item_id", random.between(1, kItemCount));
  }
  out.end_object();
  out.end_object();
}

void write_roster(ValueSink& out, Random& random, const RowKey& row) {
  out.begin_list("roster");
  for (std::int64_t i = random.between(1, 3); i > 0; --i) {
    out.begin_object();
    out.field("player_id", random.below(row.players) + 1);
    out.field("role", random.pick(kRoles));
    out.field("kills", random.below(30));
    out.field("accuracy", static_cast<double>(random.below(1001)) / 1000.0);
    out.begin_list("loadout");
    for (std::int64_t k = random.below(3); k > 0; --k) out.text(random.pick(kWeapons));
    out.end_list();
    out.end_object();
  }
  out.end_list();
}

void write_teams(ValueSink& out, Random& random, const RowKey& row) {
  out.begin_list("teams");
  for (const char* name : {"Red", "Blå"}) {
    out.begin_object();
    out.field("name", name);
    out.field("score", random.below(100));
    write_roster(out, random, row);
    out.end_object();
  }
  out.end_list();
}

void write_rounds(ValueSink& out, Random& random) {
  out.begin_list("rounds");  // [[red, blue], ...]
  for (std::int64_t i = random.between(0, 3); i > 0; --i) {
    out.begin_list();
    out.integer(random.below(10));
    out.integer(random.below(10));
    out.end_list();
  }
  out.end_list();
}

}  // namespace

std::string match_id(std::int64_t number) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "m-%07lld", static_cast<long long>(number));
  return text.data();
}

void write_match_events(ValueSink& out, const RowKey& row) {
  Random random(row.seed, kMatchesTable, static_cast<std::uint64_t>(row.number), 8);
  // An update appends two events. A match in a hundred has none.
  const std::int64_t at_start = row.number % 100 == 0 ? 0 : random.between(2, 9);
  const std::int64_t count = at_start + 2 * static_cast<std::int64_t>(row.state.version);
  out.begin_list();
  for (std::int64_t i = 0; i < count; ++i) write_event(out, row, i);
  out.end_list();
}

void write_match(ValueSink& out, const RowKey& row) {
  Random random(row.seed, kMatchesTable, static_cast<std::uint64_t>(row.number));
  const bool live = is_live(row);
  const std::int64_t duration_ms = random.between(60'000, 1'800'000);
  out.begin_object();
  out.field("id", match_id(row.number));
  out.field("world_seed", static_cast<std::int64_t>(random.next() >> 1));  // any 63-bit integer
  out.field("mode", random.pick(kModes));
  out.begin_object("map");
  out.field("name", random.pick(kMaps));
  out.begin_object("size_m");
  out.field("width", random.between(100, 900));
  out.field("height", static_cast<double>(random.between(100, 900)));  // a float that happens to be whole: 300.0
  out.end_object();
  out.end_object();
  out.field("ranked", random.chance(60));
  out.field("started_at", format_timestamp(row.state.created_us, 3));
  if (live) {
    out.null_field("ended_at");
    out.null_field("duration_s");
    out.null_field("winner");
  } else {
    out.field("ended_at", format_timestamp(row.state.created_us + duration_ms * 1000, 3));
    out.field("duration_s", static_cast<double>(duration_ms) / 1000.0);
    out.field("winner", random.chance(50) ? "Red" : "Blå");
  }
  out.key("events");
  write_match_events(out, row);
  write_teams(out, random, row);
  write_rounds(out, random);
  out.begin_list("spectators");  // always empty
  out.end_list();
  if (row.number > row.rows_at_start / 2) {  // appears in later pages only
    out.field("patch", "2." + std::to_string(random.below(5)));
    out.begin_object("anticheat");
    out.field("score", static_cast<double>(random.below(100)) / 100.0);
    out.end_object();
  }
  out.field("updated_at", format_timestamp(row.state.updated_us, 3));
  out.end_object();
}

}  // namespace lode::demo_api
