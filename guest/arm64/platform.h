// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/device_tree.h"

/// What the machine consists of, by its device tree. Nothing of this runs on arm64 only.
namespace probe::arm64 {

struct Console {
  enum class Kind : std::uint8_t { none, pl011, ns16550 };
  Kind kind = Kind::none;
  Range at;
  unsigned reg_shift = 0;  // of the 16550's registers
  unsigned reg_bytes = 1;  // width of an access to them: 1 or 4
};

struct Gic {
  unsigned version = 0;  // 2 or 3; 0: neither
  Range distributor;
  Range cpu_interface;                    // version 2
  std::array<Range, 4> redistributors{};  // version 3; those not there have no bytes
};

enum class PsciConduit : std::uint8_t { none, hvc, smc };

/// A device that is not there has no bytes.
struct Platform {
  std::string_view command_line;
  Console console;
  Gic gic;
  PsciConduit psci = PsciConduit::none;
  unsigned cpus = 0;
  std::optional<std::uint64_t> second_cpu;  // MPIDR affinity of the first CPU that is not this one
  Range rtc;                                // PL031
  Range debug_exit;                         // README.md
  Range test_registers;
  Range test_eventfd;
  Range slow;
};

/// `boot_cpu` is the MPIDR affinity of the CPU that asks. Text refers to the tree.
Platform read_platform(const DeviceTree& tree, std::uint64_t boot_cpu);

}  // namespace probe::arm64
