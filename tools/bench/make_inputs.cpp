// make_inputs KIND ROWS FILE [SEED]: writes the JSON lines that the benchmarks load.
// The same arguments give the same bytes on every machine, so figures from different days may be compared.
//
//   events  flat rows of ten fields, about 200 bytes each
//   orders  nested rows: objects in objects, and a list of objects that have lists of their own
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <string>
#include <string_view>

namespace {

/// A counter hashed by the splitmix64 finaliser: seedable, and the same everywhere (std distributions are not).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    state_ += 0x9e3779b97f4a7c15u;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  /// A number in [0, limit). The bias of the remainder does not matter here.
  int64_t below(int64_t limit) { return static_cast<int64_t>(next() % static_cast<uint64_t>(limit)); }

  template <size_t N>
  std::string_view pick(const std::string_view (&choices)[N]) {
    return choices[below(N)];
  }

 private:
  uint64_t state_;
};

constexpr std::string_view kFirstNames[] = {"Ada",  "Bruno", "Chiara", "Dmitri", "Elif",  "Farah",  "Goran", "Hana",
                                            "Ines", "Jonas", "Kaito",  "Leila",  "Marta", "Nikhil", "Olga",  "Pedro"};
// Two of them carry what a fast path may get wrong: an escape that must be decoded, and text beyond ASCII.
constexpr std::string_view kLastNames[] = {"Lindqvist", "Okafor",  "Tanaka",        "Moreau",   "Silva", "Novak",
                                           "Haddad",    "Jansen",  "Kowalska",      "Rossi",    "Mbeki", "Petrov",
                                           "Yamada",    "Schmidt", "O\\u0027Neill", "Gonçalves"};
constexpr std::string_view kCategories[] = {"arcade", "puzzle", "racing", "sports",
                                            "story",  "trivia", "music",  "strategy"};
constexpr std::string_view kMailHosts[] = {"mail.example", "post.example", "studio.example", "players.example"};
constexpr std::string_view kNotes[] = {"imported from the old ledger", "said \\\"call back after noon\\\"",
                                       "checked twice", "referred by a friend", "second account of one household"};
constexpr std::string_view kCities[] = {"Lisboa", "Osaka", "Lagos", "Bergen", "Quito", "Pune", "Leeds", "Turin"};
constexpr std::string_view kCountries[] = {"PT", "JP", "NG", "NO", "EC", "IN", "GB", "IT"};
constexpr std::string_view kStatuses[] = {"placed", "paid", "shipped", "returned"};
constexpr std::string_view kOptionNames[] = {"colour", "size", "engraving", "wrapping"};
constexpr std::string_view kOptionValues[] = {"red", "green", "black", "S", "M", "L", "XL", "none"};
constexpr std::string_view kTags[] = {"gift", "preorder", "bundle", "discounted", "fragile"};
constexpr std::string_view kMethods[] = {"card", "transfer", "voucher"};
constexpr std::string_view kCurrencies[] = {"EUR", "USD", "JPY"};

void put(std::string& out, std::string_view text) { out += text; }

void put(std::string& out, int64_t number) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

/// Appends every part. Written with braces, because only in a braced list do C++ compilers agree on which argument is
/// evaluated first, and the arguments draw from one Random.
struct Put {
  template <typename... Parts>
  Put(std::string& out, const Parts&... parts) {
    (put(out, parts), ...);
  }
};

/// Hundredths as a JSON number with a point, so that the column is a double in every row.
void put_hundredths(std::string& out, int64_t hundredths) {
  Put{out, hundredths / 100, hundredths % 100 < 10 ? ".0" : ".", hundredths % 100};
}

/// Milliseconds since 2024-01-01 as ISO 8601 text in UTC.
void put_timestamp(std::string& out, int64_t ms) {
  using namespace std::chrono;
  constexpr sys_days kStart = 2024y / January / 1;
  auto moment = kStart + milliseconds(ms);
  auto day = floor<days>(moment);
  year_month_day date(day);
  hh_mm_ss clock(moment - day);
  char text[40];
  int length = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                             static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                             static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                             static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  out.append(text, static_cast<size_t>(length));
}

