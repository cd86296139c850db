// SPDX-License-Identifier: Apache-2.0
// The real-time clock of ARM's boards: PrimeCell RTC PL031 (ARM DDI 0224). DR counts seconds since
// 1970 in 32 bits.
//
// Time comes from the host's clock plus an offset that LR sets, in whole seconds: the first second
// after a write to LR may be shorter than the others. The clock has run since long before the guest
// started, so CR reads 1, and writing it has no effect any more (3.3.4); Linux writes it at each
// start. RIS is set when DR comes to MR, by counting or by a write to either, and once only: an
// interrupt cleared within that second stays cleared. A host clock that jumps over MR sets it too;
// one that is set back does not make a match come twice.
//
// Not modelled: the test registers; CLK1HZ, and the delay until a write reaches its domain.
//
// A single-threaded state machine: vCPU threads and the alarm's thread come through
// bus/serialized.h.
#pragma once

#include <cstdint>
#include <optional>

#include "bus/alarm.h"
#include "bus/clock.h"
#include "bus/device.h"
#include "bus/irq.h"
#include "dev/primecell.h"

namespace takt {

class Pl031 : public Device {
 public:
  static constexpr std::uint64_t region_bytes = primecell::region_bytes;
  static constexpr Width widest = primecell::widest;

  /// Table 3-1, offsets.
  enum class Reg : std::uint16_t {
    dr = 0x000,
    mr = 0x004,
    lr = 0x008,
    cr = 0x00c,
    imsc = 0x010,
    ris = 0x014,
    mis = 0x018,
    icr = 0x01c,
  };
  /// 3.3.5 to 3.3.8: IMSC, RIS, MIS and ICR have one bit, CR as well (3.3.4).
  using Bit = Field<0, 0, std::uint32_t, bool>;
  static constexpr primecell::PeriphId periph_id = primecell::arm_part(0x031, 0);

  struct State {
    static constexpr std::uint32_t version = 1;
    std::uint32_t offset_s = 0;  // DR - the clock's second, modulo 2^32
    std::uint32_t mr = 0;
    std::uint32_t lr = 0;
    bool imsc = false;
    bool ris = false;
    std::int64_t match_s = 0;  // the clock's second in which DR comes to MR next
  };

  Pl031(LevelIrq& irq, Clock& clock, Alarm& alarm);

  [[nodiscard]] std::string_view name() const override { return "pl031"; }
  std::uint64_t read(Access access) RT override;
  void write(Access access, std::uint64_t value) RT override;

  /// The alarm is due. Looks at the clock itself: an early or needless call is harmless.
  void alarm_fired() RT;

  [[nodiscard]] const State& state() const RT { return state_; }

 private:
  // `now_s` is the clock's second, read once for each access.
  [[nodiscard]] std::uint32_t read_register(Reg reg, std::int64_t now_s) const RT;
  [[nodiscard]] std::uint32_t stored(Reg reg) const RT;
  void write_register(Reg reg, std::uint32_t value, std::int64_t now_s) RT;
  void write_mr(std::uint32_t value, std::int64_t now_s) RT;
  void write_lr(std::uint32_t value, std::int64_t now_s) RT;

  [[nodiscard]] std::int64_t host_s() const RT;
  [[nodiscard]] std::uint32_t dr(std::int64_t now_s) const RT;
  void catch_up(std::int64_t now_s) RT;
  void compare(std::int64_t now_s) RT;
  void schedule(std::int64_t now_s) RT;
  void settle() RT;

  LevelIrq& irq_;
  Clock& clock_;
  Alarm& alarm_;
  State state_;
  std::optional<std::int64_t> armed_ns_;  // what alarm_ was told last
};

}  // namespace takt
