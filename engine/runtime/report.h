// Run report: what a run did, for people and for programs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "extract/extraction.h"
#include "json/value.h"
#include "package/load_package.h"
#include "schema/schema.h"

namespace lode {

/// What one run did. A value.
struct RunReport {
  struct TableRow {
    std::string table;
    std::uint64_t rows = 0;
    std::uint64_t files = 0;  ///< of the package
    std::uint64_t bytes = 0;  ///< of these files
    double load_seconds = 0;  ///< that loading them took, merges apart
    std::string disposition;
    bool is_new = false;
    std::vector<Column> columns_added;  ///< to a table that was there
  };
  struct ResourceRow {
    std::string name;
    std::uint64_t rows = 0;  ///< that it gave, before normalizing
    std::uint64_t bytes = 0;
    std::uint64_t pages = 0;
    std::uint64_t requests = 0;
    std::uint64_t retries = 0;
  };
  struct Step {
    std::string name;                ///< "extract"
    std::int64_t started_at_us = 0;  ///< 0: unknown, it went on within another step
    double seconds = 0;
    bool is_inner = false;  ///< its time is part of the step that follows
  };
  std::string pipeline;
  std::string operation = "run";  ///< or "retry", "drop"
  std::string load_id;            ///< "" when there was nothing to load
  std::string destination;        ///< "sqlite:///shop.db"
  std::string dataset;
  double seconds = 0;
  std::int64_t started_at_us = 0;  ///< UTC, since 1970
  std::int64_t ended_at_us = 0;
  std::vector<Step> steps;
  std::string refresh;                ///< "drop_data"…; "": none
  TableCleanup cleanup;               ///< tables that went, or lost their rows
  std::uint32_t load_attempts = 0;    ///< 0: nothing was loaded
  std::vector<std::string> warnings;  ///< sentences for people
  std::vector<TableRow> tables;       ///< users' tables, in the order of the schema
  std::vector<ResourceRow> resources;
  std::vector<CursorChange> cursors;
  std::vector<std::string> resumed;  ///< load ids of earlier runs that this one finished
  std::uint64_t requests = 0;
  std::uint64_t retries = 0;
  std::shared_ptr<const Schema> schema;  ///< as it was loaded; null when there was nothing to load
  bool is_checked_only = false;          ///< `lode check`: nothing ran
  json::Value preview;                   ///< what a preview found (Preview::to_json()); null: it was a run

  std::uint64_t row_count() const;
  /// Several lines, no newline at the end.
  std::string render() const;
  json::Value to_json() const;
};

}  // namespace lode
