// SPDX-License-Identifier: Apache-2.0
// CPU lists as the kernel's command line has them (Linux, admin-guide/kernel-parameters.rst): with
// "all", "N" for the last CPU, strides "0-7:1/2", and for isolcpus= and nohz_full= flags in front.
#pragma once

#include <optional>
#include <string_view>

#include "base/cpu_list.h"

namespace takt::check {

/// `cpus` is the number of CPUs of the machine. No value for what the kernel would refuse; CPUs
/// beyond 1023 are dropped.
[[nodiscard]] std::optional<CpuList> kernel_list(std::string_view text, int cpus);

/// "managed_irq,domain,2-3" in two parts.
struct FlaggedList {
  std::string_view flags;
  std::string_view list;
};
[[nodiscard]] FlaggedList split_flags(std::string_view text);

}  // namespace takt::check
