// SPDX-License-Identifier: Apache-2.0
// Fuzzers of file formats get deep only with files that are almost right: this makes such files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/result.h"
#include "boot/test_images.h"

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

/// Every outcome of a loader: accepted, or refused in one line.
template <class T>
void check_outcome(const Result<T>& result) {
  if (!result &&
      (result.error().text.empty() || result.error().text.find('\n') != std::string::npos))
    VMM_BUG("an error that is not one line");
}

}  // namespace takt
