// Events: the rows of `make_inputs events`, read as a program reads them that knows them beforehand. Shared by the
// floors.
#pragma once

#include <fcntl.h>
#include <simdjson.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace lode::bench {

namespace ondemand = simdjson::ondemand;

/// Who speaks in messages.
inline const char* program_name = "floor";

[[noreturn]] inline void fail(const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", program_name, what.c_str());
  std::exit(1);
}

inline constexpr size_t kTimestampBytes = 26;  // 2024-01-01 00:00:40.590000
inline constexpr size_t kRowIdBytes = 14;

/// One row as SQLite gets it. The views point into the parser and hold until the next row is read.
struct Event {
  int64_t id;
  std::string_view name;
  char created_at[kTimestampBytes];
  bool active;
  double score;
  int64_t level;
  std::string_view category;
  std::string_view email;
  std::string_view note;
  bool has_note;
  int64_t amount;
  char row_id[kRowIdBytes];
};

/// ISO text in UTC to the text that dlt's driver stores: a space for the T, six decimals, no zone.
inline bool write_timestamp(std::string_view iso, char* out) {
  constexpr size_t kSeconds = 19;
  size_t fraction = iso.size() - kSeconds - 1;  // with its point
  if (iso.size() <= kSeconds || iso.back() != 'Z' || iso[10] != 'T' || fraction > 7) return false;
  std::memcpy(out, iso.data(), kSeconds);
  std::memcpy(out + kSeconds, ".000000", 7);
  std::memcpy(out + kSeconds, iso.data() + kSeconds, fraction);
  out[10] = ' ';
  return true;
}

inline simdjson::error_code parse_event(ondemand::document_reference document, Event& event) {
  ondemand::object row;
  ondemand::value note;
  std::string_view created_at;
  simdjson::error_code error = document.get_object().get(row);
  if (error || (error = row.find_field("id").get(event.id)) || (error = row.find_field("name").get(event.name)) ||
      (error = row.find_field("created_at").get(created_at)) || (error = row.find_field("active").get(event.active)) ||
      (error = row.find_field("score").get(event.score)) || (error = row.find_field("level").get(event.level)) ||
      (error = row.find_field("category").get(event.category)) || (error = row.find_field("email").get(event.email)) ||
      (error = row.find_field("note").get(note))) {
    return error;
  }
  event.has_note = !note.is_null();
  if (event.has_note && (error = note.get(event.note))) return error;
  if ((error = row.find_field("amount").get(event.amount))) return error;
  return write_timestamp(created_at, event.created_at) ? simdjson::SUCCESS : simdjson::INCORRECT_TYPE;
}

/// Random row ids: 14 characters of base64, as dlt makes them, from a generator of one multiplication.
class RowIds {
 public:
  RowIds() {
    std::random_device device;
    state_ = (uint64_t{device()} << 32) | device();
  }

  void write(char* out) {
    constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint64_t high = next();
    uint64_t low = next();
    for (size_t i = 0; i < kRowIdBytes / 2; ++i, high >>= 6, low >>= 6) {
      out[2 * i] = kAlphabet[high & 63];
      out[2 * i + 1] = kAlphabet[low & 63];
    }
  }

 private:
  uint64_t next() {
    state_ += 0x9e3779b97f4a7c15u;
    uint64_t z = (state_ ^ (state_ >> 32)) * 0xd6e8feb86659fd93u;
    return z ^ (z >> 32);
  }

  uint64_t state_;
};

/// Reads a file of events in chunks of whole lines, so that memory does not grow with the file.
class EventReader {
 public:
  explicit EventReader(const std::string& path) : buffer_(kChunkBytes + simdjson::SIMDJSON_PADDING) {
    fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd_ < 0) fail(path + ": " + std::strerror(errno));
    // The chunk is one batch: there would be nothing for the second thread to do.
    parser_.threaded = false;
  }

  ~EventReader() { ::close(fd_); }

  /// False at the end of the file.
  bool next(Event& event) {
    if (open_) ++row_;
    while (!open_ || !(row_ != stream_.end())) {
      if (open_ && stream_.truncated_bytes() != 0) fail(where() + "the line ends inside its JSON");
      if (!start_chunk()) return false;
    }
    ondemand::document_reference document;
    simdjson::error_code error = (*row_).get(document);
    if (!error) error = parse_event(document, event);
    if (error) fail(where() + simdjson::error_message(error));
    ids_.write(event.row_id);
    ++row_count_;
    return true;
  }

 private:
  static constexpr size_t kChunkBytes = 1 << 20;

  /// Moves the unfinished line to the front, fills up, and opens a stream over the whole lines. False when all is read.
  bool start_chunk() {
    ready_ -= used_;
    std::memmove(buffer_.data(), buffer_.data() + used_, ready_);
    bool at_end = !fill();
    size_t lines = ready_;
    if (!at_end) {
      const void* newline = ::memrchr(buffer_.data(), '\n', ready_);
      if (newline == nullptr) fail(where() + "a line is longer than a chunk");
      lines = static_cast<size_t>(static_cast<const char*>(newline) - buffer_.data()) + 1;
    }
    used_ = lines;
    if (lines == 0) return false;
    if (auto error = parser_.iterate_many(buffer_.data(), lines, kChunkBytes).get(stream_)) {
      fail(where() + simdjson::error_message(error));
    }
    row_ = stream_.begin();
    return open_ = true;
  }

  /// False when the file ended before the chunk was full.
  bool fill() {
    while (ready_ < kChunkBytes) {
      ssize_t count = ::read(fd_, buffer_.data() + ready_, kChunkBytes - ready_);
      if (count < 0) fail(std::string("reading: ") + std::strerror(errno));
      if (count == 0) return false;
      ready_ += static_cast<size_t>(count);
    }
    return true;
  }

  std::string where() const { return "row " + std::to_string(row_count_ + 1) + ": "; }

  int fd_ = -1;
  std::vector<char> buffer_;
  size_t ready_ = 0;  // bytes in the buffer
  size_t used_ = 0;   // of these, the whole lines that the stream reads
  bool open_ = false;
  ondemand::parser parser_;
  ondemand::document_stream stream_;
  ondemand::document_stream::iterator row_;
  RowIds ids_;
  int64_t row_count_ = 0;
};

}  // namespace lode::bench
