// A row sink that keeps rows as JSON values: what the normalizer's tests look at.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "json/document.h"
#include "normalize/row_sink.h"

namespace lode {

/// Rows by table, in the order in which they came; nulls are left out of a row. Text is copied.
class MemorySink : public RowSink {
 public:
  struct TableRows {
    std::string name;
    std::vector<RowColumn> columns;
    std::vector<json::Value> rows;
  };

  void add_table(std::string_view name) override { tables.push_back({std::string(name), {}, {}}); }
  Status add_column(std::size_t table, const RowColumn& column) override {
    tables[table].columns.push_back(column);
    return Status();
  }
  Status write(std::size_t table, std::span<const json::Cell> cells) override {
    json::Value row = json::Value::object();
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (cells[i].kind != json::Kind::kNull)
        row.set(tables[table].columns[i].name, json::to_value(json::Ref(&cells[i])));
    }
    tables[table].rows.push_back(std::move(row));
    order.push_back(table);
    return Status();
  }
  Status end_page() override { return Status(); }

  const TableRows* find(std::string_view name) const {
    for (const TableRows& table : tables) {
      if (table.name == name) return &table;
    }
    return nullptr;
  }

  std::vector<TableRows> tables;
  std::vector<std::size_t> order;  ///< the table of each row, in the order of writing
};

}  // namespace lode
