// How rows come to be, and how they change when time passes.
#include "studio.h"

#include <algorithm>
#include <charconv>

#include "random.h"
#include "tables.h"
#include "timestamps.h"

namespace lode::demo_api {
namespace {

constexpr std::int64_t kYearUs = 365 * kDayUs;
// Growth per hour of studio time, in percent of the rows at the start.
constexpr std::int64_t kNewPercent = 2;
constexpr std::int64_t kUpdatedPercent = 3;

std::int64_t growth(std::int64_t rows_at_start, std::int64_t percent, std::int64_t minutes) {
  return std::max<std::int64_t>(1, rows_at_start * percent * minutes / 6000);
}

}  // namespace

Table::Table(std::uint64_t seed, std::uint64_t tag, std::int64_t rows)
    : seed_(seed), tag_(tag), rows_at_start_(rows), states_(static_cast<std::size_t>(rows)) {
  for (std::int64_t i = 0; i < rows; ++i) {
    Random random(seed, tag, static_cast<std::uint64_t>(i), 99);
    RowState& state = states_[static_cast<std::size_t>(i)];
    const std::int64_t slot_us = kYearUs / rows;
    const std::int64_t created_us = kStartUs - kYearUs + i * slot_us + random.below(slot_us);
    state.created_us = created_us - created_us % kSecondUs;
    state.updated_us = state.created_us;
    if (random.chance(40)) {
      // Whole hours: many rows share an updated_at, as they do where a nightly job touches them.
      const std::int64_t updated_us = state.created_us + random.below(kStartUs - state.created_us);
      state.updated_us = std::max(state.created_us, updated_us - updated_us % (60 * kMinuteUs));
      state.version = 1;
    }
  }
  sort_by_updated();
}

void Table::advance(std::uint64_t generation, std::int64_t now_us, std::int64_t minutes) {
  if (rows_at_start_ == 0) return;
  Random random(seed_, tag_, generation, 98);
  // Twenty instants for all of it, so that several rows share the newest updated_at.
  const auto instant = [&] { return now_us + (1 + random.below(20)) * (minutes * kMinuteUs / 20); };
  const std::int64_t updates = std::min(rows(), growth(rows_at_start_, kUpdatedPercent, minutes));
  for (std::int64_t i = 0; i < updates; ++i) {
    RowState& state = states_[static_cast<std::size_t>(random.below(rows()))];
    if (state.updated_us > now_us) continue;  // drawn twice
    state.updated_us = instant();
    ++state.version;
  }
  std::vector<std::int64_t> created(static_cast<std::size_t>(growth(rows_at_start_, kNewPercent, minutes)));
  std::generate(created.begin(), created.end(), instant);
  std::sort(created.begin(), created.end());
  for (const std::int64_t time_us : created) states_.push_back({time_us, time_us, 0});
  sort_by_updated();
}

void Table::sort_by_updated() {
  by_updated_.resize(states_.size());
  for (std::size_t i = 0; i < by_updated_.size(); ++i) by_updated_[i] = static_cast<std::int64_t>(i + 1);
  std::sort(by_updated_.begin(), by_updated_.end(),
            [&](std::int64_t a, std::int64_t b) { return position_of(a) < position_of(b); });
}

std::vector<std::int64_t> Table::after(const std::optional<Position>& position, const RowFilter& filter,
                                       std::int64_t count) const {
  auto first = by_updated_.begin();
  if (filter.since_us) {
    first = std::lower_bound(first, by_updated_.end(), Position{*filter.since_us, 0},
                             [&](std::int64_t row, const Position& p) { return position_of(row) < p; });
  }
  if (position) {
    first = std::upper_bound(first, by_updated_.end(), *position,
                             [&](const Position& p, std::int64_t row) { return p < position_of(row); });
  }
  auto last = by_updated_.end();
  if (filter.before_us) {
    last = std::lower_bound(first, last, Position{*filter.before_us, 0},
                            [&](std::int64_t row, const Position& p) { return position_of(row) < p; });
  }
  if (last - first > count) last = first + count;
  return {first, last};
}

Selection Table::select(const RowFilter& filter) const {
  if (!filter.since_us && !filter.before_us && filter.order == RowFilter::Order::kNumber) return Selection::all(rows());
  std::vector<std::int64_t> numbers = after(std::nullopt, filter, rows());
  if (filter.order == RowFilter::Order::kNumber) std::sort(numbers.begin(), numbers.end());
  if (filter.order == RowFilter::Order::kUpdatedDescending) std::reverse(numbers.begin(), numbers.end());
  return Selection(std::move(numbers));
}

std::optional<std::int64_t> Table::newest_us() const {
  if (by_updated_.empty()) return std::nullopt;
  return state(by_updated_.back()).updated_us;
}

Studio::Studio(std::uint64_t seed, const StudioSize& size)
    : seed_(seed),
      players_(seed, kPlayersTable, size.players),
      matches_(seed, kMatchesTable, size.matches),
      purchases_(seed, kPurchasesTable, size.purchases) {
  rank_players();
}

void Studio::advance(std::int64_t minutes) {
  ++generation_;
  players_.advance(generation_, now_us_, minutes);
  matches_.advance(generation_, now_us_, minutes);
  purchases_.advance(generation_, now_us_, minutes);
  now_us_ += minutes * kMinuteUs;
  rank_players();
}

RowKey Studio::key(const Table& table, std::int64_t number) const {
  return {.seed = seed_,
          .number = number,
          .rows_at_start = table.rows_at_start(),
          .players = players_.rows_at_start(),
          .state = table.state(number)};
}

RowKey Studio::slot_key(std::int64_t number) const {
  RowKey slot = player_key((number - 1) / 2 + 1);
  slot.number = number;
  return slot;
}

void Studio::rank_players() {
  struct Entry {
    std::int64_t score, number;
  };
  std::vector<Entry> entries;
  entries.reserve(static_cast<std::size_t>(players_.rows()));
  for (std::int64_t number = 1; number <= players_.rows(); ++number) {
    entries.push_back({player_score(player_key(number)), number});
  }
  const auto shown = std::min(kLeaderboardRows, players_.rows());
  std::partial_sort(entries.begin(), entries.begin() + shown, entries.end(), [](const Entry& a, const Entry& b) {
    return a.score != b.score ? a.score > b.score : a.number < b.number;
  });
  leaderboard_.clear();
  for (std::int64_t i = 0; i < shown; ++i) leaderboard_.push_back(entries[static_cast<std::size_t>(i)].number);
}

std::optional<std::int64_t> Studio::find_match(std::string_view id) const {
  std::int64_t number = 0;
  if (id.substr(0, 2) != "m-") return std::nullopt;
  const auto parsed = std::from_chars(id.data() + 2, id.data() + id.size(), number);
  // The one spelling that the rows use, and no other.
  if (parsed.ec != std::errc() || number < 1 || number > matches_.rows() || match_id(number) != id) return std::nullopt;
  return number;
}

}  // namespace lode::demo_api
