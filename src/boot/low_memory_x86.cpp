// SPDX-License-Identifier: Apache-2.0
#include "boot/low_memory_x86.h"

#include <array>

#include "boot/user_string.h"

namespace takt::low_memory {

StartState write_gdt(const GuestMem& mem, StartMode mode) {
  store(mem, gdt, start_gdt(mode));
  StartState start;
  start.mode = mode;
  start.gdt = gdt;
  return start;
}

void write_identity_map(const GuestMem& mem) {
  // Intel SDM volume 3A, 4.5 "4-level paging": present, writable, and in a directory entry PS.
  constexpr std::uint64_t table = 0x03;
  constexpr std::uint64_t page_2mib = 0x83;
  constexpr std::size_t per_table = 512;
  using Table = std::array<std::uint64_t, per_table>;

  store(mem, pml4, pdpt.raw() | table);
  for (std::uint64_t gib = 0; gib < 4; ++gib) {
    const Gpa directory = page_directories + gib * sizeof(Table);
    store(mem, pdpt + gib * 8, directory.raw() | table);
    Table pages;
    for (std::uint64_t i = 0; i < per_table; ++i) pages[i] = (gib * 1_GiB + i * 2_MiB) | page_2mib;
    store(mem, directory, pages);
  }
}

Result<> write_string(const GuestMem& mem, Gpa at, std::string_view text, std::uint64_t max,
                      std::string_view what) {
  TRY_VOID(check_string(text, max, what));
  if (!mem.write(at, std::as_bytes(std::span{text}))) VMM_BUG("no RAM in the first MiB");
  store(mem, at + text.size(), '\0');
  return {};
}

}  // namespace takt::low_memory
