// The numbers by which rows of different tables draw different random numbers. Part of the data's definition: changing
// one changes every row of that table for every seed.
#pragma once

#include <cstdint>

namespace lode::demo_api {

constexpr std::uint64_t kPlayersTable = 1;
constexpr std::uint64_t kMatchesTable = 2;
constexpr std::uint64_t kPurchasesTable = 3;
constexpr std::uint64_t kInventoryTable = 4;
constexpr std::uint64_t kItemsTable = 5;
constexpr std::uint64_t kLeaderboardTable = 6;
constexpr std::uint64_t kStudioTable = 7;

}  // namespace lode::demo_api
