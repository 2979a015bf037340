// Metrics: the text that Prometheus reads.
#include "runtime/metrics.h"

#include "support/catch.h"
#include "support/scratch.h"

using namespace lode;

namespace {

RunMetrics metrics_of(const std::string& pipeline, const std::string& table, std::uint64_t rows) {
  RunMetrics metrics;
  metrics.report.pipeline = pipeline;
  metrics.report.dataset = "d";
  metrics.report.seconds = 1.5;
  RunReport::TableRow row;
  row.table = table;
  row.rows = rows;
  metrics.report.tables.push_back(row);
  return metrics;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("metrics: each metric has its head once, and its samples together") {
  const std::string text = render_metrics({{"a", metrics_of("a", "t", 12)}, {"b", metrics_of("b", "u", 0)}});
  CHECK(has(text,
            "# HELP lode_table_rows Rows of the last run for a table\n# TYPE lode_table_rows gauge\n"
            "lode_table_rows{pipeline=\"a\",dataset=\"d\",table=\"t\"} 12\n"
            "lode_table_rows{pipeline=\"b\",dataset=\"d\",table=\"u\"} 0\n"));
  CHECK(has(text, "lode_run_duration_seconds{pipeline=\"a\",dataset=\"d\"} 1.5\n"));
  CHECK_FALSE(has(text, "lode_resource_rows"));  // a metric without samples has no head either
}

TEST_CASE("metrics: label values are escaped") {
  const std::string text = render_metrics({{"a", metrics_of("a", "q\"b\\n\nl", 1)}});
  CHECK(has(text, "table=\"q\\\"b\\\\n\\nl\"} 1\n"));
}

TEST_CASE("metrics: times since 1970 keep their digits") {
  RunMetrics metrics = metrics_of("a", "t", 1);
  metrics.report.started_at_us = 1'795'329'607'789'925;
  CHECK(has(render_metrics({{"a", metrics}}),
            "lode_run_start_time_seconds{pipeline=\"a\",dataset=\"d\"} 1795329607.789925\n"));
}

TEST_CASE("metrics: pipelines that share a file keep each other's samples") {
  const test::ScratchFolder folder;
  const Path file = folder.path() / "lode.prom";
  MetricsFiles files;
  REQUIRE(files.write(Env::real(), file, metrics_of("a", "t", 1)).ok());
  REQUIRE(files.write(Env::real(), file, metrics_of("b", "t", 2)).ok());
  REQUIRE(files.write(Env::real(), file, metrics_of("a", "t", 3)).ok());
  const std::string text = Env::real().read_file(file).value();
  CHECK(has(text, "{pipeline=\"a\",dataset=\"d\",table=\"t\"} 3\n"));
  CHECK(has(text, "{pipeline=\"b\",dataset=\"d\",table=\"t\"} 2\n"));
  CHECK_FALSE(has(text, "table=\"t\"} 1\n"));
}
