// SPDX-License-Identifier: Apache-2.0
// Runs the x86 loaders on a file, with what every outcome has to keep.
#pragma once

#include "boot/fuzz_patch.h"
#include "boot/payload_x86.h"
#include "boot/test_images_x86.h"
#include "boot/test_ram.h"

namespace takt {

/// Loads `kernel` with a small initrd into 16 MiB that are shared by all runs. What is accepted
/// starts in RAM, and the ACPI area is as it was; what is refused says so in one line.
inline void fuzz_load(std::span<const std::byte> kernel) {
  constexpr Gpa acpi{0xe'0000};
  constexpr std::uint64_t mark = 0x5a5a'5a5a'5a5a'5a5a;
  static const TestRam ram{16_MiB};
  static const auto initrd = test_images::pattern(4097);
  if (!ram.mem().store(acpi, mark)) VMM_BUG("no RAM at the ACPI area");
  const auto start = load_payload(
      ram.mem(), {.kernel = kernel, .initrd = initrd, .cmdline = "console=ttyS0", .rsdp = acpi});
  if (ram.at<std::uint64_t>(acpi) != mark) VMM_BUG("a kernel was loaded over the ACPI tables");
  if (start && !ram.mem().slice(Gpa{start->rip}, 1)) VMM_BUG("the entry is not RAM");
  check_outcome(start);
}

}  // namespace takt
