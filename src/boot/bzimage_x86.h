// SPDX-License-Identifier: Apache-2.0
// The Linux kernel image for x86, started by the 64-bit boot protocol of Linux
// Documentation/arch/x86/boot.rst (protocol 2.12 and later; structure boot_params as in
// zero-page.rst). The kernel stays compressed: its own decompressor runs in the guest. Not
// supported: the 16- and 32-bit entries, zImage, EFI handover, setup_data, loading above 4 GiB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "boot/payload_x86.h"
#include "bus/guest_mem.h"
#include "kvm/start_x86.h"

namespace takt {

/// True when the file has the boot sector's and the setup header's magic numbers.
[[nodiscard]] bool is_bzimage(std::span<const std::byte> file);

/// What the setup header of a checked image says.
struct BzImage {
  std::uint64_t setup_bytes = 0;    // boot sector and real-mode code: not loaded
  std::uint64_t header_end = 0;     // end of the setup header, an offset in the file
  std::uint64_t payload_bytes = 0;  // protected-mode code: loaded
  Gpa load;                         // preferred and aligned as the header demands
  std::uint64_t memory_bytes = 0;   // from `load` on, what the kernel needs before it looks around
  Gpa initrd_below;                 // the initrd ends at or below
  std::uint64_t max_cmdline_bytes = 0;  // without the terminating zero

  /// Checks the header and that the file is complete. Its length follows from setup_sects and
  /// syssize; a signed kernel is longer by its certificates, of which the PE header knows.
  [[nodiscard]] static Result<BzImage> parse(std::span<const std::byte> file);
};

[[nodiscard]] Result<StartState> load_bzimage(const GuestMem& mem, const Payload& payload);

}  // namespace takt
