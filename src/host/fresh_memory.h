// SPDX-License-Identifier: Apache-2.0
// Pages that the kernel takes back each time, so that touching them faults again: what no device of
// a real-time VM may do, for the one that is there to be caught (dev/slow_device.h).
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "bus/fresh_pages.h"

namespace takt {

class FreshMemory : public FreshPages {
 public:
  static constexpr unsigned most_pages = 1024;

  FreshMemory() = default;
  FreshMemory(const FreshMemory&) = delete;
  FreshMemory& operator=(const FreshMemory&) = delete;
  ~FreshMemory() override;

  /// Reserves address space, once. Set-up.
  Result<> reserve();
  /// Nothing before reserve(). Also where all memory is locked: these pages are unlocked first.
  void touch(unsigned count) RT override;

 private:
  std::span<std::byte> memory_;
  std::size_t page_bytes_ = 0;
};

}  // namespace takt
