// One function for each endpoint. Every one of them pages in another way; README.md has the table.
#include "endpoints.h"

#include <algorithm>
#include <limits>

#include "search_request.h"
#include "timestamps.h"
#include "value_sink.h"

namespace lode::demo_api {
namespace {

constexpr std::int64_t kPageSizeMax = 10'000;
constexpr std::int64_t kPageNumberMax = 1'000'000'000;

Reply bad_request(std::string_view message) { return error_reply(400, "bad_request", message); }

/// The page size that the request asks for, as "per_page" or "limit", cut to kPageSizeMax. nullopt: not a size.
std::optional<std::int64_t> page_size(const Query& query, std::int64_t fallback) {
  const auto size = query.integer(query.has("per_page") ? "per_page" : "limit", fallback);
  if (!size || *size < 1) return std::nullopt;
  return std::min(*size, kPageSizeMax);
}

std::optional<std::int64_t> page_number(const Query& query) {
  const auto page = query.integer("page", 1);
  if (!page || *page < 1 || *page > kPageNumberMax) return std::nullopt;
  return page;
}

Reply bad_page() { return bad_request("page, per_page and limit must be whole numbers from 1"); }

/// Reads updated_since, updated_before and sort. False: one of them makes no sense, and `problem` says so.
bool read_filter(const Query& query, RowFilter& filter, Reply& problem) {
  for (const auto& [name, time] :
       {std::pair{"updated_since", &filter.since_us}, std::pair{"updated_before", &filter.before_us}}) {
    const std::string* text = query.find(name);
    if (text == nullptr) continue;
    *time = parse_timestamp(*text);
    if (!time->has_value()) {
      problem = bad_request(std::string(name) + " is not an ISO 8601 time: " + *text);
      return false;
    }
  }
  const std::string* sort = query.find("sort");
  if (sort == nullptr || *sort == "id") return true;
  filter.order = *sort == "updated_at" ? RowFilter::Order::kUpdated : RowFilter::Order::kUpdatedDescending;
  if (*sort == "updated_at" || *sort == "-updated_at") return true;
  problem = bad_request("sort must be id, updated_at or -updated_at");
  return false;
}

/// This call's path and query with another page: what follows the host in a link. A fault that was asked for in the
/// query is for one request, so links lead away from it.
std::string link_target(const Call& call, std::string_view parameter, std::string value) {
  Query query = call.query;
  query.remove("fault");
  query.remove("redirected");
  query.set(parameter, std::move(value));
  return query.render();
}

/// Pages in the Link header, next to a body that is nothing but the list.
Reply players(const Call& call) {
  RowFilter filter;
  Reply reply;
  if (!read_filter(call.query, filter, reply)) return reply;
  const auto page = page_number(call.query), size = page_size(call.query, 50);
  if (!page || !size) return bad_page();
  const Selection rows = call.studio.players().select(filter);
  const PageSlice slice = slice_page(rows.size(), *size, *page, call.repeated);

  JsonWriter out;
  out.begin_list();
  for (std::int64_t i = 0; i < slice.count; ++i) write_player(out, call.studio.player_key(rows[slice.first + i]));
  out.end_list();
  reply.body = out.take();
  reply.page_again = slice.again;

  std::string links;
  const auto add = [&](std::string_view rel, std::int64_t target_page) {
    links += links.empty() ? "<" : ", <";
    links += call.base_url + call.path + link_target(call, "page", std::to_string(target_page));
    links += ">; rel=\"" + std::string(rel) + "\"";
  };
  if (*page > 1) add("prev", *page - 1);
  if (*page < slice.pages_shown) add("next", *page + 1);
  add("first", 1);
  add("last", slice.pages_shown);
  reply.headers.emplace_back("Link", links);
  return reply;
}

/// Pages by a link in the body: a whole URL, its path and query, or its query alone.
Reply matches(const Call& call) {
  RowFilter filter;
  Reply reply;
  if (!read_filter(call.query, filter, reply)) return reply;
  const auto page = page_number(call.query), size = page_size(call.query, 25);
  if (!page || !size) return bad_page();
  const std::string* style = call.query.find("links");
  std::string prefix = call.base_url + call.path;
  if (style != nullptr && *style == "path") prefix = call.path;
  if (style != nullptr && *style == "query") prefix = "";
  const Selection rows = call.studio.matches().select(filter);
  const PageSlice slice = slice_page(rows.size(), *size, *page, call.repeated);

  JsonWriter out;
  out.begin_object();
  out.begin_list("data");
  for (std::int64_t i = 0; i < slice.count; ++i) write_match(out, call.studio.match_key(rows[slice.first + i]));
  out.end_list();
  out.begin_object("links");
  if (*page < slice.pages_shown) {
    out.field("next", prefix + link_target(call, "page", std::to_string(*page + 1)));
  } else {
    out.null_field("next");
  }
  out.end_object();
  out.end_object();
  reply.body = out.take();
  reply.page_again = slice.again;
  return reply;
}

Reply match_events(const Call& call) {
  const auto number = call.studio.find_match(call.path_id);
  if (!number) return error_reply(404, "no_such_match", "there is no match " + call.path_id);
  JsonWriter out;
  out.begin_object();
  out.field("match_id", call.path_id);
  out.key("events");
  write_match_events(out, call.studio.match_key(*number));
  out.end_object();
  return {.body = out.take()};
}

/// Pages by a cursor in the body that names the last row seen, so rows that change meanwhile move no others.
Reply purchases(const Call& call) {
  RowFilter filter;
  Reply reply;
  if (!read_filter(call.query, filter, reply)) return reply;
  const auto size = page_size(call.query, 100);
  if (!size) return bad_page();
  // The cursor: number of the page, and the row that it comes after.
  std::int64_t page = 1;
  Table::Position start{std::numeric_limits<std::int64_t>::min(), 0};
  if (const std::string* cursor = call.query.find("cursor"); cursor != nullptr && !cursor->empty()) {
    const auto numbers = unpack_cursor(*cursor, 3);
    if (!numbers || (*numbers)[0] < 1 || (*numbers)[0] > kPageNumberMax)
      return bad_request("cursor is not one of ours");
    page = (*numbers)[0];
    start = {(*numbers)[1], (*numbers)[2]};
  }
  std::vector<std::int64_t> rows = call.studio.purchases().after(start, filter, *size + 1);
  const bool again = call.repeated.again(page + 1);
  const bool more = static_cast<std::int64_t>(rows.size()) > *size;
  if (more) rows.pop_back();

  JsonWriter out;
  out.begin_object();
  out.begin_list("purchases");
  for (const std::int64_t number : rows) write_purchase(out, call.studio.purchase_key(number));
  out.end_list();
  out.begin_object("meta");
  out.field("count", rows.size());
  out.field("has_more", more || again);
  if (again) {
    out.field("next_cursor", pack_cursor({page + 1, start.updated_us, start.number}));
  } else if (more) {
    const std::int64_t last = rows.back();
    out.field("next_cursor", pack_cursor({page + 1, call.studio.purchases().state(last).updated_us, last}));
  } else {
    out.null_field("next_cursor");
  }
  out.end_object();
  out.end_object();
  reply.body = out.take();
  reply.page_again = call.repeated.again(page);
  return reply;
}

/// Pages by offset and limit, with the total.
Reply inventory(const Call& call) {
  const auto size = page_size(call.query, 100);
  const auto offset = call.query.integer("offset", 0);
  if (!size || !offset || *offset < 0) return bad_request("offset must be 0 or more, limit 1 or more");
  const std::int64_t rows = call.studio.inventory_rows();
  // Between page borders there are no pages to repeat.
  const bool on_border = *offset % *size == 0;
  const PageSlice pages = slice_page(rows, *size, *offset / *size + 1, on_border ? call.repeated : RepeatedPages{});
  const std::int64_t first = on_border ? pages.first : std::min(*offset, rows);
  const std::int64_t count = on_border ? pages.count : std::min(*size, rows - first);

  JsonWriter out;
  out.begin_object();
  out.field("total", pages.rows_shown);
  out.field("offset", *offset);
  out.field("limit", *size);
  out.begin_list("items");
  for (std::int64_t i = 0; i < count; ++i) write_inventory_slot(out, call.studio.slot_key(first + i + 1));
  out.end_list();
  out.end_object();
  return {.body = out.take(), .page_again = pages.again};
}

/// Pages by number, with the number of pages.
Reply items(const Call& call) {
  const auto page = page_number(call.query), size = page_size(call.query, 25);
  if (!page || !size) return bad_page();
  const PageSlice slice = slice_page(kItemCount, *size, *page, call.repeated);
  JsonWriter out;
  out.begin_object();
  out.field("page", *page);
  out.field("per_page", *size);
  out.field("total_pages", slice.pages_shown);
  out.begin_list("results");
  for (std::int64_t i = 0; i < slice.count; ++i) write_item(out, call.studio.seed(), slice.first + i + 1);
  out.end_list();
  out.end_object();
  return {.body = out.take(), .page_again = slice.again};
}

void write_rank(ValueSink& out, const Studio& studio, std::int64_t rank, std::int64_t number) {
  out.begin_object();
  out.field("rank", rank);
  out.field("player_id", number);
  out.field("handle", player_handle(studio.seed(), number));
  out.field("score", player_score(studio.player_key(number)));
  out.end_object();
}

/// The cursor of endpoints whose rows have fixed places: page and page size. False: `cursor` is not one.
bool read_page_cursor(const std::string& cursor, std::int64_t& page, std::int64_t& size) {
  if (cursor.empty()) return true;
  const auto numbers = unpack_cursor(cursor, 2);
  if (!numbers || (*numbers)[0] < 1 || (*numbers)[0] > kPageNumberMax) return false;
  if ((*numbers)[1] < 1 || (*numbers)[1] > kPageSizeMax) return false;
  page = (*numbers)[0];
  size = (*numbers)[1];
  return true;
}

/// Pages by a cursor in the header X-Next-Cursor.
Reply leaderboard(const Call& call) {
  auto size = page_size(call.query, 20);
  if (!size) return bad_page();
  std::int64_t page = 1;
  const std::string* cursor = call.query.find("cursor");
  if (cursor != nullptr && !read_page_cursor(*cursor, page, *size)) return bad_request("cursor is not one of ours");
  const std::vector<std::int64_t>& ranks = call.studio.leaderboard();
  const PageSlice slice = slice_page(static_cast<std::int64_t>(ranks.size()), *size, page, call.repeated);

  Reply reply;
  JsonWriter out;
  out.begin_object();
  out.field("season", "2026-spring");
  out.begin_list("entries");
  for (std::int64_t i = slice.first; i < slice.first + slice.count; ++i) {
    write_rank(out, call.studio, i + 1, ranks[static_cast<std::size_t>(i)]);
  }
  out.end_list();
  out.end_object();
  reply.body = out.take();
  reply.page_again = slice.again;
  if (page < slice.pages_shown) reply.headers.emplace_back("X-Next-Cursor", pack_cursor({page + 1, *size}));
  return reply;
}

/// Pages by a cursor that is handed back in the JSON body of the next request.
Reply search(const Call& call) {
  SearchRequest request;
  if (const std::string problem = read_search_request(call.body, request); !problem.empty())
    return bad_request(problem);
  std::int64_t page = 1, size = std::min(request.limit, kPageSizeMax);
  if (!read_page_cursor(request.cursor, page, size)) return bad_request("cursor is not one of ours");
  std::vector<std::int64_t> found;
  for (std::int64_t number = 1; number <= call.studio.players().rows(); ++number) {
    if (player_handle(call.studio.seed(), number).find(request.query) != std::string::npos) found.push_back(number);
  }
  const PageSlice slice = slice_page(static_cast<std::int64_t>(found.size()), size, page, call.repeated);

  JsonWriter out;
  out.begin_object();
  out.field("query", request.query);
  out.begin_list("hits");
  for (std::int64_t i = slice.first; i < slice.first + slice.count; ++i) {
    const std::int64_t number = found[static_cast<std::size_t>(i)];
    out.begin_object();
    out.field("player_id", number);
    out.field("handle", player_handle(call.studio.seed(), number));
    out.end_object();
  }
  out.end_list();
  if (page < slice.pages_shown) {
    out.field("cursor", pack_cursor({page + 1, size}));
  } else {
    out.null_field("cursor");
  }
  out.end_object();
  return {.body = out.take(), .page_again = slice.again};
}

Reply studio(const Call& call) {
  JsonWriter out;
  write_studio(out, call.studio.seed());
  return {.body = out.take()};
}

constexpr Route kRoutes[] = {
    {"GET", "/v1/players", "/v1/players", Access::kBearer, players},
    {"GET", "/v1/matches", "/v1/matches", Access::kBearer, matches},
    {"GET", "/v1/matches/{id}/events", "/v1/matches/([^/]+)/events", Access::kBearer, match_events},
    {"GET", "/v1/purchases", "/v1/purchases", Access::kBearer, purchases},
    {"GET", "/v1/inventory", "/v1/inventory", Access::kBearer, inventory},
    {"GET", "/v1/items", "/v1/items", Access::kBearer, items},
    {"GET", "/v1/leaderboard", "/v1/leaderboard", Access::kBearer, leaderboard},
    {"GET", "/v1/studio", "/v1/studio", Access::kBearer, studio},
    {"POST", "/v1/search", "/v1/search", Access::kBearer, search},
    {"GET", "/v1/keyed/items", "/v1/keyed/items", Access::kApiKey, items},
};

}  // namespace

Reply error_reply(int status, std::string_view code, std::string_view message) {
  JsonWriter out;
  out.begin_object();
  out.begin_object("error");
  out.field("status", status);
  out.field("code", code);
  out.field("message", message);
  out.end_object();
  out.end_object();
  return {.status = status, .body = out.take()};
}

std::span<const Route> routes() { return kRoutes; }

}  // namespace lode::demo_api
