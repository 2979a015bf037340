// `lode sql`: asks a dataset. The query is run by lua/stdlib/lode/tasks/sql.lua.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "commands.h"
#include "json_tree.h"
#include "report_output.h"
#include "session.h"
#include "sql_table.h"
#include "text.h"

namespace lode::cli {
namespace {

constexpr std::uint64_t kTableRowsMax = 1000;  // a table is laid out whole; who wants more says so

Failure wrong(const std::string& message, const std::string& hint) {
  return make_failure("cli.usage", "lode sql: " + message, {"usage: lode sql NAME STATEMENT [OPTION]... [-- VALUE...]"},
                      hint);
}

// As JSON writes them: no "007", no "+1", no ".5".
bool is_number(std::string_view text) {
  const auto digits = [&text] {
    const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count;
  };
  const auto skip = [&text](std::string_view any) {
    const bool is_there = !text.empty() && any.find(text.front()) != std::string_view::npos;
    if (is_there) text.remove_prefix(1);
    return is_there;
  };
  skip("-");
  const bool starts_with_zero = !text.empty() && text.front() == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (starts_with_zero && whole > 1)) return false;
  if (skip(".") && digits() == 0) return false;
  if (skip("eE")) {
    skip("+-");
    if (digits() == 0) return false;
  }
  return text.empty();
}

// What looks like a number, true, false or null is that; everything else is text. "\"5\"" is the text 5.
std::string parameter_json(const std::string& text) {
  if (text == "null" || text == "true" || text == "false" || is_number(text)) return text;
  const bool is_quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  const JsonTree quoted = is_quoted ? JsonTree::read("[" + text + "]") : JsonTree();
  const bool is_text = quoted.children().size() == 1 && quoted.children()[0].kind() == JsonTree::Kind::kText;
  return quote_json(is_text ? quoted.children()[0].text() : text);
}

std::string read_standard_input() {
  std::string text;
  char buffer[16384];
  while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, stdin)) text.append(buffer, got);
  return text;
}

// Which pipeline and which statement the words name.
std::optional<Failure> sort_words(Options& options) {
  const bool names_place = !options.destination.empty();
  if (names_place && options.dataset.empty() && options.words.size() < 2) {
    return wrong("--dataset is required with --to", "add  --dataset NAME");
  }
  if (options.words.size() > 2) {
    return wrong(fmt::format("'{}' is one word too many", options.words[2]),
                 "a statement is one word: put it in quotes");
  }
  if (options.words.size() == 2) {
    options.pipeline = options.words.front();
    options.words.erase(options.words.begin());
  } else if (!names_place) {
    return wrong("a statement is missing", "lode sql shop \"select * from orders\"; - reads it from standard input");
  }
  if (options.words.front() == "-") options.words.front() = read_standard_input();
  if (!is_utf8(options.words.front())) return wrong("the statement is not UTF-8", "");
  return std::nullopt;
}

std::string args_of(const Options& options, const std::string& format) {
  JsonObject args;
  args.text("sql", options.words.front()).text("format", format == "table" ? "cells" : format);
  std::vector<std::string> parameters;
  std::transform(options.parameters.begin(), options.parameters.end(), std::back_inserter(parameters), parameter_json);
  args.raw("parameters", json_list(parameters));
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) args.text(key, value);
  };
  add("pipeline", options.pipeline);
  add("to", options.destination);
  add("dataset", options.dataset);
  add("pipelines_dir", options.pipelines_dir);
  if (options.limit || format == "table") args.number("limit", options.limit.value_or(kTableRowsMax));
  return JsonObject().raw("args", args.str()).str();
}

}  // namespace

int sql_command(const Options& given, Console& console, Progress& progress) {
  Options options = given;
  if (const std::optional<Failure> failure = sort_words(options)) return conclude(*failure, given, console, progress);
  const std::string format = !options.format.empty()        ? options.format
                             : options.json                 ? "json"
                             : console.output_is_terminal() ? "table"
                                                            : "csv";
  // The answer is what the query found, in JSON too; an error has the same form as everywhere.
  Options printing = options;
  printing.json = false;
  printing.keeps_output = format == "table";
  const Script script{"lode sql", "return require('lode.tasks.sql')()\n"};
  const Outcome outcome = run_script(script, args_of(options, format), printing, console, progress);
  if (format == "table" && !outcome.printed.empty()) {
    console.print(
        render_query(outcome.printed, {console.output_columns(), console.unicode(), console.output_colours()}));
  }
  // What was printed before a failure is half a list: the failure goes where it does not mix with it.
  if (outcome.failure && options.json && outcome.printed.empty())
    return conclude(outcome, Reports::kFirstLine, options, console, progress);
  return conclude(outcome, Reports::kNone, printing, console, progress);
}

}  // namespace lode::cli
