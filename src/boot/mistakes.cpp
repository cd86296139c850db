// SPDX-License-Identifier: Apache-2.0
#include "boot/mistakes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "boot/layout.h"

namespace takt {
namespace {

using namespace std::string_view_literals;

struct Compression {
  std::string_view magic;
  std::string_view tool;
};

constexpr auto compressions = std::to_array<Compression>({
    {magic::gzip, "gzip"},
    {"\xfd"
     "7zXZ\0"sv,
     "xz"},
    {"\x28\xb5\x2f\xfd"sv, "zstd"},
    {"\x02\x21\x4c\x18"sv, "lz4"},
    {"\x04\x22\x4d\x18"sv, "lz4"},
    {"BZh"sv, "bzip2"},
    {"\x89LZO\0"sv, "lzop"},
});

constexpr auto foreign_to_all = std::to_array<KnownFile>({
    {56, "RSC\x05"sv, "is a RISC-V Linux Image"},
    {36, "\x18\x28\x6f\x01"sv, "is a 32-bit Arm Linux zImage"},
});

constexpr auto mistakes_of_all = std::to_array<KnownFile>({
    {0, "070701"sv, "is a cpio archive, as an initrd is; give it as --initrd"},
    {0, "#!"sv, "is a script"},
    {0, "!<arch>\n"sv, "is an archive (a static library or a .deb package)"},
    {0, "QFI\xfb"sv, "is a qcow2 disk image"},
    {0, "\xd0\x0d\xfe\xed"sv, "is a device tree"},
});

const KnownFile* find(std::span<const KnownFile> known, std::span<const std::byte> file) {
  const auto at = std::ranges::find_if(
      known, [&](const KnownFile& k) { return has_magic(file, k.offset, k.magic); });
  return at == known.end() ? nullptr : &*at;
}

/// What the file is, and what to do about it, as far as its magic numbers tell.
std::optional<std::string> known(std::span<const std::byte> file, const KernelFormats& formats) {
  for (const auto list : {formats.foreign, std::span<const KnownFile>{foreign_to_all}})
    if (const KnownFile* k = find(list, file))
      return fmt::format("{}; this machine is {}", k->is, formats.machine);
  for (const Compression& c : compressions)
    if (has_magic(file, 0, c.magic))
      return fmt::format("is compressed by {0}; unpack it first ({0} -dc FILE > {1})", c.tool,
                         formats.unpacked);
  for (const auto list : {formats.mistakes, std::span<const KnownFile>{mistakes_of_all}})
    if (const KnownFile* k = find(list, file)) return std::string{k->is};
  return std::nullopt;
}

std::string describe(std::span<const std::byte> file, const KernelFormats& formats) {
  constexpr std::size_t shortest_kernel = 1024;
  if (file.empty()) return "is empty";
  if (auto text = known(file, formats)) return *std::move(text);
  if (file.size() < shortest_kernel)
    return fmt::format("has only {} bytes, no kernel is that short (cut short?)", file.size());
  if (has_magic(file, 0, "MZ")) return "is an EFI or Windows program without a Linux boot header";
  return "is not a kernel";
}

}  // namespace

bool has_magic(std::span<const std::byte> file, std::size_t offset, std::string_view magic) {
  return fits(file.size(), offset, magic.size()) &&
         std::ranges::equal(file.subspan(offset, magic.size()), std::as_bytes(std::span{magic}));
}

std::unexpected<Error> refuse(std::span<const std::byte> file, const KernelFormats& formats) {
  return usage_error(fmt::format("{}; {}", describe(file, formats), formats.takes));
}

}  // namespace takt
