// SPDX-License-Identifier: Apache-2.0
// What a VM is given to run, and its way into guest memory. Set-up only; no vCPU runs yet.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "boot/placement.h"
#include "bus/guest_mem.h"
#include "kvm/start_x86.h"

namespace takt {

struct Payload {
  std::span<const std::byte> kernel = {};  // the whole file
  std::optional<std::span<const std::byte>> initrd = {};
  std::string_view cmdline = {};
  Gpa rsdp = {};                            // where the ACPI tables start; 0: there are none
  std::span<const GpaRange> reserved = {};  // more for the memory map, see memory_map()
  /// Multiboot only: the word that goes before the command line, and the string of the module.
  /// Usually the two paths as the user wrote them. Why: see multiboot_x86.h.
  std::string_view kernel_name = {};
  std::string_view initrd_name = {};
};

/// Identifies the kernel, copies it, the initrd and the structures of its boot protocol into `mem`,
/// and says how the boot vCPU starts. `mem` has RAM from address 0 on and reads zero (a fresh
/// memfd): what has to be zero is not written. The file is read once, straight into guest memory.
/// Every error is the user's: the text does not name the file, the caller puts its path in front.
[[nodiscard]] Result<StartState> load_payload(const GuestMem& mem, const Payload& payload);

}  // namespace takt
