// The PostgreSQL destination in the suite.
#include <algorithm>

#include "conformance/suite.h"
#include "destinations/builtin.h"
#include "support/postgres_server.h"

namespace lode::test {
namespace {

class PostgresTraits : public DestinationTraits {
 public:
  std::unique_ptr<Destination> open() override {
    json::Value spec = json::Value::object({{"type", "postgres"}, {"url", PostgresServer::get().url()}});
    if (!replace_strategy.empty()) spec.set("replace_strategy", replace_strategy);
    add_options(spec);
    auto made = make_destination(spec, dataset_, Env::real());
    INFO(made.status().render());
    REQUIRE(made.ok());
    return std::move(*made);
  }

  std::optional<std::vector<std::string>> rows(const std::string& table,
                                               const std::vector<std::string>& columns) override {
    std::string sql = "SELECT ";
    for (std::size_t i = 0; i < columns.size(); ++i) sql += (i > 0 ? ", \"" : "\"") + columns[i] + "\"";
    sql += " FROM \"" + dataset_ + "\".\"" + table + "\"";
    std::optional<std::vector<std::string>> lines = session_.query_if_there(sql);
    if (lines) std::sort(lines->begin(), lines->end());
    return lines;
  }

  // As PostgreSQL itself writes its values.
  std::string reads_back(const std::string& what, const std::string& usual) const override {
    if (what == "bool") return "t";
    if (what == "timestamp") return "2024-01-02 03:04:05.678+00";
    if (what == "second") return usual + "+00";
    if (what == "time") return "03:04:05.678";
    if (what == "decimal") return "12.500000000";
    if (what == "wei") return usual + "." + std::string(78, '0');
    if (what == "binary") return "\\x0102616263";
    if (what == "json") return R"({"a": [1, 2.5, null, "é"]})";
    return usual;
  }

 protected:
  virtual void add_options(json::Value&) const {}

 private:
  std::string dataset_ = PostgresServer::get().new_dataset();
  PostgresSession session_;
};

// Every load with two staged jobs is loaded over several connections, however small.
class ParallelPostgresTraits : public PostgresTraits {
 public:
  // What is staged goes with the load, be it committed or not.
  ~ParallelPostgresTraits() override {
    PostgresSession session;
    CHECK(session.query("SELECT nspname, relname FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace "
                        "WHERE relname LIKE '\\_lode\\_%'") == std::vector<std::string>{});
  }

 protected:
  void add_options(json::Value& spec) const override { spec.set("parallel_load_bytes_min", 0); }
};

}  // namespace

LODE_DESTINATION_SUITE(Postgres, PostgresTraits)
LODE_DESTINATION_SUITE(ParallelPostgres, ParallelPostgresTraits)

}  // namespace lode::test
