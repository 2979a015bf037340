// SqlSession: what all databases share.
#include "sql/session.h"

#include "json/write.h"

namespace lode {

Status SqlSession::execute(const std::string& sql, const std::vector<json::Value>& parameters) {
  LODE_ASSIGN(const std::unique_ptr<QueryRows> rows, select(sql, parameters));
  for (;;) {
    LODE_ASSIGN(const bool more, rows->next());
    if (!more) return {};
  }
}

Result<std::string> SqlSession::select_text(const std::string& sql, const std::vector<json::Value>& parameters) {
  LODE_ASSIGN(const std::unique_ptr<QueryRows> rows, select(sql, parameters));
  LODE_ASSIGN(const bool found, rows->next());
  if (!found) return std::string();
  const json::Value value = rows->value(0);
  if (value.is_null()) return std::string();
  return value.is_text() ? value.as_text() : json::write(value);
}

Result<bool> SqlSession::finds(const std::string& sql, const std::vector<json::Value>& parameters) {
  LODE_ASSIGN(const std::unique_ptr<QueryRows> rows, select(sql, parameters));
  return rows->next();
}

}  // namespace lode
