// What a preview found, as structures, out of what lode_run_status says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lode::cli {

struct PreviewValue {
  enum class Kind { kNull, kText, kOther };
  Kind kind = Kind::kNull;
  std::string text;  ///< of kText what it says, of kOther (numbers, true, false) as in JSON
};

struct PreviewColumn {
  std::string name;
  std::string type;                ///< dlt's word, with precision and scale: "decimal(18,2)"; "": never had a value
  std::vector<std::string> marks;  ///< "key", "unique", "not null", "variant"…
  bool is_number = false;
};

struct PreviewTable {
  std::string name;
  std::string parent;  ///< "": none
  std::string resource;
  std::string disposition;
  std::uint64_t rows = 0;
  std::vector<PreviewColumn> columns;
  std::vector<std::vector<PreviewValue>> first_rows;  ///< in the order of the columns
};

struct PreviewResource {
  std::string name;
  std::uint64_t rows = 0;
  std::uint64_t requests = 0;
  bool selected = true;  ///< false: read for others
  bool limited = false;
};

/// What a run would change in one table.
struct PreviewChange {
  std::string table;
  std::string change;                ///< "new", "changed", "same"
  std::vector<std::string> added;    ///< "phone text"
  std::vector<std::string> altered;  ///< "email: nullable true -> false"; of the table itself: "write_disposition …"
};

struct PreviewStatement {
  std::string table;
  std::string sql;
};

struct PreviewComparison {
  std::string destination;
  std::vector<PreviewChange> tables;
  std::vector<PreviewStatement> statements;
  std::vector<std::string> dropped;  ///< tables that a refresh drops first
  std::vector<std::string> emptied;
};

struct PreviewView {
  std::string pipeline;
  std::string dataset;
  std::vector<PreviewResource> resources;
  std::vector<PreviewTable> tables;  ///< parents before their children
  std::vector<std::string> warnings;
  std::optional<PreviewComparison> comparison;
};

/// The list of previews in `json`. What is missing or unreadable stays at its default.
std::vector<PreviewView> read_previews(std::string_view json);

}  // namespace lode::cli
