// SPDX-License-Identifier: Apache-2.0
// The Multiboot header in an image file: Multiboot Specification 0.6.96, 3.1 "OS image format". The
// file is the user's; every field is checked against it here, none against guest memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/result.h"

namespace takt {

/// The header's fields, 3.1.1 to 3.1.3. Addresses are physical.
struct MultibootHeader {
  std::uint64_t offset = 0;  // of the header in the file
  std::uint32_t flags = 0;
  bool flat = false;  // flag bit 16: the addresses below are valid and go before those of an ELF
  std::uint32_t header_addr = 0;
  std::uint32_t load_addr = 0;
  std::uint32_t load_end_addr = 0;  // 0: load to the end of the file
  std::uint32_t bss_end_addr = 0;   // 0: no .bss
  std::uint32_t entry_addr = 0;
};

/// The first header with a good checksum in the first 8192 bytes, 4-byte aligned; nothing when
/// there is none. An error when it demands what takt does not have, or does not fit the file.
[[nodiscard]] Result<std::optional<MultibootHeader>> find_multiboot_header(
    std::span<const std::byte> file);

/// What a flat image loads: [file_start, file_start + file_bytes) of the file, all inside it, to
/// the start of memory_bytes at load_addr.
struct FlatExtent {
  std::uint64_t file_start = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t memory_bytes = 0;
};

/// 3.1.3: load_addr <= header_addr, load_end_addr <= bss_end_addr, the entry is loaded, and the
/// file has it all; an error where that is not so.
[[nodiscard]] Result<FlatExtent> flat_extent(const MultibootHeader& header,
                                             std::uint64_t file_size);

}  // namespace takt
