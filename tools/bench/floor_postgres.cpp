// floor_postgres: the bar that `lode load` into PostgreSQL is measured against.
// It knows the rows of `make_inputs events` beforehand. It reads JSON lines in chunks, parses them with simdjson and
// sends them through libpq with COPY in the text format, in one transaction, and leaves what `lode load` would leave:
// the schema, the table with dlt's SQL types, the load id, a random id for every row with its UNIQUE.
//
//   floor_postgres load FILE --to URL --dataset NAME --table NAME
//   floor_postgres merge FILE --to URL --dataset NAME --table NAME --strategy delete-insert|upsert
//
// merge: what a person would write who has rows to merge by their id: COPY into a temporary table, ANALYZE, and then
// DELETE and INSERT, or MERGE.
#include <libpq-fe.h>

#include <charconv>
#include <ctime>
#include <map>
#include <memory>

#include "events.h"

namespace {

using namespace lode::bench;

constexpr size_t kSendBytes = 64 << 10;

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

void check(PGconn* connection, PGresult* result, ExecStatusType wanted, const std::string& what) {
  const Answer owner(result, PQclear);
  if (PQresultStatus(result) != wanted) fail(what + ": " + PQerrorMessage(connection));
}

void execute(PGconn* connection, const std::string& sql) {
  check(connection, PQexec(connection, sql.c_str()), PGRES_COMMAND_OK, sql);
}

void put_number(std::string& out, auto number) {
  char digits[32];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

/// In COPY's text format a backslash begins an escape, and tabs and line breaks end columns and rows.
void put_text(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += c;
    }
  }
}

void put_row(std::string& out, const Event& event, std::string_view load_id) {
  put_number(out, event.id);
  out += '\t';
  put_text(out, event.name);
  out += '\t';
  out.append(event.created_at, kTimestampBytes);
  out += event.active ? "\tt\t" : "\tf\t";
  put_number(out, event.score);
  out += '\t';
  put_number(out, event.level);
  out += '\t';
  put_text(out, event.category);
  out += '\t';
  put_text(out, event.email);
  out += '\t';
  if (event.has_note) {
    put_text(out, event.note);
  } else {
    out += "\\N";
  }
  out += '\t';
  put_number(out, event.amount);
  out += '\t';
  out += load_id;
  out += '\t';
  out.append(event.row_id, kRowIdBytes);
  out += '\n';
}

void send(PGconn* connection, std::string& buffer) {
  if (PQputCopyData(connection, buffer.data(), static_cast<int>(buffer.size())) != 1) fail(PQerrorMessage(connection));
  buffer.clear();
}

void copy(PGconn* connection, const std::string& input, const std::string& table, const std::string& load_id) {
  check(connection, PQexec(connection, ("COPY " + table + " FROM STDIN").c_str()), PGRES_COPY_IN, "COPY");
  EventReader reader(input);
  Event event;
  std::string buffer;
  while (reader.next(event)) {
    put_row(buffer, event, load_id);
    if (buffer.size() > kSendBytes) send(connection, buffer);
  }
  send(connection, buffer);
  if (PQputCopyEnd(connection, nullptr) != 1) fail(PQerrorMessage(connection));
  check(connection, PQgetResult(connection), PGRES_COMMAND_OK, "COPY");
  PQclear(PQgetResult(connection));
}

void make_table(PGconn* connection, const std::string& dataset, const std::string& table) {
  execute(connection, "CREATE SCHEMA IF NOT EXISTS " + dataset);
  execute(connection, "CREATE TABLE " + table +
                          " (id bigint, name varchar, created_at timestamp with time zone, active boolean, score "
                          "double precision, level bigint, category varchar, email varchar, note varchar, amount "
                          "bigint, _dlt_load_id varchar NOT NULL, _dlt_id varchar NOT NULL)");
}

void merge(PGconn* connection, const std::string& table, const std::string& strategy) {
  execute(connection, "ANALYZE staged");
  if (strategy == "delete-insert") {
    execute(connection, "DELETE FROM " + table + " AS t USING staged AS s WHERE t.id = s.id");
    execute(connection, "INSERT INTO " + table + " SELECT * FROM staged");
    return;
  }
  if (strategy != "upsert") fail("no strategy " + strategy);
  std::string sets;
  std::string values;
  for (const char* column : {"id", "name", "created_at", "active", "score", "level", "category", "email", "note",
                             "amount", "_dlt_load_id", "_dlt_id"}) {
    sets += std::string(sets.empty() ? "" : ", ") + column + " = s." + column;
    values += std::string(values.empty() ? "s." : ", s.") + column;
  }
  execute(connection, "MERGE INTO " + table + " AS t USING staged AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET " +
                          sets + " WHEN NOT MATCHED THEN INSERT VALUES (" + values + ")");
}

}  // namespace

int main(int argc, char** argv) {
  program_name = "floor_postgres";
  std::map<std::string, std::string> options;
  for (int i = 3; i + 1 < argc; i += 2) options[argv[i]] = argv[i + 1];
  if (argc < 3 || options.count("--to") == 0) fail("usage: load|merge FILE --to URL --dataset NAME --table NAME");
  timespec clock{};
  clock_gettime(CLOCK_REALTIME, &clock);
  char load_id[40];
  std::snprintf(load_id, sizeof load_id, "%lld.%06ld", static_cast<long long>(clock.tv_sec), clock.tv_nsec / 1000);

  const Connection owner(PQconnectdb(options["--to"].c_str()), PQfinish);
  PGconn* const connection = owner.get();
  if (PQstatus(connection) != CONNECTION_OK) fail(PQerrorMessage(connection));
  PQsetNoticeProcessor(
      connection, [](void*, const char*) {}, nullptr);
  const std::string dataset = '"' + options["--dataset"] + '"';
  const std::string table = dataset + ".\"" + options["--table"] + '"';
  execute(connection, "BEGIN");
  execute(connection, "SET LOCAL timezone = 'UTC'");
  if (argv[1] == std::string_view("merge")) {
    execute(connection, "CREATE TEMPORARY TABLE staged (LIKE " + table + ") ON COMMIT DROP");
    copy(connection, argv[2], "staged", load_id);
    merge(connection, table, options["--strategy"]);
  } else {
    make_table(connection, dataset, table);
    copy(connection, argv[2], table, load_id);
    execute(connection, "ALTER TABLE " + table + " ADD UNIQUE (_dlt_id)");
  }
  execute(connection, "COMMIT");
  return 0;
}
