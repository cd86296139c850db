// SPDX-License-Identifier: Apache-2.0
// Registers that the probe guest and test suites poke: 4 KiB of plain storage, of the kind that
// QEMU's pc-testdev has at its I/O and memory ports. Little-endian, any width, any alignment; a
// read gives what was written last. Its other functions (raising interrupt lines, a page that can
// be unmapped) are not modelled.
//
// Any number of vCPU threads at once, without a lock ("inline" in ARCHITECTURE.md). An access that
// stays inside an aligned 32-bit word is atomic; a wider or straddling one is a sequence of such.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "bus/device.h"

namespace takt {

class ScratchRegisters : public Device {
 public:
  static constexpr std::uint64_t region_bytes = 4096;
  static constexpr Width widest = Width::b8;

  [[nodiscard]] std::string_view name() const override { return "scratch_registers"; }
  std::uint64_t read(Access access) RT override;
  void write(Access access, std::uint64_t value) RT override;

 private:
  using Word = std::atomic<std::uint32_t>;
  static_assert(Word::is_always_lock_free);

  /// Total: an offset beyond the region wraps.
  Word& word_at(std::uint64_t offset) RT { return words_[offset / 4 % words_.size()]; }

  std::array<Word, region_bytes / 4> words_ = {};
};

}  // namespace takt
