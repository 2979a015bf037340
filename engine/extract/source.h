// Sources and resources: what a pipeline reads, as definitions. Opening a resource gives a pipe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "extract/incremental.h"
#include "extract/limit.h"
#include "extract/pipe.h"
#include "extract/progress.h"
#include "package/pipeline_state.h"

namespace lode {

/// What belongs to one resource during one run. Lives as long as the run's extraction; engine's thread only.
struct ResourceContext {
  std::string source;
  std::string resource;
  PipelineState* state = nullptr;            ///< saved with the load; resources may write to their part of it
  IncrementalCursor* incremental = nullptr;  ///< null: the resource is not incremental
  std::shared_ptr<ResourceProgress> progress;
};

/// A named stream of rows plus what is known of its table. A definition: shared by runs, not changed by them.
struct Resource {
  using Open = std::function<Result<std::unique_ptr<Pipe>>(ResourceContext&)>;
  using Call = std::function<Result<std::unique_ptr<Pipe>>(ResourceContext&, Page input)>;
  using Step = std::function<Result<std::unique_ptr<Pipe>>(ResourceContext&, std::unique_ptr<Pipe> upstream)>;

  std::string name;
  /// dlt's names: write_disposition, primary_key, merge_key, columns, max_table_nesting, schema_contract, table_name…
  json::Value hints = json::Value::object();
  std::string where;  ///< "shop.lua:14": where the script made it
  bool selected = true;
  bool is_local = false;  ///< reads no network: its load may hold the destination's write lock

  Open open;                            ///< of a resource
  std::shared_ptr<Resource> data_from;  ///< of a transformer: whose rows it is called with
  Call call;                            ///< of a transformer: one call
  bool call_takes_page = false;         ///< the whole page, instead of each row
  std::uint32_t calls_in_flight_max = 20;
  LimitOptions input_limit;  ///< how much of data_from it is called with

  std::vector<Step> steps;  ///< in order; maps, filters…
  std::optional<IncrementalOptions> incremental;
  LimitOptions limit;
  Step tables;  ///< after all others: puts rows into tables of their own; may be empty
};

/// Resources that belong together: one API, one schema.
struct Source {
  std::string name;             ///< also the schema's name
  json::Value schema_contract;  ///< null: evolve
  std::optional<std::int64_t> max_table_nesting;
  std::vector<std::shared_ptr<Resource>> resources;
};

}  // namespace lode
