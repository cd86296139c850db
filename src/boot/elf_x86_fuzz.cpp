// SPDX-License-Identifier: Apache-2.0
// load_payload() on files that are, or once were, a PVH kernel or a Multiboot image.
#include <array>
#include <cstddef>
#include <cstdint>

#include "boot/fuzz_load_x86.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace takt;
  static const std::array images{test_images::pvh_elf(), test_images::multiboot_elf32(),
                                 test_images::multiboot_elf64(), test_images::multiboot_flat()};
  if (size == 0) return 0;
  const auto input = std::as_bytes(std::span{data, size});
  fuzz_load(input);
  fuzz_load(patched(images[data[0] % images.size()], input.subspan(1)));
  return 0;
}
