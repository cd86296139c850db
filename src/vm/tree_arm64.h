// SPDX-License-Identifier: Apache-2.0
// The arm64 board as its device tree tells it.
#pragma once

#include <cstdint>
#include <vector>

#include "boot/fdt_arm64.h"
#include "kvm/vgic_arm64.h"
#include "vm/config.h"

namespace takt {

/// What the host decides about the guest's machine.
struct MachineShape {
  kvm::GicVersion gic = kvm::GicVersion::v3;
  bool its = true;
  bool pmu = true;
  std::vector<std::uint64_t> cpus;  // MPIDR_EL1, the boot CPU first
};

/// All but where memory is and what the loader adds.
[[nodiscard]] FdtConfig machine_tree(const VmConfig& config, const MachineShape& shape);

/// As KVM numbers `cpus` vCPUs in MPIDR_EL1: sixteen to a cluster.
[[nodiscard]] std::vector<std::uint64_t> default_affinities(std::uint32_t cpus);

}  // namespace takt
