// SPDX-License-Identifier: Apache-2.0
// The PC's real-time clock and CMOS RAM: MC146818A (Motorola data sheet ADI-856R2, 1984) with 128
// bytes, behind the PC's index port (offset 0, port 0x70) and data port (offset 1, port 0x71), and
// the century in byte 0x32.
//
// Time comes from the host's clock plus an offset that the guest sets. It stands still while B.SET
// is 1 or while the divider is held in reset (A.DV = 11x); when it goes on, the bytes the guest has
// written are the time. Bytes that are no date are dropped: the clock goes on as before. After a
// divider reset the first update comes half a second later (data sheet, "Divider Control"). A write
// to one time byte of a running clock sets the time at once, if the result is a date.
//
// A.UIP is 1 in the 244 us before an update (tBUC); the update itself takes no time. C.UF tells of
// an update since C was read. Not modelled: the interrupt pin, so the ACPI tables give this device
// none; alarms (the alarm bytes are RAM) and periodic rates, so C.AF and C.PF stay 0; the square
// wave; daylight saving; other time bases than 32 kHz; the NMI mask in bit 7 of the index.
//
// A single-threaded state machine: vCPU threads come through bus/serialized.h.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "base/bits.h"
#include "bus/clock.h"
#include "bus/device.h"
#include "dev/rtc_calendar.h"

namespace takt {

class RtcCmos : public Device {
 public:
  static constexpr std::uint64_t region_bytes = 2;
  static constexpr Width widest = Width::b1;
  static constexpr std::uint64_t index_offset = 0;
  static constexpr std::uint64_t data_offset = 1;

  /// Addresses of the bytes (data sheet, figure 11 "Address Map"), and the PC's century byte,
  /// which the FADT's CENTURY field has to name.
  enum Address : std::uint8_t {
    seconds = 0x00,
    minutes = 0x02,
    hours = 0x04,
    day_of_week = 0x06,
    date_of_month = 0x07,
    month = 0x08,
    year = 0x09,
    register_a = 0x0a,
    register_b = 0x0b,
    register_c = 0x0c,
    register_d = 0x0d,
    century = 0x32,
  };

  template <unsigned Bit>
  using Flag = Field<Bit, Bit, std::uint8_t, bool>;
  struct A {
    using uip = Flag<7>;  // read only
    using dv = Field<6, 4, std::uint8_t>;
    using rs = Field<3, 0, std::uint8_t>;
    std::uint8_t raw = 0x26;  // 32 kHz, 1024 Hz: as a PC's firmware leaves it
  };
  struct B {
    using set = Flag<7>;
    using pie = Flag<6>;
    using aie = Flag<5>;
    using uie = Flag<4>;
    using sqwe = Flag<3>;
    using dm = Flag<2>;
    using hour24 = Flag<1>;
    using dse = Flag<0>;
    std::uint8_t raw = 0x02;  // BCD, 24 hours
  };
  struct C {
    using irqf = Flag<7>;
    using uf = Flag<4>;
  };
  struct D {
    using vrt = Flag<7>;
  };

  struct State {
    static constexpr std::uint32_t version = 1;
    std::uint8_t index = 0;
    A a = {};
    B b = {};
    RtcTime held = {};                       // the time bytes while time stands still
    std::array<std::uint8_t, 128> ram = {};  // all other bytes
    std::int64_t offset_s = 0;               // guest time - host time, whole seconds
    std::int64_t phase_ns = 0;               // and the rest, 0..999'999'999
    std::int64_t update_seen_s = 0;          // guest time when C was read last
  };

  explicit RtcCmos(Clock& clock);

  [[nodiscard]] std::string_view name() const override { return "rtc_cmos"; }
  std::uint64_t read(Access access) RT override;
  void write(Access access, std::uint64_t value) RT override;

  [[nodiscard]] const State& state() const RT { return state_; }

 private:
  /// Guest time, split so that no host clock and no offset can overflow it.
  struct Now {
    std::chrono::sys_seconds time;
    std::int64_t ns = 0;  // 0..999'999'999
  };
  [[nodiscard]] Now now() const RT;
  [[nodiscard]] RtcFormat format() const RT;
  [[nodiscard]] bool divider_reset() const RT { return (A::dv::get(state_.a.raw) & 6) == 6; }
  [[nodiscard]] bool running() const RT;
  [[nodiscard]] RtcTime time_bytes() const RT;

  std::uint8_t read_data() RT;
  std::uint8_t read_a() const RT;
  std::uint8_t read_c() RT;
  void write_data(std::uint8_t value) RT;
  void write_a(std::uint8_t value) RT;
  void write_b(std::uint8_t value) RT;
  void write_time(std::uint8_t RtcTime::* byte, std::uint8_t value) RT;
  void go_on(bool was_running) RT;
  void set_time(const RtcTime& bytes) RT;

  Clock& clock_;
  State state_;
};

}  // namespace takt
