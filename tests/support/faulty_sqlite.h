// FaultySqlite: while it lives, SQLite's databases in this process fail as a FaultPlan says.
#pragma once

#include "support/fault_plan.h"

namespace lode::test {

/// One at a time. Databases that were opened meanwhile must be closed before it goes.
class FaultySqlite {
 public:
  explicit FaultySqlite(FaultPlan& plan);
  ~FaultySqlite();
  FaultySqlite(const FaultySqlite&) = delete;
};

}  // namespace lode::test
