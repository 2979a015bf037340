// SqlSession: one connection to a database, as far as all databases are alike.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "load/query_rows.h"

namespace lode {

/// One thread at a time; a stop may come from any. Errors are the database's, as codes of the catalogue; kCancelled
/// after a stop.
class SqlSession {
 public:
  virtual ~SqlSession() = default;
  /// Statements without parameters and whose rows nobody wants; several separated by ';' too.
  virtual Status run(const std::string& sql) = 0;
  /// One statement. `parameters` (null, bool, int, double, text, bytes) are bound to its placeholders by number:
  /// Dialect says how those are written.
  virtual Result<std::unique_ptr<QueryRows>> select(const std::string& sql,
                                                    const std::vector<json::Value>& parameters = {}) = 0;
  /// While it lives, a stop ends the statement that runs.
  class StopScope {
   public:
    virtual ~StopScope() = default;
  };
  virtual std::unique_ptr<StopScope> heed(std::stop_token stop) = 0;

  /// As select(), for statements that give no rows.
  Status execute(const std::string& sql, const std::vector<json::Value>& parameters);
  /// The first value of the first row as text; "" if there is none or it is null.
  Result<std::string> select_text(const std::string& sql, const std::vector<json::Value>& parameters = {});
  /// Whether there is a row.
  Result<bool> finds(const std::string& sql, const std::vector<json::Value>& parameters = {});
};

}  // namespace lode
