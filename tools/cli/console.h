// Console: the one place that writes to standard output and standard error, so that live lines and messages do not mix.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace lode::cli {

/// What a terminal shows in place, redrawn again and again.
struct LiveLine {
  std::string text;       ///< may have colours
  std::size_t width = 0;  ///< columns without them
};

/// Thread-safe.
class Console {
 public:
  Console();

  /// To standard output, as it is. Buffered until flush() unless a terminal reads it.
  void print(std::string_view text);
  void flush();
  /// A line to standard error, above the live lines.
  void line(std::string_view text);
  /// Puts these in the place of the live lines. REQUIRES: can_redraw()
  void live(std::vector<LiveLine> lines);
  /// Takes the live lines away.
  void erase();
  /// Leaves them where they are; what comes goes below.
  void freeze();
  /// False when something could not be written to standard output, a reader that went away apart.
  bool output_ok() const { return output_ok_; }

  /// Standard error is a terminal that can move its cursor.
  bool can_redraw() const { return can_redraw_; }
  /// Standard error is a terminal, and the user has not asked for no colours (NO_COLOR).
  bool colours() const { return colours_; }
  bool unicode() const { return unicode_; }
  std::size_t columns() const;
  /// The same of standard output: colours on a terminal only; where it is none, the width that $COLUMNS says, else that
  /// of standard error's terminal, else 80.
  bool output_colours() const { return output_colours_; }
  bool output_is_terminal() const { return output_is_terminal_; }
  std::size_t output_columns() const;
  std::size_t rows() const;
  /// `text` in a style of ECMA-48 ("1;31": bold red); unchanged without colours.
  std::string styled(std::string_view text, std::string_view style) const;

 private:
  // REQUIRES: mutex_ held
  std::size_t live_height() const;
  std::string erase_sequence() const;
  void write_error(std::string_view bytes);
  void write_output(std::string_view bytes);

  bool can_redraw_ = false;
  bool colours_ = false;
  bool unicode_ = false;
  bool output_is_terminal_ = false;
  bool output_colours_ = false;
  bool output_ok_ = true;
  std::mutex mutex_;
  std::vector<LiveLine> live_;
};

}  // namespace lode::cli
