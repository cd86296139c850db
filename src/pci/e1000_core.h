// SPDX-License-Identifier: Apache-2.0
// What the halves of the 82540EM share: its registers, its world, and a descriptor ring.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "bus/clock.h"
#include "bus/guest_mem.h"
#include "pci/e1000_descriptors.h"
#include "pci/e1000_interrupts.h"
#include "pci/e1000_regs.h"
#include "pci/e1000_stats.h"

namespace takt::e1000 {

/// What a guest, or the other side, did wrong; nothing of it has another effect.
struct Counters {
  std::uint64_t odd_accesses = 0;   // writes that are not of an aligned word: dropped
  std::uint64_t rings_stopped = 0;  // a descriptor was not in RAM
  std::uint64_t tx_not_ram = 0;     // a frame of which a part was not in RAM
  std::uint64_t tx_too_long = 0;
  std::uint64_t tx_too_short = 0;        // less than an Ethernet header
  std::uint64_t tx_bad_context = 0;      // a segmentation that cannot be done
  std::uint64_t tx_bad_descriptors = 0;  // of a type that is reserved
  std::uint64_t rx_not_ram = 0;          // a receive buffer was not in RAM: these bytes are lost
  std::uint64_t rx_never_fits = 0;       // longer than all buffers of the ring
  std::uint64_t rx_malformed = 0;        // less than an Ethernet header
};

/// A ring by its registers, which are five words in a row of Length and Base (13.4.25 to 13.4.29,
/// 13.4.36 to 13.4.40).
struct Ring {
  Gpa base;
  std::uint32_t entries = 0;
  std::uint32_t head = 0;
  std::uint32_t tail = 0;

  /// `base_low` is RDBAL or TDBAL.
  [[nodiscard]] static Ring of(const Words& words, Reg base_low) RT {
    const std::size_t first = word(base_low);
    return {.base = Gpa{std::uint64_t{words[first + 1]} << 32 | words[first]},
            .entries = static_cast<std::uint32_t>(words[first + 2] / descriptor_bytes),
            .head = words[first + 4],
            .tail = words[first + 6]};
  }
  /// Descriptors that are the device's; none while the registers make no ring.
  [[nodiscard]] std::uint32_t available() const RT {
    if (head >= entries || tail >= entries) return 0;
    return tail >= head ? tail - head : entries - head + tail;
  }
  [[nodiscard]] Gpa at(std::uint32_t n) const RT { return base + n * descriptor_bytes; }
  [[nodiscard]] std::uint32_t after(std::uint32_t n) const RT {
    return n + 1 == entries ? 0 : n + 1;
  }
};
static_assert(word(Reg::RDT) == word(Reg::RDBAL, 6) && word(Reg::TDT) == word(Reg::TDBAL, 6));

struct Core {
  Core(const GuestMem& guest_mem, Clock& the_clock, InterruptUnit& unit)
      : mem{guest_mem}, clock{the_clock}, interrupts{unit} {}

  [[nodiscard]] std::uint32_t reg(Reg r) const RT { return words[word(r)]; }
  [[nodiscard]] Ring receive_ring() const RT {
    Ring ring = Ring::of(words, Reg::RDBAL);
    ring.tail = rdt.load(std::memory_order_seq_cst);
    return ring;
  }
  /// The interrupt's delay that is in `r`, in ns.
  [[nodiscard]] std::int64_t delay_ns(Reg r) const RT { return reg(r) * delay_unit_ns; }

  const GuestMem& mem;
  Clock& clock;
  InterruptUnit& interrupts;
  Words words = reset_words;           // but for RDT
  std::atomic<std::uint32_t> rdt = 0;  // which vCPUs write inline
  Statistics statistics{words};
  Counters counters;
  bool link = true;
};

}  // namespace takt::e1000
