// SPDX-License-Identifier: Apache-2.0
#include "boot/zboot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "boot/layout.h"
#include "boot/mistakes.h"

namespace takt {
namespace {

// zboot-header.S, from .Ldoshdr on.
constexpr At<std::uint32_t> payload_offset{8};
constexpr At<std::uint32_t> payload_size{12};
constexpr At<std::array<char, 32>> comp_type{24};

/// COMP_TYPE is a make rule of the kernel's, and mostly the name of the tool with something added.
struct Compression {
  std::string_view comp_type;
  std::string_view tool;
};
constexpr auto compressions = std::to_array<Compression>({
    {"lz4", "lz4"},
    {"lzma", "lzma"},
    {"lzo", "lzop"},
    {"xzkern", "xz"},
    {"zstd22", "zstd"},
});

std::string remedy(std::string_view type, std::uint64_t offset, std::uint64_t size) {
  const auto at = std::ranges::find(compressions, type, &Compression::comp_type);
  if (at == compressions.end()) return "give the Image that it was made of";
  return fmt::format("unpack it first (tail -c +{} FILE | head -c {} | {} -dc > Image)", offset + 1,
                     size, at->tool);
}

}  // namespace

bool is_zboot(std::span<const std::byte> file) {
  return has_magic(file, 0, "MZ") && has_magic(file, 4, "zimg");
}

Result<std::span<const std::byte>> zboot_payload(std::span<const std::byte> file) {
  if (file.size() < comp_type.end())
    return usage_error("is cut short inside the header of its EFI kernel (zboot); copy it again");
  const std::uint64_t offset = get(file, payload_offset);
  const std::uint64_t size = get(file, payload_size);
  if (!fits(file.size(), offset, size))
    return usage_error(fmt::format(
        "is cut short: the kernel in it (zboot) should end at byte {:#x}, but the file has {:#x}; "
        "copy it again",
        offset + size, file.size()));
  const auto text = get(file, comp_type);
  const std::string type{text.begin(), std::ranges::find(text, '\0')};
  if (type == "gzip") return file.subspan(offset, size);
  return usage_error(
      fmt::format("is an EFI kernel (zboot) compressed by {}, of which takt knows gzip only; {}",
                  one_line(type), remedy(type, offset, size)));
}

}  // namespace takt
