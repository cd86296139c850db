// SPDX-License-Identifier: Apache-2.0
// Linux's vmlinuz.efi (CONFIG_EFI_ZBOOT): an EFI program that unpacks the kernel which it carries,
// so that also a loader without EFI can: Linux drivers/firmware/efi/libstub/zboot-header.S.
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"

namespace takt {

/// True when the file has the header's magic numbers, "MZ" and "zimg".
[[nodiscard]] bool is_zboot(std::span<const std::byte> file);

/// The kernel inside, a gzip file of its own. Another compression is an error that says how to
/// unpack it.
[[nodiscard]] Result<std::span<const std::byte>> zboot_payload(std::span<const std::byte> file);

}  // namespace takt
