// SPDX-License-Identifier: Apache-2.0
// For what the host is to be fit: the CPUs, memory and priorities of one VM, or without a VM the
// CPUs that are set aside.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/cpu_list.h"
#include "check/host.h"
#include "vm/config.h"

namespace takt::check {

struct Target {
  CpuList cpus = {};        // that are to be real-time
  CpuList rest = {};        // online, and not among them
  std::string origin = {};  // why these CPUs
  bool set_aside = false;   // someone chose them: otherwise they are simply all
  std::optional<VmConfig> vm = {};
};

/// The online CPUs; when the host does not say, CPU 0.
[[nodiscard]] CpuList online_cpus(const HostFiles& files);

/// `vm`, if any, is the VM that is to run. An error when check_placements() refuses it here.
[[nodiscard]] Result<Target> target_of(const Host& host, std::optional<VmConfig> vm);

[[nodiscard]] std::vector<int> numbers(const CpuList& cpus);
[[nodiscard]] CpuList common(const CpuList& a, const CpuList& b);

}  // namespace takt::check