/// One row of `events`. A third of the notes are null; ids count from 1; time moves on by about 25 s a row.
void put_event(std::string& out, Random& random, int64_t id) {
  std::string_view first = random.pick(kFirstNames);
  Put{out, "{\"id\":", id, ",\"name\":\"", first, " ", random.pick(kLastNames), "\",\"created_at\":\""};
  put_timestamp(out, id * 25'000 + random.below(25'000));
  Put{out, "\",\"active\":", random.below(4) != 0 ? "true" : "false", ",\"score\":"};
  put_hundredths(out, random.below(100'000));
  Put{out,
      ",\"level\":",
      random.below(100),
      ",\"category\":\"",
      random.pick(kCategories),
      "\",\"email\":\"",
      first,
      ".",
      random.below(1'000'000),
      "@",
      random.pick(kMailHosts),
      "\",\"note\":"};
  if (random.below(3) == 0) {
    put(out, "null");
  } else {
    Put{out, "\"", random.pick(kNotes), "\""};
  }
  Put{out, ",\"amount\":", random.below(2'000'000) - 500'000, "}\n"};
}

void put_item(std::string& out, Random& random) {
  Put{out, "{\"sku\":\"SKU-", random.below(90'000) + 10'000, "\",\"quantity\":", random.below(5) + 1, ",\"price\":"};
  put_hundredths(out, random.below(50'000));
  put(out, ",\"options\":[");
  for (int64_t i = 0, count = random.below(3); i < count; ++i) {
    Put{out,
        i == 0 ? "" : ",",
        "{\"name\":\"",
        random.pick(kOptionNames),
        "\",\"value\":\"",
        random.pick(kOptionValues),
        "\"}"};
  }
  put(out, "],\"tags\":[");
  for (int64_t i = 0, count = random.below(3); i < count; ++i) {
    Put{out, i == 0 ? "\"" : ",\"", random.pick(kTags), "\""};
  }
  put(out, "]}");
}

/// One row of `orders`: about 700 bytes, with one to five items.
void put_order(std::string& out, Random& random, int64_t id) {
  int64_t city = random.below(std::size(kCities));
  Put{out, "{\"id\":", id, ",\"placed_at\":\""};
  put_timestamp(out, id * 25'000 + random.below(25'000));
  Put{out,
      "\",\"status\":\"",
      random.pick(kStatuses),
      "\",\"customer\":{\"id\":",
      random.below(50'000),
      ",\"name\":\"",
      random.pick(kFirstNames),
      " ",
      random.pick(kLastNames),
      "\",\"address\":{\"street\":\"",
      random.below(300) + 1,
      " Harbour Road\",\"city\":\"",
      kCities[city],
      "\",\"country\":\"",
      kCountries[city],
      "\"}},\"payment\":{\"method\":\"",
      random.pick(kMethods),
      "\",\"currency\":\"",
      random.pick(kCurrencies),
      "\",\"total\":"};
  put_hundredths(out, random.below(500'000));
  put(out, "},\"items\":[");
  for (int64_t i = 0, count = random.below(5) + 1; i < count; ++i) {
    put(out, i == 0 ? "" : ",");
    put_item(out, random);
  }
  put(out, "]}\n");
}

using PutRow = void (*)(std::string&, Random&, int64_t);

PutRow find_kind(std::string_view kind) {
  if (kind == "events") return put_event;
  if (kind == "orders") return put_order;
  return nullptr;
}

/// False when the file could not be written whole; errno says why.
bool write_rows(const char* path, PutRow put_row, int64_t row_count, uint64_t seed) {
  constexpr size_t kFlushBytes = 1 << 20;
  std::FILE* file = std::fopen(path, "wb");
  if (file == nullptr) return false;
  Random random(seed);
  std::string out;
  out.reserve(kFlushBytes + (64 << 10));
  bool written = true;
  for (int64_t id = 1; id <= row_count && written; ++id) {
    put_row(out, random, id);
    if (out.size() < kFlushBytes && id < row_count) continue;
    written = std::fwrite(out.data(), 1, out.size(), file) == out.size();
    out.clear();
  }
  return std::fclose(file) == 0 && written;
}

bool parse_number(std::string_view text, int64_t& number) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 0;
}

}  // namespace

int main(int argc, char** argv) {
  PutRow put_row = argc > 1 ? find_kind(argv[1]) : nullptr;
  int64_t row_count = 0;
  int64_t seed = 1;
  if (argc < 4 || argc > 5 || put_row == nullptr || !parse_number(argv[2], row_count) ||
      (argc == 5 && !parse_number(argv[4], seed))) {
    std::fputs("usage: make_inputs events|orders ROWS FILE [SEED]\n", stderr);
    return 2;
  }
  if (!write_rows(argv[3], put_row, row_count, static_cast<uint64_t>(seed))) {
    std::fprintf(stderr, "make_inputs: %s: %s\n", argv[3], std::strerror(errno));
    return 1;
  }
  return 0;
}
