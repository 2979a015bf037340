// ParallelCopy: job files into tables over several connections at once.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "destinations/postgres/connection.h"
#include "destinations/postgres/copy_rows.h"
#include "env/env.h"
#include "load/destination.h"

namespace lode::postgres {

/// One job and where its rows go.
struct CopyTask {
  const Job* job = nullptr;
  std::string table;  ///< qualified, ready for SQL
  Wires wires;
};

/// Each task is one COPY, and committed by itself; each connection gets a thread and takes the next task when it is
/// done with one. Returns when all threads have ended: with the first error, after which the others soon give up.
/// Errors: as copy_rows(), and those of opening the job's file.
Status copy_in_parallel(const std::vector<CopyTask>& tasks, const std::vector<std::unique_ptr<Connection>>& connections,
                        Env& env, std::stop_token stop, JobListener& listener);

}  // namespace lode::postgres
