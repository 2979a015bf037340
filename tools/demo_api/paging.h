// How a list is cut into pages, and the opaque cursors that name a place in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lode::demo_api {

/// Pages that are served twice in a row. A client that follows the pages sees a list of pages in which the repeated
/// ones stand two times, with totals to match, so nothing is ever missing. Page numbers count from 1.
struct RepeatedPages {
  std::int64_t page = 0;   ///< this page; 0: none
  std::int64_t every = 0;  ///< pages every, 2 * every, ...; 0: none

  bool repeats(std::int64_t page_number) const {
    return page_number == page || (every > 0 && page_number % every == 0);
  }
  /// The page that is really served as number `shown_page`.
  std::int64_t real(std::int64_t shown_page) const;
  /// Whether number `shown` is the second of a page's two.
  bool again(std::int64_t shown_page) const { return shown_page > 1 && real(shown_page) == real(shown_page - 1); }
  /// How many pages a client sees where there are `pages`.
  std::int64_t shown(std::int64_t pages) const;
};

/// One page of a list, as it is shown.
struct PageSlice {
  std::int64_t first = 0;        ///< index of its first row
  std::int64_t count = 0;        ///< 0: beyond the end
  bool again = false;            ///< it is the second of a page's two
  std::int64_t pages_shown = 0;  ///< of the whole list; at least 1, as an empty list has one empty page
  std::int64_t rows_shown = 0;   ///< of the whole list, repeated ones counted again
};

/// Page `shown` (from 1) of `rows` rows in pages of `size`.
PageSlice slice_page(std::int64_t rows, std::int64_t size, std::int64_t shown, const RepeatedPages& repeated);

/// Numbers packed into text that a client has to hand back unchanged. It is base64 with padding: a client that puts it
/// into a query string without percent-encoding will sooner or later lose a character.
std::string pack_cursor(const std::vector<std::int64_t>& numbers);
/// nullopt: not a cursor of `count` numbers.
std::optional<std::vector<std::int64_t>> unpack_cursor(std::string_view cursor, std::size_t count);

}  // namespace lode::demo_api
