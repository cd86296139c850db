// SPDX-License-Identifier: Apache-2.0
// What system control software needs of the PC/AT's keyboard controller (IBM PC/AT Technical
// Reference, March 1986, "Keyboard Controller"): reset of the machine, the A20 gate, self tests.
// Region 0x60..0x64 of the I/O ports: data at offset 0, status and command at offset 4; the ports
// between belong to others: they read as ones, writes are ignored.
//
// Not modelled: a keyboard, a mouse and their interrupts. What is sent to them gets no answer, and
// both interface tests report no error. A20 cannot be closed. A command that is not listed in
// i8042.cpp does nothing. A result that is not read is replaced by the next one.
//
// A single-threaded state machine: vCPU threads come through bus/serialized.h.
#pragma once

#include <cstdint>

#include "base/bits.h"
#include "bus/device.h"
#include "bus/vm_control.h"

namespace takt {

class I8042 : public Device {
 public:
  static constexpr std::uint64_t region_bytes = 5;
  static constexpr Width widest = Width::b1;
  static constexpr std::uint64_t data_offset = 0;
  static constexpr std::uint64_t command_offset = 4;  // status on read

  template <unsigned Bit>
  using Flag = Field<Bit, Bit, std::uint8_t, bool>;
  struct Status {
    using not_inhibited = Flag<4>;
    using command = Flag<3>;  // the last write was to the command port
    using sys = Flag<2>;
    using ibf = Flag<1>;  // always 0: input is taken at once
    using obf = Flag<0>;
  };
  struct CommandByte {
    using disable_aux = Flag<5>;
    using disable_keyboard = Flag<4>;
    using sys = Flag<2>;
    std::uint8_t raw = 0x34;  // as firmware leaves it that found neither keyboard nor mouse
  };
  struct OutputPort {
    using a20 = Flag<1>;
    using not_reset = Flag<0>;
    std::uint8_t raw = 0xc3;
  };

  enum class Expected : std::uint8_t { none, command_byte, output_port };

  struct State {
    static constexpr std::uint32_t version = 1;
    CommandByte command_byte = {};
    OutputPort output_port = {};
    std::uint8_t output = 0;  // the output buffer
    bool output_full = false;
    bool last_was_command = false;
    Expected expected = Expected::none;  // what the next data byte is
  };

  explicit I8042(VmControl& control) : control_{control} {}

  [[nodiscard]] std::string_view name() const override { return "i8042"; }
  std::uint64_t read(Access access) RT override;
  void write(Access access, std::uint64_t value) RT override;

  [[nodiscard]] const State& state() const RT { return state_; }

 private:
  std::uint8_t read_data() RT;
  [[nodiscard]] std::uint8_t read_status() const RT;
  void write_data(std::uint8_t value) RT;
  void write_command(std::uint8_t value) RT;
  void write_output_port(std::uint8_t value) RT;
  void answer(std::uint8_t value) RT;

  VmControl& control_;
  State state_;
};

}  // namespace takt
