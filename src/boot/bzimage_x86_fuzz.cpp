// SPDX-License-Identifier: Apache-2.0
// load_payload() on files that are, or once were, a bzImage.
#include <cstddef>
#include <cstdint>

#include "boot/fuzz_load_x86.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace takt;
  static const test_images::Bytes image = test_images::bzimage();
  const auto input = std::as_bytes(std::span{data, size});
  fuzz_load(input);
  fuzz_load(patched(image, input));
  return 0;
}
