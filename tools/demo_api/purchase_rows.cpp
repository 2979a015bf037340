// Purchases: money as decimal text, and a status that moves on with every update.
#include <algorithm>

#include "random.h"
#include "studio_rows.h"
#include "tables.h"
#include "timestamps.h"

namespace lode::demo_api {
namespace {

constexpr const char* kCurrencies[] = {"EUR", "USD", "NOK", "GBP"};
constexpr const char* kBrands[] = {"visa", "mastercard", "amex"};
constexpr const char* kStatuses[] = {"pending", "paid", "refunded"};
constexpr const char* kNotes[] = {"for my sister ♥", "birthday\nsurprise", "\"urgent\"", "¡gracias!"};

struct Line {
  std::int64_t item_id, quantity, unit_cents;
};

/// The lines of the order; drawn before anything else, so that the amount is known without the rest of the row.
std::vector<Line> lines_of(Random& random) {
  std::vector<Line> lines(static_cast<std::size_t>(random.between(1, 3)));
  for (Line& line : lines) {
    line = {random.between(1, kItemCount), random.between(1, 5), random.between(99, 19'999)};
  }
  return lines;
}

std::int64_t sum_cents(const std::vector<Line>& lines) {
  std::int64_t cents = 0;
  for (const Line& line : lines) cents += line.quantity * line.unit_cents;
  return cents;
}

void write_lines(ValueSink& out, const std::vector<Line>& lines) {
  out.begin_list("lines");
  for (const Line& line : lines) {
    out.begin_object();
    out.field("item_id", line.item_id);
    out.field("quantity", line.quantity);
    out.field("unit_price", format_money(line.unit_cents));
    out.end_object();
  }
  out.end_list();
}

void write_payment(ValueSink& out, Random& random) {
  out.begin_object("payment");
  if (random.chance(75)) {
    out.field("method", "card");
    out.begin_object("card");
    out.field("brand", random.pick(kBrands));
    out.field("last_four", std::to_string(random.between(1000, 9999)));
    out.end_object();
  } else {
    out.field("method", "wallet");
  }
  out.end_object();
}

}  // namespace

std::string format_money(std::int64_t cents) {
  const std::int64_t rest = cents % 100;
  return std::to_string(cents / 100) + (rest < 10 ? ".0" : ".") + std::to_string(rest);
}

std::int64_t purchase_id(const RowKey& row) {
  return (std::int64_t{1} << 60) + row.number * 4096 + static_cast<std::int64_t>(row.seed % 4096);
}

std::int64_t purchase_amount_cents(const RowKey& row) {
  Random random(row.seed, kPurchasesTable, static_cast<std::uint64_t>(row.number));
  return sum_cents(lines_of(random));
}

void write_purchase(ValueSink& out, const RowKey& row) {
  Random random(row.seed, kPurchasesTable, static_cast<std::uint64_t>(row.number));
  const std::vector<Line> lines = lines_of(random);
  const std::int64_t status = std::min<std::int64_t>(2, (random.chance(80) ? 1 : 0) + row.state.version);
  out.begin_object();
  out.field("id", purchase_id(row));
  out.field("player_id", random.below(row.players) + 1);
  out.field("status", kStatuses[status]);
  out.field("amount", format_money(sum_cents(lines)));
  out.field("currency", random.pick(kCurrencies));
  out.field("tax_rate", static_cast<double>(random.below(26)) / 100.0);
  out.field("is_gift", random.chance(10));
  if (random.chance(80)) {
    out.null_field("note");
  } else {
    out.field("note", random.pick(kNotes));
  }
  write_payment(out, random);
  write_lines(out, lines);
  if (status == 2) {  // only after an update
    out.begin_object("refund");
    out.field("reason", "changed my mind");
    out.field("refunded_at", format_timestamp(row.state.updated_us, 3));
    out.end_object();
  }
  if (row.number > row.rows_at_start / 2) out.field("loyalty_points", random.below(500));
  out.field("purchased_at", format_timestamp(row.state.created_us, 3));
  out.field("updated_at", format_timestamp(row.state.updated_us, 3));
  out.end_object();
}

}  // namespace lode::demo_api
