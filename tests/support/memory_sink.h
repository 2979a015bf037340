// A row sink that keeps rows as JSON values: what the normalizer's tests look at.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "json/document.h"
#include "json/write.h"
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

  /// All rows as text, a line each, in the order of writing; random ids replaced by the order of their appearance, so
  /// that two runs over the same rows show the same.
  std::string shown() const {
    std::map<std::string, std::size_t> ids;
    std::vector<std::size_t> next(tables.size(), 0);
    std::string out;
    for (const std::size_t table : order) {
      json::Value row = tables[table].rows[next[table]++];
      for (auto& [column, value] : row.members()) {
        const bool is_id = column.starts_with("_dlt_") || column.starts_with("_DLT_");
        if (is_id && value.is_text() && value.as_text().size() == 14) {
          value = "row " + std::to_string(ids.emplace(value.as_text(), ids.size()).first->second);
        }
      }
      out += tables[table].name + " " + json::write(row, {.sort_keys = true}) + "\n";
    }
    return out;
  }

  std::vector<TableRows> tables;
  std::vector<std::size_t> order;  ///< the table of each row, in the order of writing
};

}  // namespace lode
