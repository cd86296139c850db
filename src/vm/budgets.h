// SPDX-License-Identifier: Apache-2.0
// Which records of which thread have a budget.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/cycles.h"
#include "record/bundle.h"
#include "record/record.h"
#include "vm/config.h"

namespace takt {

struct RecordBudget {
  RecordKind kind;
  Budget budget;
  std::string key;  // as it was configured
  std::uint32_t us;
};

/// What a vCPU does for its guest. Not what ends the guest (system_event), nor what takt asks for
/// (interrupted).
[[nodiscard]] std::vector<RecordBudget> vcpu_budgets(const Budgets& budgets);
[[nodiscard]] std::vector<RecordBudget> server_budgets(const Budgets& budgets,
                                                       const std::string& server);

/// A budget as records hold it: below ThreadRecorder::no_budget at any clock rate.
[[nodiscard]] std::uint32_t budget_cycles(std::uint32_t us, CycleRate rate);

}  // namespace takt
