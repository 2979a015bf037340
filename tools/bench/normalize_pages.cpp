// normalize_pages FILE TABLE_FIELD FOLDER: JSON lines are parsed, normalized and written as a load package, as a run
// does between extracting and loading. Each row goes to the table that its field TABLE_FIELD names. One thread.
// Prints a JSON object: rows and bytes read, rows written, tables, processor seconds by step, peak memory in
// KiB.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <string>

#include "env/env.h"
#include "json/parse.h"
#include "normalize/normalizer.h"
#include "package/load_package.h"
#include "schema/schema.h"

using namespace lode;

namespace {

constexpr std::size_t kPageBytes = 1 << 20;

// Of processor time: there is one thread, and other programs do not disturb it much.
double seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

[[noreturn]] void fail(const std::string& text) {
  std::fprintf(stderr, "normalize_pages: %s\n", text.c_str());
  std::exit(1);
}

// Whole lines, about a page of them; "" at the end.
std::string read_page(std::ifstream& file) {
  std::string page(kPageBytes, '\0');
  file.read(page.data(), static_cast<std::streamsize>(page.size()));
  page.resize(static_cast<std::size_t>(file.gcount()));
  std::string rest;
  if (file && std::getline(file, rest)) page += rest + "\n";
  return page;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) fail("usage: normalize_pages FILE TABLE_FIELD FOLDER");
  std::ifstream file(arguments[1], std::ios::binary);
  if (!file) fail(std::string("cannot read ") + arguments[1]);
  const std::string_view table_field = arguments[2];

  Schema schema("bench");
  auto package = PackageWriter::create(Env::real(), arguments[3], "1", {.seals = false});
  if (!package.ok()) fail(package.status().render());
  Normalizer normalizer(*Naming::make("snake_case", 63), schema, **package, {.load_id = "1", .columns_max = 100'000});

  json::Parser parser;
  double parsing = 0;
  double normalizing = 0;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  for (std::string page = read_page(file); !page.empty(); page = read_page(file)) {
    bytes += page.size();
    const double begin = seconds();
    auto document = parser.parse_lines(std::move(page));
    if (!document.ok()) fail(document.status().render());
    std::map<std::string, json::Rows, std::less<>> by_table;
    for (std::size_t i = 0; i < (*document)->root_count(); ++i) {
      const json::Ref row = (*document)->root(i);
      const json::Ref table = row.find(table_field);
      if (!table || !table.is_text()) fail("a row without the field that names its table");
      json::Rows& target = by_table[std::string(table.as_text())];
      target.document = *document;
      target.rows.push_back(row);
      ++rows;
    }
    const double parsed = seconds();
    parsing += parsed - begin;
    for (const auto& [table, page_rows] : by_table) {
      if (Status status = normalizer.add(table, page_rows); !status.ok()) fail(status.render());
    }
    normalizing += seconds() - parsed;
  }
  const double begin = seconds();
  Status status = normalizer.finish();
  if (status.ok()) status = (*package)->close_files();
  if (!status.ok()) fail(status.render());
  normalizing += seconds() - begin;

  std::uint64_t written = 0;
  for (const auto& [table, number] : (*package)->row_counts()) written += number;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "{\"rows\":%llu,\"bytes\":%llu,\"rows_written\":%llu,\"tables\":%zu,\"parse_cpu_s\":%.3f,\"normalize_cpu_s\":%."
      "3f,"
      "\"peak_kib\":%ld}\n",
      static_cast<unsigned long long>(rows), static_cast<unsigned long long>(bytes),
      static_cast<unsigned long long>(written), (*package)->row_counts().size(), parsing, normalizing, usage.ru_maxrss);
  return 0;
}
