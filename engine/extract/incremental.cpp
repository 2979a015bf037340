// Incremental cursors: load only what is new since the last committed run.
#include "extract/incremental.h"

#include <fmt/format.h>

#include <cmath>

#include "base/digest.h"
#include "base/iso8601.h"
#include "base/text.h"
#include "base/time.h"
#include "json/write.h"

namespace lode {
namespace {

int sign(double difference) { return difference < 0 ? -1 : difference > 0 ? 1 : 0; }
int sign(std::int64_t a, std::int64_t b) { return a < b ? -1 : a > b ? 1 : 0; }

bool is_number(json::Kind kind) { return kind == json::Kind::kInt || kind == json::Kind::kDouble; }
bool has_number(json::Kind kind) {
  return kind == json::Kind::kTimestamp || kind == json::Kind::kDate || kind == json::Kind::kTime;
}

double real_of(json::Ref value) {
  return value.kind() == json::Kind::kInt ? static_cast<double>(value.as_int()) : value.as_double();
}

// Whether `a` lies farther in the direction of the cursor than `b`; both have passed compare() before.
bool is_farther(const json::Value& a, const json::Value& b, bool is_minimum) {
  int order = 0;
  if (a.is_text() && b.is_text()) {
    order = a.as_text().compare(b.as_text());
  } else if (is_number(a.kind()) && is_number(b.kind())) {
    order = sign(a.as_double() - b.as_double());
  } else if (has_number(a.kind()) && a.kind() == b.kind()) {
    order = sign(a.as_int(), b.as_int());
  }
  return is_minimum ? order < 0 : order > 0;
}

// The text of a moment in the notation that `like` has: with Z, with an offset, naive, with a blank instead of T.
std::string render_like(std::string_view like, const IsoValue& parsed, std::int64_t micros) {
  std::string text = iso_timestamp_naive(micros + parsed.offset_s * std::int64_t{1'000'000});
  if (like.size() > 10 && like[10] == ' ') text[10] = ' ';
  if (!parsed.has_offset) return text;
  if (like.back() == 'Z') return text + "Z";
  const int minutes = std::abs(parsed.offset_s) / 60;
  return text + fmt::format("{}{:02}:{:02}", parsed.offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

// In base64: 12 characters, and 20.
constexpr std::size_t kHashBytes = 9;
constexpr std::size_t kLegacyHashBytes = 15;
constexpr std::size_t kLegacyHashLength = 20;

// Timestamps become microseconds since 1970. Values may be thousands of levels deep, so nothing recurses.
void number_instants(json::Value& value) {
  std::vector<json::Value*> open = {&value};
  while (!open.empty()) {
    json::Value& at = *open.back();
    open.pop_back();
    if (at.kind() == json::Kind::kTimestamp) {
      at = json::Value(at.as_int());
    } else if (at.is_list()) {
      for (json::Value& item : at.items()) open.push_back(&item);
    } else if (at.is_object()) {
      for (auto& [name, member] : at.members()) open.push_back(&member);
    }
  }
}

}  // namespace

Result<json::Value> lagged(const json::Value& value, double lag, bool is_minimum) {
  const double shift = is_minimum ? lag : -lag;
  switch (value.kind()) {
    case json::Kind::kInt:
      return json::Value(static_cast<std::int64_t>(static_cast<double>(value.as_int()) + shift));
    case json::Kind::kDouble:
      return json::Value(value.as_double() + shift);
    case json::Kind::kTimestamp:
      return json::Value::of_number(json::Kind::kTimestamp, value.as_int() + std::llround(shift * 1e6));
    case json::Kind::kDate:
      return json::Value::of_number(json::Kind::kDate, value.as_int() + std::llround(shift));
    case json::Kind::kText: {
      const std::optional<IsoValue> parsed = parse_iso(value.as_text());
      if (parsed && parsed->kind == IsoValue::Kind::kTimestamp) {
        return json::Value(render_like(value.as_text(), *parsed, parsed->micros + std::llround(shift * 1e6)));
      }
      if (parsed && parsed->kind == IsoValue::Kind::kDate) {
        return json::Value(iso_date(parsed->days + std::llround(shift)));
      }
      break;
    }
    default:
      break;
  }
  return Status::error(Code::kCursorType,
                       fmt::format("a lag cannot be taken from the cursor value {}", json::write(value)))
      .hint("lag works on numbers, timestamps, dates and ISO texts of these");
}

Result<std::unique_ptr<IncrementalCursor>> IncrementalCursor::open(IncrementalOptions options,
                                                                   const json::Value& record) {
  LODE_ASSIGN(json::Path path, json::Path::compile(options.cursor_path));
  if (!options.end_value.is_null() && options.initial_value.is_null()) {
    return Status::error(Code::kCursorType, "incremental: end_value needs an initial_value");
  }
  std::unique_ptr<IncrementalCursor> cursor(new IncrementalCursor(std::move(options)));
  const IncrementalOptions& given = cursor->options_;
  cursor->path_ = std::move(path);
  cursor->stored_last_ = given.initial_value;
  cursor->stored_start_ = given.initial_value;
  if (cursor->is_stateful() && record.is_object()) {
    if (const json::Value* last = record.find("last_value")) cursor->stored_last_ = *last;
    if (const json::Value* start = record.find("start_value")) cursor->stored_start_ = *start;
    if (const json::Value* hashes = record.find("unique_hashes"); hashes && hashes->is_list()) {
      for (const json::Value& hash : hashes->items()) {
        if (!hash.is_text()) continue;
        cursor->start_hashes_.insert(hash.as_text());
        cursor->start_legacy_ = cursor->start_legacy_ || hash.as_text().size() == kLegacyHashLength;
      }
    }
  }
  cursor->start_value_ = cursor->stored_last_;
  if (given.lag && *given.lag != 0 && !cursor->stored_last_.is_null() && cursor->is_stateful()) {
    LODE_ASSIGN(cursor->start_value_, lagged(cursor->stored_last_, *given.lag, given.is_minimum));
    // The lag never reaches back behind the first run.
    if (is_farther(given.initial_value, cursor->start_value_, given.is_minimum))
      cursor->start_value_ = given.initial_value;
  }
  cursor->last_value_ = cursor->start_value_;
  cursor->hashes_ = cursor->start_hashes_;
  cursor->legacy_ = cursor->start_legacy_;
  cursor->deduplicates_ =
      given.deduplicates && !given.range_start_open && cursor->is_stateful() && !(given.lag && *given.lag != 0);
  return cursor;
}

Result<int> IncrementalCursor::compare(json::Ref value, const json::Value& bound, std::string_view bound_name) const {
  const json::Kind kind = value.kind();
  if (kind == json::Kind::kInt && bound.is_int()) return sign(value.as_int(), bound.as_int());
  if (is_number(kind) && is_number(bound.kind())) return sign(real_of(value) - bound.as_double());
  if (kind == json::Kind::kText && bound.is_text()) return value.as_text().compare(bound.as_text());
  if (has_number(kind) && kind == bound.kind()) return sign(value.as_int(), bound.as_int());
  return Status::error(Code::kCursorType, fmt::format("cursor '{}' is {} {}, which cannot be compared with the {} {}",
                                                      options_.cursor_path, json::kind_name(kind),
                                                      shorten(json::write(value), 60), bound_name, json::write(bound)))
      .hint("give initial_value the type that the data has, or convert the field in an :add_map");
}

// dlt's hash of the row, or of its key. Since 1.29 it is shorter, and an instant counts as its microseconds, so that it
// is the same in every zone.
Result<std::string> IncrementalCursor::row_hash(json::Ref row, bool legacy) const {
  std::string text;
  const auto append = [&](json::Ref value) {
    if (legacy) return json::append(text, value, {.sort_keys = true});
    json::Value instants = json::to_value(value);
    number_instants(instants);
    json::append(text, instants, {.sort_keys = true});
  };
  if (options_.primary_key.empty()) {
    append(row);
  } else {
    const bool several = options_.primary_key.size() > 1;
    if (several) text += '[';
    for (std::size_t i = 0; i < options_.primary_key.size(); ++i) {
      const json::Ref value = row.is_object() ? row.find(options_.primary_key[i]) : json::Ref();
      if (!value) {
        return Status::error(Code::kCursorMissing,
                             fmt::format("the primary key '{}' is not in the row, and rows at the "
                                         "cursor's boundary are told apart by it",
                                         options_.primary_key[i]));
      }
      if (i > 0) text += ',';
      append(value);
    }
    if (several) text += ']';
  }
  return base64_encode(shake_128(text, legacy ? kLegacyHashBytes : kHashBytes), false);
}

// Whether an earlier run loaded the row. Lists of both kinds of hashes are possible: older versions of lode made them.
Result<bool> IncrementalCursor::was_loaded(json::Ref row) const {
  LODE_ASSIGN(const std::string hash, row_hash(row, false));
  if (start_hashes_.count(hash) > 0) return true;
  if (!start_legacy_) return false;
  LODE_ASSIGN(const std::string legacy, row_hash(row, true));
  return start_hashes_.count(legacy) > 0;
}

// True if the row lies behind end_value and is to be left out.
Result<bool> IncrementalCursor::beyond_end(json::Ref value) {
  if (options_.end_value.is_null()) return false;
  LODE_ASSIGN(int order, compare(value, options_.end_value, "end_value"));
  if (options_.is_minimum) order = -order;
  end_flag_ = order > 0 || (order == 0 && !options_.range_end_closed);
  return end_flag_;
}

// dlt's acceptance rule. `order` is positive when the value is farther than what it is compared with.
Result<bool> IncrementalCursor::accept_row(json::Ref row) {
  start_flag_ = false;
  end_flag_ = false;
  const std::string& field = path_.plain_field();
  const json::Ref value = field.empty() ? path_.first(row) : row.is_object() ? row.find(field) : json::Ref();
  if (!value || value.is_null()) {
    if (options_.on_missing == IncrementalOptions::Missing::kInclude) return true;
    if (options_.on_missing == IncrementalOptions::Missing::kExclude) return false;
    return Status::error(Code::kCursorMissing,
                         fmt::format("cursor '{}' {}", options_.cursor_path, value ? "is null" : "is not in the row"))
        .with("row", shorten(json::write(row), 200))
        .hint("set on_cursor_value_missing = \"include\" or \"exclude\" if such rows are expected");
  }
  LODE_ASSIGN(const bool behind, beyond_end(value));
  if (behind) return false;
  const int direction = options_.is_minimum ? -1 : 1;

  int to_last = 1;
  if (!last_value_.is_null()) {
    LODE_ASSIGN(to_last, compare(value, last_value_, "last value"));
    to_last *= direction;
  }
  if (to_last > 0) {
    last_value_ = json::to_value(value);
    hashes_.clear();
    rows_forgotten_ = 0;
    legacy_ = false;
    if (deduplicates_) {
      LODE_ASSIGN(std::string hash, row_hash(row, legacy_));
      remember(std::move(hash));
    }
    return true;
  }
  int to_start = 1;
  if (!start_value_.is_null()) {
    LODE_ASSIGN(to_start, compare(value, start_value_, "start value"));
    to_start *= direction;
  }
  bool is_before = to_start < 0 || (to_start == 0 && options_.range_start_open);
  if (!is_before && to_start == 0 && deduplicates_) {
    LODE_ASSIGN(is_before, was_loaded(row));
  }
  if (is_before) {
    start_flag_ = true;
    return false;
  }
  if (deduplicates_ && to_last == 0) {
    LODE_ASSIGN(std::string hash, row_hash(row, legacy_));
    remember(std::move(hash));
  }
  return true;
}

// What an earlier run stored stays, however much it is: only new rows are too many.
void IncrementalCursor::remember(std::string hash) {
  if (hashes_.size() < kBoundaryRowsMax) {
    hashes_.insert(std::move(hash));
  } else if (hashes_.count(hash) == 0) {
    ++rows_forgotten_;
  }
}

Status IncrementalCursor::accept(Page& page) {
  std::vector<json::Ref>& rows = page.rows.rows;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Result<bool> accepted = accept_row(rows[i]);
    if (!accepted.ok()) return std::move(accepted).status().about(fmt::format("row {} of the page", i + 1));
    if (*accepted) rows[kept++] = rows[i];
  }
  rows.resize(kept);
  accepted_any_ = accepted_any_ || kept > 0;
  return {};
}

bool IncrementalCursor::can_close() const {
  return (options_.row_order == IncrementalOptions::RowOrder::kAscending && end_flag_) ||
         (options_.row_order == IncrementalOptions::RowOrder::kDescending && start_flag_);
}

json::Value IncrementalCursor::record() const {
  json::Value record = json::Value::object();
  record.set("initial_value", options_.initial_value);
  // With a lag, rows that were read again must not move the cursor back.
  const bool fell_back = !stored_last_.is_null() && is_farther(stored_last_, last_value_, options_.is_minimum);
  record.set("last_value", fell_back ? stored_last_ : last_value_);
  json::Value hashes = json::Value::list();
  if (deduplicates_) {
    for (const std::string& hash : hashes_) hashes.push_back(hash);
  }
  record.set("unique_hashes", std::move(hashes));
  // Where this run started; a run that found nothing new leaves no trace in the state.
  record.set("start_value", accepted_any_ ? stored_last_ : stored_start_);
  return record;
}

namespace {

class IncrementalPipe : public Pipe {
 public:
  IncrementalPipe(std::unique_ptr<Pipe> upstream, IncrementalCursor& cursor)
      : upstream_(std::move(upstream)), cursor_(cursor) {}

  Result<Polled> poll(const Turn& turn) override {
    for (;;) {
      if (upstream_ == nullptr) return Polled::end();
      LODE_ASSIGN(Polled polled, upstream_->poll(turn));
      if (polled.kind != Polled::Kind::kPage) return polled;
      const bool was_empty = polled.page.rows.rows.empty();
      LODE_TRY(cursor_.accept(polled.page));
      if (cursor_.can_close()) upstream_.reset();
      // A page that lost all its rows is dropped; one that came empty still registers the table.
      if (!polled.page.rows.rows.empty() || was_empty) return polled;
    }
  }

 private:
  std::unique_ptr<Pipe> upstream_;
  IncrementalCursor& cursor_;
};

}  // namespace

std::unique_ptr<Pipe> incremental_pipe(std::unique_ptr<Pipe> upstream, IncrementalCursor& cursor) {
  return std::make_unique<IncrementalPipe>(std::move(upstream), cursor);
}

}  // namespace lode
