// SPDX-License-Identifier: Apache-2.0
#include "boot/linux_image_arm64.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/bits.h"
#include "boot/gunzip.h"
#include "boot/layout.h"
#include "boot/mistakes.h"
#include "boot/pe.h"

namespace takt {
namespace {

// booting.rst, "Call the kernel image".
constexpr At<std::uint64_t> text_offset_field{8};
constexpr At<std::uint64_t> image_size_field{16};
constexpr At<std::uint64_t> flags_field{24};
constexpr std::size_t magic_offset = 56;

struct Flags {
  enum class PageSize : std::uint8_t { unspecified, kib4, kib16, kib64 };
  // Bit 3 says that the kernel may be placed anywhere. It is placed low, which is always right.
  using page_size = Field<2, 1, std::uint64_t, PageSize>;
  using big_endian = Field<0, 0, std::uint64_t, bool>;
};

/// The bound of arm64's COMMAND_LINE_SIZE, include/uapi/asm/setup.h, less the zero. A longer one
/// would be cut without a word.
constexpr std::uint64_t max_cmdline_bytes = 2047;

bool has(const PageSizes& sizes, Flags::PageSize size) {
  switch (size) {
    case Flags::PageSize::unspecified: return true;
    case Flags::PageSize::kib4: return sizes.kib4;
    case Flags::PageSize::kib16: return sizes.kib16;
    case Flags::PageSize::kib64: return sizes.kib64;
  }
  VMM_BUG("a page size of more than two bits");
}

Result<> check_page_size(Flags::PageSize size, const PageSizes& host) {
  if (has(host, size)) return {};
  const std::string_view usual = host.kib4 ? "4" : host.kib64 ? "64" : "16";
  return usage_error(
      fmt::format("is an arm64 Linux Image with {} KiB pages, which this host's CPU does not have; "
                  "take a kernel with {} KiB pages (CONFIG_ARM64_{}K_PAGES)",
                  1u << (2 * std::to_underlying(size)), usual, usual));
}

Result<> check_complete(std::span<const std::byte> file) {
  const std::uint64_t need = std::max(pe_sections_end(file), pe_certificates_end(file));
  if (file.size() >= need) return {};
  return usage_error(
      fmt::format("is cut short: an arm64 Linux Image of {} bytes by its header, but there are {}; "
                  "copy it again",
                  need, file.size()));
}

/// The memory of an image of which the file, or what is known of it, has `file_bytes`.
Result<GpaRange> place(const GuestMem& mem, const LinuxImage& image, std::uint64_t file_bytes) {
  const GpaRange range{kernel_base(mem) + image.text_offset,
                       std::max(image.image_size, file_bytes)};
  TRY_VOID(check_kernel_range(mem, range, {}));
  return range;
}

LoadedKernel loaded(GpaRange range) {
  return {.entry = range.start.raw(), .ranges = {range}, .max_cmdline_bytes = max_cmdline_bytes};
}

/// The guest's RAM from `at` on, to the end of its region.
std::span<std::byte> ram_from(const GuestMem& mem, Gpa at) {
  for (const RamRegion& region : mem.regions())
    if (at >= region.start && at - region.start <= region.host.size())
      return region.host.subspan(at - region.start);
  VMM_BUG("a checked place is not RAM");
}

}  // namespace

bool is_linux_image(std::span<const std::byte> file) {
  return file.size() >= LinuxImage::header_bytes && has_magic(file, magic_offset, "ARM\x64");
}

Result<LinuxImage> LinuxImage::parse(std::span<const std::byte> file, const PageSizes& page_sizes) {
  constexpr std::uint64_t text_offset_before_3_17 = 0x8'0000;
  const std::uint64_t flags = get(file, flags_field);
  if (Flags::big_endian::get(flags))
    return usage_error(
        "is a big-endian arm64 Linux Image; take a little-endian one (CONFIG_CPU_LITTLE_ENDIAN)");
  TRY_VOID(check_page_size(Flags::page_size::get(flags), page_sizes));
  LinuxImage image{.text_offset = get(file, text_offset_field),
                   .image_size = get(file, image_size_field)};
  if (image.image_size == 0) image.text_offset = text_offset_before_3_17;
  if (image.text_offset >= 2_MiB || !is_aligned(image.text_offset, 4))
    return usage_error(
        fmt::format("has text_offset = {:#x} in its header, which cannot be; the file is damaged",
                    image.text_offset));
  return image;
}

Result<LoadedKernel> load_linux_image(const GuestMem& mem, std::span<const std::byte> file,
                                      const PageSizes& page_sizes) {
  TRY(const LinuxImage image, LinuxImage::parse(file, page_sizes));
  TRY_VOID(check_complete(file));
  TRY(const GpaRange range, place(mem, image, file.size()));
  if (!mem.write(range.start, file)) VMM_BUG("a checked image is not RAM");
  return loaded(range);
}

Result<LoadedKernel> load_gzip_image(const GuestMem& mem, std::span<const std::byte> file,
                                     const PageSizes& page_sizes) {
  TRY(Gunzip gunzip, Gunzip::open(file));
  std::array<std::byte, LinuxImage::header_bytes> header{};
  TRY(const std::size_t got, gunzip.read(header));
  if (!is_linux_image(std::span{header}.first(got)))
    return usage_error(
        "is compressed by gzip, but what is in it is no arm64 Linux Image; unpack it first");
  TRY(const LinuxImage image, LinuxImage::parse(header, page_sizes));
  TRY(const GpaRange least, place(mem, image, header.size()));
  const auto room = ram_from(mem, least.start);
  std::ranges::copy(header, room.begin());
  TRY(const std::size_t rest, gunzip.read(room.subspan(header.size())));
  TRY(const bool finished, gunzip.finished());
  if (!finished)
    return usage_error(
        fmt::format("unpacks to more than the guest's memory ({}); use a larger --memory",
                    size_text(mem.total_bytes())));
  const auto unpacked = room.first(header.size() + rest);
  TRY_VOID(check_complete(unpacked));
  return loaded({least.start, std::max<std::uint64_t>(least.size, unpacked.size())});
}

}  // namespace takt
