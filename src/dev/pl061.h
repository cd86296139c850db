// SPDX-License-Identifier: Apache-2.0
// The pins of ARM's boards: PrimeCell GPIO PL061 (ARM DDI 0190), eight of them and one interrupt
// line. A pin carries what GPIODATA drives when GPIODIR makes it an output, and what set_input()
// says when not; the interrupt logic senses the pin, whoever drives it.
//
// RIS of a level-sensitive pin follows the pin; of an edge-sensitive one it stays until IC clears
// it. Not modelled: the alternate function of a pin (AFSEL only stores), the test registers.
//
// A single-threaded state machine: vCPU threads and the host side come through bus/serialized.h.
#pragma once

#include <cstdint>

#include "bus/device.h"
#include "bus/irq.h"
#include "dev/primecell.h"

namespace takt {

class Pl061 : public Device {
 public:
  static constexpr std::uint64_t region_bytes = primecell::region_bytes;
  static constexpr Width widest = primecell::widest;
  static constexpr unsigned pin_count = 8;

  /// Table 3-1, offsets. GPIODATA is at all words below DIR: bits 9..2 of the address are the mask
  /// of the pins that the access touches (3.3.1).
  enum class Reg : std::uint16_t {
    dir = 0x400,
    is = 0x404,
    ibe = 0x408,
    iev = 0x40c,
    ie = 0x410,
    ris = 0x414,
    mis = 0x418,
    ic = 0x41c,
    afsel = 0x420,
  };
  static constexpr primecell::PeriphId periph_id = primecell::arm_part(0x061, 0);

  /// One bit for each pin in all of them.
  struct State {
    static constexpr std::uint32_t version = 1;
    std::uint8_t out = 0;    // written to GPIODATA while the pin was an output
    std::uint8_t in = 0;     // driven from outside
    std::uint8_t dir = 0;    // 1: output
    std::uint8_t is = 0;     // 1: level, 0: edge
    std::uint8_t ibe = 0;    // 1: both edges
    std::uint8_t iev = 0;    // 1: rising edge or high level
    std::uint8_t ie = 0;     // 1: not masked
    std::uint8_t edges = 0;  // seen and not cleared
    std::uint8_t afsel = 0;
  };

  explicit Pl061(LevelIrq& irq) : irq_{irq} {}

  [[nodiscard]] std::string_view name() const override { return "pl061"; }
  std::uint64_t read(Access access) RT override;
  void write(Access access, std::uint64_t value) RT override;

  /// Drives a pin (0..7) from outside; seen by the guest while the pin is an input.
  void set_input(unsigned pin, bool level) RT;
  /// The levels of all pins, outputs included.
  [[nodiscard]] std::uint8_t pins() const RT;

  [[nodiscard]] const State& state() const RT { return state_; }

 private:
  [[nodiscard]] std::uint8_t read_register(Reg reg) const RT;
  void write_register(Reg reg, std::uint8_t value) RT;
  void write_data(std::uint8_t mask, std::uint8_t value) RT;
  [[nodiscard]] std::uint8_t raw_interrupts() const RT;
  void sense_edges(std::uint8_t before) RT;
  void update_irq() RT;

  LevelIrq& irq_;
  State state_;
};

}  // namespace takt
