// SPDX-License-Identifier: Apache-2.0
#include "boot/payload_arm64.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>

#include "base/bits.h"
#include "boot/elf_arm64.h"
#include "boot/linux_image_arm64.h"
#include "boot/mistakes.h"
#include "boot/user_string.h"
#include "boot/zboot.h"

namespace takt {
namespace {

using namespace std::string_view_literals;

constexpr auto foreign = std::to_array<KnownFile>({
    {0x202, "HdrS"sv, "is an x86 Linux bzImage"},
});

constexpr auto mistakes = std::to_array<KnownFile>({
    {0, "\x27\x05\x19\x56"sv, "is a U-Boot uImage; give the Image that it was made of"},
});

constexpr KernelFormats formats{
    .machine = "arm64",
    .takes =
        "takt takes an arm64 Linux Image, also one compressed by gzip, a 64-bit arm64 ELF "
        "file, or with --flat a flat binary",
    .unpacked = "Image",
    .foreign = foreign,
    .mistakes = mistakes};

/// Anything, at the place where Linux's Images used to be and QEMU puts flat binaries
/// (kvm-unit-tests are linked to it). Its .bss is not known: device tree and initrd stay away as
/// far as they can.
Result<LoadedKernel> load_flat(const GuestMem& mem, std::span<const std::byte> file) {
  const GpaRange range{kernel_base(mem) + flat_offset, file.size()};
  TRY_VOID(check_kernel_range(mem, range, {}));
  if (!mem.write(range.start, file)) VMM_BUG("a checked binary is not RAM");
  return LoadedKernel{.entry = range.start.raw(), .ranges = {range}};
}

Result<LoadedKernel> load_kernel(const GuestMem& mem, const Payload& payload) {
  const auto file = payload.kernel;
  if (has_magic(file, 0, magic::elf)) return load_elf(mem, file);
  if (is_linux_image(file)) return load_linux_image(mem, file, payload.page_sizes);
  if (has_magic(file, 0, magic::gzip)) return load_gzip_image(mem, file, payload.page_sizes);
  if (is_zboot(file)) {
    TRY(const auto inside, zboot_payload(file));
    return load_gzip_image(mem, inside, payload.page_sizes);
  }
  if (payload.flat && !file.empty()) return load_flat(mem, file);
  return refuse(file, formats);
}

/// booting.rst: the initrd is in a 1 GiB-aligned window of at most 32 GiB that covers the kernel
/// too. The one that begins with RAM does, as kernels are placed at its start.
Gpa initrd_limit(const GuestMem& mem) {
  const Gpa start = mem.regions().front().start;
  return Gpa{start.raw() & ~(1_GiB - 1)} + 32_GiB;
}

/// Aligned so that it crosses no 2 MiB boundary and within 512 MiB of the kernel's base, as kernels
/// before 4.2 need it. Newer ones take any place, and get one when there is none so near.
std::optional<Gpa> place_fdt(const GuestMem& mem, std::uint64_t bytes,
                             std::span<const GpaRange> busy) {
  PlaceRequest request{.size = bytes,
                       .align = std::bit_ceil(std::max<std::uint64_t>(bytes, 4096)),
                       .below = kernel_base(mem) + 512_MiB};
  if (const auto near = place_high(mem, request, busy)) return near;
  request.below = Gpa{~0ull};
  return place_high(mem, request, busy);
}

Result<Gpa> load_fdt(const GuestMem& mem, const FdtConfig& config, std::span<const GpaRange> busy) {
  TRY(const auto fdt, build_fdt(config));
  const auto at = place_fdt(mem, fdt.size(), busy);
  if (at && mem.write(*at, fdt)) return *at;
  return usage_error(
      fmt::format("the device tree ({}) does not fit beside kernel and initrd in {} of guest "
                  "memory; use a larger --memory",
                  size_text(fdt.size()), size_text(mem.total_bytes())));
}

std::vector<GpaRange> ram_ranges(const GuestMem& mem) {
  std::vector<GpaRange> ranges;
  for (const RamRegion& region : mem.regions())
    ranges.push_back({region.start, region.host.size()});
  return ranges;
}

}  // namespace

Gpa kernel_base(const GuestMem& mem) {
  return Gpa{align_up(mem.regions().front().start.raw(), 2_MiB)};
}

Result<StartState> load_payload(const GuestMem& mem, Payload payload) {
  if (mem.regions().empty()) VMM_BUG("a guest without memory");
  TRY(LoadedKernel kernel, load_kernel(mem, payload));
  TRY_VOID(check_string(payload.fdt.chosen.bootargs, kernel.max_cmdline_bytes, "command line"));
  payload.fdt.memory = ram_ranges(mem);
  payload.fdt.chosen.initrd = {};
  if (payload.initrd) {
    TRY(payload.fdt.chosen.initrd,
        load_initrd(mem, *payload.initrd, initrd_limit(mem), kernel.ranges));
    kernel.ranges.push_back(payload.fdt.chosen.initrd);
  }
  TRY(const Gpa fdt, load_fdt(mem, payload.fdt, kernel.ranges));
  return StartState{.pc = kernel.entry, .x0 = fdt.raw()};
}

}  // namespace takt
