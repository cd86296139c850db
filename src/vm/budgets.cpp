// SPDX-License-Identifier: Apache-2.0
#include "vm/budgets.h"

#include <algorithm>

#include "record/thread_recorder.h"

namespace takt {

std::vector<RecordBudget> vcpu_budgets(const Budgets& budgets) {
  if (!budgets.exit_us) return {};
  std::vector<RecordBudget> all;
  for (const RecordKind kind :
       {RecordKind::pio, RecordKind::mmio, RecordKind::odd_access, RecordKind::other_exit})
    all.push_back({kind, Budget::exit, "exit_us", *budgets.exit_us});
  return all;
}

std::vector<RecordBudget> server_budgets(const Budgets& budgets, const std::string& server) {
  std::vector<RecordBudget> all;
  if (budgets.wakeup_us)
    all.push_back({RecordKind::wake, Budget::wakeup, "wakeup_us", *budgets.wakeup_us});
  const auto own = budgets.server_job_us.find(server);
  if (own != budgets.server_job_us.end())
    all.push_back({RecordKind::job, Budget::job, server + ".job_us", own->second});
  else if (budgets.job_us)
    all.push_back({RecordKind::job, Budget::job, "job_us", *budgets.job_us});
  return all;
}

std::uint32_t budget_cycles(std::uint32_t us, CycleRate rate) {
  constexpr std::uint64_t most = ThreadRecorder::no_budget - 1;
  return static_cast<std::uint32_t>(std::min(rate.hz() / 1000 * us / 1000, most));
}

}  // namespace takt
