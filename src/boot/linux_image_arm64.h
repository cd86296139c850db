// SPDX-License-Identifier: Apache-2.0
// The Linux kernel image for arm64, Linux Documentation/arch/arm64/booting.rst, "Call the kernel
// image": as it is, or compressed by gzip (Image.gz, and the kernel inside a vmlinuz.efi). Other
// programs use the same header, U-Boot and Xen among them. Not supported: big-endian kernels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "boot/loaded_arm64.h"
#include "boot/payload_arm64.h"
#include "bus/guest_mem.h"

namespace takt {

/// True when the file has the header's magic number.
[[nodiscard]] bool is_linux_image(std::span<const std::byte> file);

/// What the 64 bytes of the header say.
struct LinuxImage {
  static constexpr std::size_t header_bytes = 64;

  std::uint64_t text_offset = 0;  // from a 2 MiB boundary
  std::uint64_t image_size = 0;   // memory from there on, with .bss; 0 before Linux 3.17: unknown

  /// Checks that a CPU with `page_sizes` can run it. `file` has header_bytes at least.
  [[nodiscard]] static Result<LinuxImage> parse(std::span<const std::byte> file,
                                                const PageSizes& page_sizes);
};

/// Copies an Image to the lowest place that its header allows. Whether the file is complete its PE
/// header tells; an Image without one (CONFIG_EFI off) that is cut short cannot be known.
[[nodiscard]] Result<LoadedKernel> load_linux_image(const GuestMem& mem,
                                                    std::span<const std::byte> file,
                                                    const PageSizes& page_sizes);

/// The same for an Image in a gzip file. Writes to no other memory than the guest's, and there to
/// nothing but RAM: how much comes out is known only when it is there.
[[nodiscard]] Result<LoadedKernel> load_gzip_image(const GuestMem& mem,
                                                   std::span<const std::byte> file,
                                                   const PageSizes& page_sizes);

}  // namespace takt
