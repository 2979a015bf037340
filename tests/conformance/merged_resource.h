// A resource that is merged run after run: rows in JSON go through the normalizer into a package, and that is loaded.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "conformance/suite_parts.h"
#include "json/parse.h"
#include "normalize/normalizer.h"
#include "support/normalize_case.h"

namespace lode::test::suite {

/// The schema goes on from run to run. The n-th run has the load id "<1700000000 + n>.000000".
class MergedResource {
 public:
  /// `hints`: dlt's dictionary as JSON: {"name": "t", "write_disposition": …, "primary_key": …}.
  MergedResource(DestinationTraits& traits, const std::string& hints)
      : traits_(traits), naming_(*Naming::make("snake_case", 0)) {
    set_hints(hints);
  }
  void set_hints(const std::string& hints) { hints_ = read_resource_hints(*json::parse_value(hints)); }

  /// One run; `rows` is a JSON list, or "" for a run that says there are no rows.
  Status try_run(const std::string& rows) {
    ++runs_;
    const std::string load_id = fmt::format("{}.000000", 1'700'000'000 + runs_);
    auto package = PackageWriter::create(Env::real(), folder_.path(), load_id, {});
    LODE_TRY(package.status());
    NormalizerOptions options;
    options.load_id = load_id;
    options.marks_keyed_rows = true;
    Normalizer normalizer(naming_, schema_, **package, std::move(options));
    LODE_TRY(normalizer.declare(hints_));
    if (rows.empty()) {
      LODE_TRY((*package)->writer_for(hints_.name).status());
    } else {
      LODE_ASSIGN(const auto document, json::Parser(json::Typing::kTyped).parse(rows));
      LODE_TRY(normalizer.add(hints_.name, rows_of(document, document->root(0))));
    }
    LODE_TRY(normalizer.finish());
    schema_.bump();
    PipelineState state("shop");
    state.bump();
    LODE_TRY((*package)->seal(schema_, state));
    LODE_ASSIGN(LoadPackage sealed, LoadPackage::open(Env::real(), (*package)->sealed_folder()));
    const auto destination = connected(traits_);
    return load_package(sealed, *destination, Env::real(), kNoRetry);
  }
  void run(const std::string& rows) { must(try_run(rows)); }

  Lines rows(const std::string& table, const std::vector<std::string>& columns) const {
    return suite::rows(traits_, table, columns);
  }
  const Schema& schema() const { return schema_; }
  /// How the destination shows the time of the n-th run, 1 for the first, to who looks at it.
  std::string time_of_run(int number) const {
    return traits_.reads_back("second", fmt::format("2023-11-14 22:13:{:02}", 20 + number));
  }

 private:
  DestinationTraits& traits_;
  std::shared_ptr<const Naming> naming_;
  ResourceHints hints_;
  Schema schema_{"shop"};
  ScratchFolder folder_;
  int runs_ = 0;
};

}  // namespace lode::test::suite
