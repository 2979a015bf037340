// Players, what they own, and the studio itself.
#include "random.h"
#include "studio_rows.h"
#include "tables.h"
#include "timestamps.h"

namespace lode::demo_api {
namespace {

constexpr const char* kNames[] = {"Ada",    "Zoë",    "Jürgen", "Søren", "たけし", "Иван",   "李雷", "Niamh",
                                  "O'Neil", "Fatıma", "Łukasz", "Anaïs", "Bob",    "Nguyễn", "محمد", "Dr. \"Pixel\""};
constexpr const char* kEpithets[] = {"the Bold", "🦊", "x_X", "99", "\\o/", "of <Mars>", "& sons", "ツ"};
constexpr const char* kCountries[] = {"DE", "FR", "JP", "BR", "US", "TR", "PL", "VN", "NO", "EG"};
constexpr const char* kTags[] = {"early-bird", "clan leader", "streamer", "bug hunter", "ünïcode", "tilted"};
constexpr const char* kBios[] = {
    "Plays support.\nNever drops the flag.",
    "\"If it moves, heal it\"\t- me",
    "日本から。よろしくお願いします！",
    "C:\\games\\nebula\\bin\r\nmy second home",
    "🎮🎲 and tea",
    "",
};
constexpr const char* kSystems[] = {"windows", "linux", "ios", "android", "steam deck"};
constexpr const char* kRarities[] = {"common", "rare", "epic", "legendary"};

void write_profile(ValueSink& out, Random& random, const RowKey& row) {
  const std::int64_t wins = random.below(900) + row.state.version;
  const std::int64_t losses = random.below(900) + 1;
  out.begin_object("profile");
  out.field("locale", random.chance(50) ? "de-DE" : "ja-JP");
  // The one field of the API in camel case, as older back ends have it.
  out.field("lastLoginIp", "10." + std::to_string(random.below(256)) + "." + std::to_string(random.below(256)) + ".7");
  out.begin_object("avatar");
  out.field("url", "https://cdn.nebula.example/a/" + std::to_string(row.number) + ".png?size=64&v=2");
  out.field("size_px", 64 << random.below(3));
  out.end_object();
  out.begin_object("stats");
  out.field("wins", wins);
  out.field("losses", losses);
  out.field("win_ratio", static_cast<double>(wins * 1000 / (wins + losses)) / 1000.0);
  out.end_object();
  out.begin_object("settings");  // often an empty object
  if (random.chance(40)) {
    out.field("crossplay", random.chance(50));
    out.field("volume", static_cast<double>(random.below(11)) / 10.0);
  }
  out.end_object();
  out.end_object();
}

void write_player_lists(ValueSink& out, Random& random, const RowKey& row) {
  out.begin_list("tags");  // scalars, sometimes none
  for (std::int64_t i = random.below(4); i > 0; --i) out.text(random.pick(kTags));
  out.end_list();

  out.begin_list("devices");
  for (std::int64_t i = random.below(3); i > 0; --i) {
    out.begin_object();
    out.field("system", random.pick(kSystems));
    out.field("last_seen_at", format_timestamp(row.state.created_us + random.below(kDayUs), 0));
    out.end_object();
  }
  out.end_list();

  out.begin_list("heatmap");  // lists of numbers in a list
  for (std::int64_t rows = random.below(3); rows > 0; --rows) {
    out.begin_list();
    for (std::int64_t cells = random.between(1, 3); cells > 0; --cells) out.integer(random.below(100));
    out.end_list();
  }
  out.end_list();
}

}  // namespace

std::string player_handle(std::uint64_t seed, std::int64_t number) {
  Random random(seed, kPlayersTable, static_cast<std::uint64_t>(number), 1u << 31);
  return std::string(random.pick(kNames)) + " " + random.pick(kEpithets) + " #" + std::to_string(number);
}

std::int64_t player_score(const RowKey& row) {
  Random random(row.seed, kLeaderboardTable, static_cast<std::uint64_t>(row.number), row.state.version);
  return random.below(1'000'000);
}

void write_player(ValueSink& out, const RowKey& row) {
  Random random(row.seed, kPlayersTable, static_cast<std::uint64_t>(row.number));
  Random changing(row.seed, kPlayersTable, static_cast<std::uint64_t>(row.number), row.state.version);
  out.begin_object();
  out.field("id", row.number);
  // Odd and beyond 2^53: a reader that goes through doubles changes it.
  out.field("account_id", 9'007'199'254'740'993 + row.number * 1'000'000'002);
  out.field("handle", player_handle(row.seed, row.number));
  if (random.chance(15)) {
    out.null_field("email");
  } else {
    out.field("email", "player" + std::to_string(row.number) + "@mail.example");
  }
  out.field("country", random.pick(kCountries));
  out.field("level", random.between(1, 60) + row.state.version);
  out.field("rating", static_cast<double>(changing.between(80'000, 240'000)) / 100.0);
  out.field("is_premium", random.chance(30));
  out.field("balance", format_money(changing.below(5'000'000)));
  if (random.chance(20)) {
    out.null_field("birth_date");
  } else {
    out.field("birth_date", format_date((random.between(3'650, 14'000)) * kDayUs));
  }
  // An int for old accounts, text for others: whoever wrote the first back end did not mind.
  if (random.chance(70)) {
    out.field("legacy_ref", random.below(100'000));
  } else {
    out.field("legacy_ref", "L-" + std::to_string(random.below(100'000)));
  }
  out.key("bio");
  random.chance(25) ? out.null() : out.ascii_text(random.pick(kBios));
  write_profile(out, random, row);
  write_player_lists(out, random, row);
  if (row.number > row.rows_at_start / 2) {  // appears in later pages only
    out.begin_object("season_pass");
    out.field("tier", random.between(1, 100));
    out.field("expires_on", format_date(row.state.created_us + 90 * kDayUs));
    out.end_object();
  }
  out.field("created_at", format_timestamp(row.state.created_us, 0));
  out.field("updated_at", format_timestamp(row.state.updated_us, 0));
  out.end_object();
}

void write_inventory_slot(ValueSink& out, const RowKey& row) {
  Random random(row.seed, kInventoryTable, static_cast<std::uint64_t>(row.number));
  out.begin_object();
  out.field("slot_id", row.number);
  out.field("player_id", (row.number - 1) / 2 + 1);
  out.field("item_id", random.between(1, kItemCount));
  out.field("quantity", random.between(1, 99));
  out.key("durability");
  random.chance(30) ? out.null() : out.real(static_cast<double>(random.below(1001)) / 1000.0);
  out.begin_object("attributes");  // keys differ from row to row, and there may be none
  if (random.chance(40)) out.field("fire_resistance", random.between(1, 50));
  if (random.chance(20)) out.field("engraving", "für " + player_handle(row.seed, (row.number - 1) / 2 + 1));
  out.end_object();
  out.field("soulbound", random.chance(10));
  out.field("acquired_at", format_timestamp(row.state.created_us + random.below(60) * kSecondUs, 6));
  out.end_object();
}

void write_item(ValueSink& out, std::uint64_t seed, std::int64_t number) {
  static constexpr const char* kNouns[] = {"Sword", "Épée", "Bouclier", "Laser", "Tea Pot", "盾", "Map", "Potion"};
  Random random(seed, kItemsTable, static_cast<std::uint64_t>(number));
  out.begin_object();
  out.field("item_id", number);
  out.field("sku", "NBL-" + std::to_string(1000 + number));
  out.field("name", std::string(random.pick(kNouns)) + " of " + std::to_string(number));
  out.field("rarity", random.pick(kRarities));
  out.field("price", format_money(random.between(99, 9'999)));
  out.field("weight_kg", static_cast<double>(random.below(400)) / 8.0);
  out.field("tradeable", random.chance(80));
  out.begin_list("stats");
  for (std::int64_t i = random.below(3); i > 0; --i) {
    out.begin_object();
    out.field("stat", random.chance(50) ? "power" : "luck");
    out.field("bonus", random.between(-5, 20));
    out.end_object();
  }
  out.end_list();
  out.end_object();
}

void write_studio(ValueSink& out, std::uint64_t seed) {
  Random random(seed, kStudioTable, 1);
  out.begin_object();
  out.field("studio_id", 9'223'372'036'854'775'807);  // the largest 64-bit integer
  out.field("name", "Nebula \"Fox\" Games & Söhne");
  out.field("founded_on", "2009-05-17");
  out.field("revenue", format_money(random.between(1'000'000'00, 9'000'000'00)));
  out.null_field("parent_company");
  out.begin_object("address");
  out.field("city", "Tromsø");
  out.begin_object("geo");
  out.field("lat", 69.6492);
  out.field("lon", 18.9553);
  out.end_object();
  out.end_object();
  out.begin_list("games");
  for (const char* title : {"Nebula Drift", "Fjord Racer\nDeluxe", "Ünter"}) {
    out.begin_object();
    out.field("title", title);
    out.begin_list("platforms");
    for (std::int64_t i = random.between(1, 3); i > 0; --i) out.text(random.pick(kSystems));
    out.end_list();
    out.end_object();
  }
  out.end_list();
  out.begin_list("lawsuits");
  out.end_list();
  out.end_object();
}

}  // namespace lode::demo_api
