// SPDX-License-Identifier: Apache-2.0
// Fuzzers of file formats get deep only with files that are almost right: this makes such files,
// and runs the loader on them with what every outcome has to keep.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "boot/payload.h"
#include "boot/test_images.h"
#include "boot/test_ram.h"

namespace takt {

/// `file` with the patches in `input` put over it: each is a 16-bit offset, a length of 1 to 8 and
/// as many bytes. An offset beyond the end cuts the file to a length instead.
inline test_images::Bytes patched(test_images::Bytes file, std::span<const std::byte> input) {
  while (input.size() >= 3) {
    std::uint16_t offset = 0;
    std::memcpy(&offset, input.data(), sizeof offset);
    const std::size_t n = std::to_integer<std::size_t>(input[2]) % 8 + 1;
    input = input.subspan(3);
    if (input.size() < n) break;
    if (offset + n <= file.size())
      std::memcpy(file.data() + offset, input.data(), n);
    else if (!file.empty())
      file.resize(offset % file.size());
    input = input.subspan(n);
  }
  return file;
}

/// Loads `kernel` with a small initrd into 16 MiB that are shared by all runs. What is accepted
/// starts in RAM, and the ACPI area is as it was; what is refused says so in one line.
inline void fuzz_load(std::span<const std::byte> kernel) {
  constexpr Gpa acpi{0xe'0000};
  constexpr std::uint64_t mark = 0x5a5a'5a5a'5a5a'5a5a;
  static const TestRam ram{16_MiB};
  static const auto initrd = test_images::pattern(4097);
  if (!ram.mem().store(acpi, mark)) VMM_BUG("no RAM at the ACPI area");
  const auto start = load_payload(
      ram.mem(), {.kernel = kernel, .initrd = initrd, .cmdline = "console=ttyS0", .rsdp = acpi});
  if (ram.at<std::uint64_t>(acpi) != mark) VMM_BUG("a kernel was loaded over the ACPI tables");
  if (start && !ram.mem().slice(Gpa{start->rip}, 1)) VMM_BUG("the entry is not RAM");
  if (!start && (start.error().text.empty() || start.error().text.find('\n') != std::string::npos))
    VMM_BUG("an error that is not one line");
}

}  // namespace takt
