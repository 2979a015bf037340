// Where the content of a row goes: written as JSON, or counted as the tables that a loader would make of it.
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lode::demo_api {

/// Receives one JSON value as a series of calls: inside an object every value is preceded by its key. The caller keeps
/// begin and end in balance. Not synchronised.
class ValueSink {
 public:
  virtual ~ValueSink() = default;
  virtual void begin_object() = 0;
  virtual void end_object() = 0;
  virtual void begin_list() = 0;
  virtual void end_list() = 0;
  virtual void key(std::string_view name) = 0;
  virtual void text(std::string_view value) = 0;        ///< UTF-8
  virtual void ascii_text(std::string_view value) = 0;  ///< UTF-8 in, written with \u escapes only
  virtual void integer(std::int64_t value) = 0;
  virtual void real(double value) = 0;  ///< always recognisable as a float: 3.0, not 3
  virtual void boolean(bool value) = 0;
  virtual void null() = 0;

  /// A key and its value in one call.
  void field(std::string_view name, std::string_view value) { key(name), text(value); }
  void field(std::string_view name, const char* value) { key(name), text(value); }
  void field(std::string_view name, double value) { key(name), real(value); }
  template <std::integral T>
  void field(std::string_view name, T value) {
    key(name);
    if constexpr (std::same_as<T, bool>) {
      boolean(value);
    } else {
      integer(static_cast<std::int64_t>(value));
    }
  }
  void null_field(std::string_view name) { key(name), null(); }
  void begin_object(std::string_view name) { key(name), begin_object(); }
  void begin_list(std::string_view name) { key(name), begin_list(); }
};

/// Appends compact JSON to a string that it owns.
class JsonWriter : public ValueSink {
 public:
  using ValueSink::begin_list;
  using ValueSink::begin_object;
  void begin_object() override;
  void end_object() override;
  void begin_list() override;
  void end_list() override;
  void key(std::string_view name) override;
  void text(std::string_view value) override;
  void ascii_text(std::string_view value) override;
  void integer(std::int64_t value) override;
  void real(double value) override;
  void boolean(bool value) override;
  void null() override;

  std::string take() { return std::move(out_); }

 private:
  void separate();
  std::string out_;
  bool comma_ = false;  // the next value or key needs one before it
};

/// Counts the elements of the lists in the rows it is given, under the name of the child table that they would fill:
/// "matches__events", and "matches__rounds__list" for the lists in a list. Objects in a row are no tables of their own.
class ListCounter : public ValueSink {
 public:
  using ValueSink::begin_list;
  using ValueSink::begin_object;
  /// The rows that follow belong to `table`.
  void start_table(std::string_view table) { table_ = table; }
  void begin_object() override { open(false); }
  void end_object() override { frames_.pop_back(); }
  void begin_list() override { open(true); }
  void end_list() override { frames_.pop_back(); }
  void key(std::string_view name) override { key_ = name; }
  void text(std::string_view) override { count_element(); }
  void ascii_text(std::string_view) override { count_element(); }
  void integer(std::int64_t) override { count_element(); }
  void real(double) override { count_element(); }
  void boolean(bool) override { count_element(); }
  void null() override { count_element(); }

  const std::map<std::string, std::int64_t>& counts() const { return counts_; }

 private:
  struct Frame {
    std::string path;
    bool is_list;
  };
  void open(bool is_list);
  void count_element();
  std::string table_, key_;
  std::vector<Frame> frames_;
  std::map<std::string, std::int64_t> counts_;
};

}  // namespace lode::demo_api
