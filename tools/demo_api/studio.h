// The studio's data: which rows there are and when each was created and updated. Time passes only when it is told to,
// so the same seed and the same advances give the same bytes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "studio_rows.h"

namespace lode::demo_api {

/// 2026-03-01T00:00:00Z: what time it is in the studio before the first advance.
constexpr std::int64_t kStartUs = 1'772'323'200'000'000;

struct StudioSize {
  std::int64_t players = 500;
  std::int64_t matches = 200;
  std::int64_t purchases = 1000;
};

/// Which rows of a table a request asks for: updated at or after `since` and before `before`.
struct RowFilter {
  std::optional<std::int64_t> since_us, before_us;
  enum class Order { kNumber, kUpdated, kUpdatedDescending } order = Order::kNumber;
};

/// The numbers of the rows that a request asks for, in order. A value.
class Selection {
 public:
  /// All rows of a table, by number: nothing is stored for them.
  static Selection all(std::int64_t rows) { return Selection(rows, {}); }
  explicit Selection(std::vector<std::int64_t> numbers)
      : rows_(static_cast<std::int64_t>(numbers.size())), numbers_(std::move(numbers)) {}
  std::int64_t size() const { return rows_; }
  std::int64_t operator[](std::int64_t index) const {
    return numbers_.empty() ? index + 1 : numbers_[static_cast<std::size_t>(index)];
  }

 private:
  Selection(std::int64_t rows, std::vector<std::int64_t> numbers) : rows_(rows), numbers_(std::move(numbers)) {}
  std::int64_t rows_;
  std::vector<std::int64_t> numbers_;  // empty: 1 to rows_
};

/// One table's row states, indexed by number - 1. Not synchronised.
class Table {
 public:
  /// `rows` rows created over the year before kStartUs, some of them updated since.
  Table(std::uint64_t seed, std::uint64_t tag, std::int64_t rows);
  /// Updates some rows and adds some, all with updated_at in (now, now + minutes]. An empty table stays empty.
  void advance(std::uint64_t generation, std::int64_t now_us, std::int64_t minutes);

  std::int64_t rows() const { return static_cast<std::int64_t>(states_.size()); }
  std::int64_t rows_at_start() const { return rows_at_start_; }
  const RowState& state(std::int64_t number) const { return states_[static_cast<std::size_t>(number - 1)]; }
  /// The rows that pass the filter, in its order; ties of updated_at by number.
  Selection select(const RowFilter& filter) const;
  struct Position {
    std::int64_t updated_us = 0, number = 0;
    auto operator<=>(const Position&) const = default;
  };
  /// The first `count` rows after the position (absent: from the first one) that pass the filter, by updated_at, then
  /// number, whatever the filter's order.
  std::vector<std::int64_t> after(const std::optional<Position>& position, const RowFilter& filter,
                                  std::int64_t count) const;
  std::optional<std::int64_t> newest_us() const;

 private:
  void sort_by_updated();
  Position position_of(std::int64_t number) const { return {state(number).updated_us, number}; }
  std::uint64_t seed_, tag_;
  std::int64_t rows_at_start_;
  std::vector<RowState> states_;
  std::vector<std::int64_t> by_updated_;
};

/// Everything that the endpoints show. Const methods may run on many threads at once, advance() on one, alone.
class Studio {
 public:
  Studio(std::uint64_t seed, const StudioSize& size);
  void advance(std::int64_t minutes);

  std::uint64_t seed() const { return seed_; }
  std::uint64_t generation() const { return generation_; }
  std::int64_t now_us() const { return now_us_; }
  const Table& players() const { return players_; }
  const Table& matches() const { return matches_; }
  const Table& purchases() const { return purchases_; }
  std::int64_t inventory_rows() const { return 2 * players_.rows(); }

  RowKey player_key(std::int64_t number) const { return key(players_, number); }
  RowKey match_key(std::int64_t number) const { return key(matches_, number); }
  RowKey purchase_key(std::int64_t number) const { return key(purchases_, number); }
  RowKey slot_key(std::int64_t number) const;
  /// Player numbers, best score first: at most kLeaderboardRows.
  const std::vector<std::int64_t>& leaderboard() const { return leaderboard_; }
  /// The match's number; nullopt when there is no such match.
  std::optional<std::int64_t> find_match(std::string_view id) const;

 private:
  RowKey key(const Table& table, std::int64_t number) const;
  void rank_players();
  std::uint64_t seed_;
  std::uint64_t generation_ = 0;
  std::int64_t now_us_ = kStartUs;
  Table players_, matches_, purchases_;
  std::vector<std::int64_t> leaderboard_;
};

constexpr std::int64_t kLeaderboardRows = 250;

/// Exact counts of what every table holds, as the JSON of /admin/truth. Writes every row once, so it takes time in
/// proportion to the data. With `since_us`, "changed" counts the rows updated at or after it.
std::string truth_json(const Studio& studio, std::optional<std::int64_t> since_us);

}  // namespace lode::demo_api
