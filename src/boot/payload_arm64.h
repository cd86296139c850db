// SPDX-License-Identifier: Apache-2.0
// What a VM is given to run, and its way into guest memory. Set-up only; no vCPU runs yet.
//
// Guest memory when load_payload() is through, in the first region of RAM but for the initrd:
//
//   RAM start  +---------------------------+  rounded up to 2 MiB
//              | free                      |
//     + offset +---------------------------+  Image: its text_offset; flat binary: 0x8'0000
//              | kernel                    |  an ELF file is where its program headers say
//              +---------------------------+
//              | free                      |
//              +---------------------------+  512 MiB above the RAM's start, or below
//              | device tree, <= 2 MiB     |
//              +---------------------------+
//              | initrd                    |  as high as RAM goes within 32 GiB, in any region
//              +---------------------------+
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/result.h"
#include "boot/fdt_arm64.h"
#include "bus/guest_mem.h"
#include "kvm/start_arm64.h"

namespace takt {

/// Where a flat binary is loaded and entered: this many bytes above the start of RAM, which is
/// rounded up to 2 MiB first.
inline constexpr std::uint64_t flat_offset = 0x8'0000;

/// Translation granules of the CPU: ID_AA64MMFR0_EL1.TGran4, TGran16 and TGran64 of the host.
struct PageSizes {
  bool kib4 = true;
  bool kib16 = true;
  bool kib64 = true;
};

struct Payload {
  std::span<const std::byte> kernel = {};  // the whole file
  std::optional<std::span<const std::byte>> initrd = {};
  bool flat = false;  // a file of no known format is a flat binary
  PageSizes page_sizes = {};
  /// The machine and chosen.bootargs. `memory` and `chosen.initrd` are load_payload()'s to fill in.
  FdtConfig fdt = {};
};

/// Identifies the kernel, copies or unpacks it into `mem`, then places the initrd, then builds the
/// device tree and places that, and says how the boot vCPU starts. RAM begins where the first
/// region of `mem` does, and `mem` reads zero (a fresh memfd): what has to be zero is not written.
/// A compressed kernel is unpacked straight into guest memory and costs no other.
/// Every error is the user's: the text does not name the file, the caller puts its path in front.
[[nodiscard]] Result<StartState> load_payload(const GuestMem& mem, Payload payload);

}  // namespace takt
