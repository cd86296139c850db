// SPDX-License-Identifier: Apache-2.0
#include "boot/payload_x86.h"

#include <fmt/format.h>

#include "boot/bzimage_x86.h"
#include "boot/image_x86.h"
#include "boot/low_memory_x86.h"
#include "boot/multiboot_x86.h"
#include "boot/pvh_x86.h"

namespace takt {
namespace {

Result<> check_memory(const GuestMem& mem, const Payload& payload) {
  if (!mem.slice(Gpa{0}, 2_MiB))
    return usage_error(
        fmt::format("guest memory of {} cannot hold a kernel; use --memory 2M or more",
                    size_text(mem.total_bytes())));
  if (memory_map(mem, payload.reserved).size() > low_memory::max_map_entries)
    return usage_error(fmt::format("the memory map has more than {} entries; reserve fewer ranges",
                                   low_memory::max_map_entries));
  return {};
}

}  // namespace

Result<StartState> load_payload(const GuestMem& mem, const Payload& payload) {
  TRY(const ImageKind kind, identify(payload.kernel));
  TRY_VOID(check_memory(mem, payload));
  switch (kind) {
    case ImageKind::bzimage: return load_bzimage(mem, payload);
    case ImageKind::pvh_elf: return load_pvh(mem, payload);
    case ImageKind::multiboot_elf:
    case ImageKind::multiboot_flat: return load_multiboot(mem, payload);
  }
  VMM_BUG("image kind without a loader");
}

}  // namespace takt
