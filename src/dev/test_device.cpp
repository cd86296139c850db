// SPDX-License-Identifier: Apache-2.0
#include "dev/test_device.h"

#include <algorithm>

#include "base/bits.h"

namespace takt {

namespace {

/// The part of an access that falls into one 32-bit word.
struct Part {
  std::uint64_t shift = 0;  // of its lowest bit within the word
  std::uint64_t bytes = 0;
  [[nodiscard]] std::uint32_t mask() const RT {
    return static_cast<std::uint32_t>(((std::uint64_t{1} << (bytes * 8)) - 1) << shift);
  }
};

Part part_at(std::uint64_t offset, std::uint64_t left) RT {
  const std::uint64_t lane = offset % 4;
  return {.shift = lane * 8, .bytes = std::min(4 - lane, left)};
}

/// Replaces the bits in `mask`. Tries again only when another vCPU has changed the word meanwhile.
void merge(std::atomic<std::uint32_t>& word, std::uint32_t mask, std::uint32_t bits) RT {
  if (mask == ~std::uint32_t{0}) return word.store(bits, std::memory_order_relaxed);
  std::uint32_t old = word.load(std::memory_order_relaxed);
  while (!word.compare_exchange_weak(old, (old & ~mask) | (bits & mask), std::memory_order_relaxed))
    continue;
}

}  // namespace

std::uint64_t ScratchRegisters::read(Access access) RT {
  std::uint64_t value = 0;
  for (std::uint64_t done = 0; done < bytes(access.width);) {
    const Part part = part_at(access.offset + done, bytes(access.width) - done);
    const std::uint32_t word = word_at(access.offset + done).load(std::memory_order_relaxed);
    value |= std::uint64_t{(word & part.mask()) >> part.shift} << (done * 8);
    done += part.bytes;
  }
  return value;
}

void ScratchRegisters::write(Access access, std::uint64_t value) RT {
  for (std::uint64_t done = 0; done < bytes(access.width);) {
    const Part part = part_at(access.offset + done, bytes(access.width) - done);
    const auto bits = static_cast<std::uint32_t>((value >> (done * 8)) << part.shift);
    merge(word_at(access.offset + done), part.mask(), bits);
    done += part.bytes;
  }
}

}  // namespace takt
