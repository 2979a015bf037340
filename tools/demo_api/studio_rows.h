// What the rows of the studio contain. A row is a pure function of the seed, its number and its version; nothing of it
// is stored. Between them the rows hold every kind of value that a loader meets: see README.md.
#pragma once

#include <cstdint>
#include <string>

#include "value_sink.h"

namespace lode::demo_api {

/// The part of a row that changes with time.
struct RowState {
  std::int64_t created_us = 0;
  std::int64_t updated_us = 0;
  std::uint32_t version = 0;  ///< how often it was updated
};

/// Everything a row is made of.
struct RowKey {
  std::uint64_t seed = 0;
  std::int64_t number = 0;         ///< from 1
  std::int64_t rows_at_start = 0;  ///< of its table, before any advance: some fields exist in the second half only
  std::int64_t players = 0;        ///< player numbers that it may refer to: 1 to this
  RowState state;
};

/// How many items the shop's catalogue has. Not a multiple of common page sizes, so that last pages are short.
constexpr std::int64_t kItemCount = 137;

void write_player(ValueSink& out, const RowKey& row);
void write_match(ValueSink& out, const RowKey& row);
/// The value of the match's "events": the same list that write_match writes.
void write_match_events(ValueSink& out, const RowKey& row);
void write_purchase(ValueSink& out, const RowKey& row);
/// Two rows for every player; `number` counts the inventory's rows.
void write_inventory_slot(ValueSink& out, const RowKey& row);
void write_item(ValueSink& out, std::uint64_t seed, std::int64_t number);
void write_studio(ValueSink& out, std::uint64_t seed);

std::string match_id(std::int64_t number);              ///< "m-0000042"
std::int64_t purchase_id(const RowKey& row);            ///< beyond 2^53, ascending with the row's number
std::int64_t purchase_amount_cents(const RowKey& row);  ///< what "amount" says, for exact sums
std::string player_handle(std::uint64_t seed, std::int64_t number);
std::int64_t player_score(const RowKey& row);
std::string format_money(std::int64_t cents);  ///< "1234.50"

}  // namespace lode::demo_api
