// Compares what a case expects with what came of it.
#pragma once

#include <string>
#include <vector>

#include "json/value.h"
#include "rest_cases/case_run.h"

namespace lode {

/// What is not as `expect` says, a sentence each; empty: all is well. `expect` is that part of a case, $BASE filled in.
std::vector<std::string> differences(const json::Value& expect, const CaseOutcome& outcome);

}  // namespace lode
