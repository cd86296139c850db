// SPDX-License-Identifier: Apache-2.0
// load_payload() on files that are, or once were, a Linux Image, as it is, in a gzip file or in a
// zboot kernel; and on gzip files and zboot kernels that are damaged themselves.
#include <cstddef>
#include <cstdint>

#include "boot/fuzz_load_arm64.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace takt;
  using namespace test_images;
  static const Bytes image = linux_image();
  static const Bytes zipped = gzip(image);
  static const Bytes efi = zboot(zipped);
  if (size == 0) return 0;
  const auto input = std::as_bytes(std::span{data, size}).subspan(1);
  switch (data[0] % 6) {
    case 0: fuzz_load(input); break;
    case 1: fuzz_load(input, true); break;
    case 2: fuzz_load(patched(image, input)); break;
    case 3: fuzz_load(gzip(patched(image, input))); break;
    case 4: fuzz_load(patched(zipped, input)); break;
    default: fuzz_load(patched(efi, input)); break;
  }
  return 0;
}
