// SPDX-License-Identifier: Apache-2.0
// The 256 bytes of a function's configuration space, each bit read-only or writable by the guest:
// PCI Local Bus Specification 3.0, 6.1. Conventional functions have no extended space.
//
// Reads may come from any thread at any time. Writes by the guest come one at a time, under the
// root's lock; the function itself changes single words, atomically.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/rt.h"
#include "base/units.h"

namespace takt::pci {

class ConfigSpace {
 public:
  static constexpr std::uint64_t bytes = 256;

  // --- set-up ---
  /// Little-endian, `value` into the bytes at `offset`; the guest may write the ones of `writable`.
  void define8(std::uint8_t offset, std::uint8_t value, std::uint8_t writable = 0);
  void define16(std::uint8_t offset, std::uint16_t value, std::uint16_t writable = 0);
  void define32(std::uint8_t offset, std::uint32_t value, std::uint32_t writable = 0);

  // --- any time ---
  /// Bytes beyond the end read as ones. The offset need not be aligned.
  [[nodiscard]] std::uint32_t read(std::uint64_t offset, Width width) const RT;
  /// What is not writable keeps its value.
  void write(std::uint64_t offset, Width width, std::uint32_t value) RT;
  /// The function's own: sets or clears the bits of `mask` in the 16 bits at `offset` (even).
  void assign16(std::uint8_t offset, std::uint16_t mask, bool set) RT;
  /// The function's own, of no bit that the guest may write: the word at `offset` (aligned).
  void define_bits32(std::uint64_t offset, std::uint32_t value) RT { word_[offset / 4] = value; }

 private:
  static constexpr std::size_t words = bytes / 4;
  [[nodiscard]] std::uint8_t read8(std::uint64_t offset) const RT;
  void write_word(std::size_t word, std::uint32_t mask, std::uint32_t value) RT;

  std::array<std::atomic<std::uint32_t>, words> word_{};
  std::array<std::uint32_t, words> writable_{};
};

}  // namespace takt::pci
