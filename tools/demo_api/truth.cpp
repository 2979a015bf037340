// The numbers that a correct load of the whole API must arrive at.
#include <map>

#include "studio.h"
#include "timestamps.h"
#include "value_sink.h"

namespace lode::demo_api {
namespace {

struct Truth {
  ListCounter lists;
  std::int64_t amount_cents = 0;
};

Truth count_everything(const Studio& studio) {
  Truth truth;
  truth.lists.start_table("players");
  for (std::int64_t n = 1; n <= studio.players().rows(); ++n) write_player(truth.lists, studio.player_key(n));
  truth.lists.start_table("matches");
  for (std::int64_t n = 1; n <= studio.matches().rows(); ++n) write_match(truth.lists, studio.match_key(n));
  truth.lists.start_table("purchases");
  for (std::int64_t n = 1; n <= studio.purchases().rows(); ++n) {
    const RowKey row = studio.purchase_key(n);
    write_purchase(truth.lists, row);
    truth.amount_cents += purchase_amount_cents(row);
  }
  truth.lists.start_table("inventory");
  for (std::int64_t n = 1; n <= studio.inventory_rows(); ++n) write_inventory_slot(truth.lists, studio.slot_key(n));
  truth.lists.start_table("items");
  for (std::int64_t n = 1; n <= kItemCount; ++n) write_item(truth.lists, studio.seed(), n);
  truth.lists.start_table("studio");
  write_studio(truth.lists, studio.seed());
  return truth;
}

void write_rows(JsonWriter& out, const Studio& studio, const Truth& truth) {
  out.begin_object("rows");
  out.field("players", studio.players().rows());
  out.field("matches", studio.matches().rows());
  const auto events = truth.lists.counts().find("matches__events");
  out.field("match_events", events == truth.lists.counts().end() ? 0 : events->second);
  out.field("purchases", studio.purchases().rows());
  out.field("inventory", studio.inventory_rows());
  out.field("items", kItemCount);
  out.field("leaderboard", studio.leaderboard().size());
  out.field("search", studio.players().rows());
  out.field("studio", 1);
  out.end_object();
  out.begin_object("nested_rows");
  for (const auto& [table, count] : truth.lists.counts()) out.field(table, count);
  out.end_object();
}

void write_newest(JsonWriter& out, std::string_view name, const Table& table, int fraction_digits) {
  out.key(name);
  if (const auto newest_us = table.newest_us()) {
    out.text(format_timestamp(*newest_us, fraction_digits));
  } else {
    out.null();
  }
}

}  // namespace

std::string truth_json(const Studio& studio, std::optional<std::int64_t> since_us) {
  const Truth truth = count_everything(studio);
  JsonWriter out;
  out.begin_object();
  out.field("seed", studio.seed());
  out.field("generation", studio.generation());
  out.field("now", format_timestamp(studio.now_us(), 0));
  write_rows(out, studio, truth);
  out.begin_object("newest_updated_at");
  write_newest(out, "players", studio.players(), 0);
  write_newest(out, "matches", studio.matches(), 3);
  write_newest(out, "purchases", studio.purchases(), 3);
  out.end_object();
  out.field("purchases_amount_total", format_money(truth.amount_cents));
  if (since_us) {
    const RowFilter filter{.since_us = since_us};
    out.begin_object("changed");
    out.field("players", studio.players().select(filter).size());
    out.field("matches", studio.matches().select(filter).size());
    out.field("purchases", studio.purchases().select(filter).size());
    out.end_object();
  }
  out.end_object();
  return out.take();
}

}  // namespace lode::demo_api
