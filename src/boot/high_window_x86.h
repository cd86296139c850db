// SPDX-License-Identifier: Apache-2.0
// Where 64-bit BARs may be: above all RAM, and where the guest's CPUs reach.
#pragma once

#include <optional>

#include "base/units.h"
#include "boot/placement.h"

namespace takt {

/// A window for a guest whose physical addresses have `address_bits` bits (CPUID leaf 0x8000'0008;
/// kvm::physical_address_bits()) and whose RAM ends at `ram_end`. A quarter of the address space,
/// at most 256 GiB, in its upper half, from 512 GiB on at most when RAM leaves that free: below the
/// hole at 1012 GiB that AMD's IOMMUs have, which matters to an assigned device. Addresses above 46
/// bits are never used: a host with four levels of second-level paging gives its guests no more
/// than 48, and Linux with four levels of its own knows 46. No value: there is no room.
[[nodiscard]] std::optional<GpaRange> high_window(unsigned address_bits, Gpa ram_end);

}  // namespace takt
