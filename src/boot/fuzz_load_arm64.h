// SPDX-License-Identifier: Apache-2.0
// Runs the arm64 loaders on a file, with what every outcome has to keep.
#pragma once

#include <libfdt.h>

#include "boot/fuzz_patch.h"
#include "boot/payload_arm64.h"
#include "boot/test_fdt_arm64.h"
#include "boot/test_images_arm64.h"
#include "boot/test_ram.h"

namespace takt {

/// Loads `kernel` with a small initrd into 16 MiB that are shared by all runs. What is accepted
/// starts in RAM and has a whole device tree; initrd and kernel are where the tree and they say.
inline void fuzz_load(std::span<const std::byte> kernel, bool flat = false) {
  static const TestRam ram{16_MiB, Gpa{test_images::arm64_ram}};
  static const auto initrd = test_images::pattern(4097);
  static const FdtConfig board = test_fdt::board();
  const auto start =
      load_payload(ram.mem(), {.kernel = kernel, .initrd = initrd, .flat = flat, .fdt = board});
  check_outcome(start);
  if (!start) return;
  if (!ram.mem().slice(Gpa{start->pc}, 4)) VMM_BUG("the entry is not RAM");
  const auto tree = ram.mem().slice(Gpa{start->x0}, 1024);
  if (!tree || start->x0 % 8 != 0 || ::fdt_check_header(tree->data()) != 0)
    VMM_BUG("the device tree is not where x0 says");
  const Gpa last = Gpa{test_images::arm64_ram} + (16_MiB - 8192);
  if (ram.at<std::byte>(last) != initrd.front() && ram.at<std::byte>(last) != std::byte{0})
    VMM_BUG("something is over the initrd");
}

}  // namespace takt
