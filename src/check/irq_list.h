// SPDX-License-Identifier: Apache-2.0
// The host's device interrupts: /proc/interrupts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/host_files.h"

namespace takt::check {

struct HostIrq {
  int number = 0;
  std::string chip = {};                // what follows the counts, "IR-PCI-MSI 1-edge"
  std::string action = {};              // who handles it, "nvme0q1"
  std::vector<std::uint64_t> counts{};  // one for each CPU in `columns`
  bool per_cpu = false;                 // an arm64 PPI or SGI: of its CPU by nature
};

struct HostIrqs {
  std::vector<int> columns;  // CPU numbers
  std::vector<HostIrq> irqs;
  std::string text;  // all of it, for who looks for a controller's name

  /// How often `irq` came on one of `cpus`.
  [[nodiscard]] std::uint64_t count(const HostIrq& irq, const CpuList& cpus) const;
};

[[nodiscard]] Result<HostIrqs> host_irqs(const HostFiles& files);
[[nodiscard]] HostIrqs parse_interrupts(std::string_view text);

}  // namespace takt::check
