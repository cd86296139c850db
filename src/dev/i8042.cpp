// SPDX-License-Identifier: Apache-2.0
#include "dev/i8042.h"

#include <utility>

namespace takt {

namespace {

enum Command : std::uint8_t {
  read_command_byte = 0x20,
  write_command_byte = 0x60,
  disable_aux = 0xa7,
  enable_aux = 0xa8,
  test_aux = 0xa9,
  self_test = 0xaa,
  test_keyboard = 0xab,
  disable_keyboard = 0xad,
  enable_keyboard = 0xae,
  read_output_port = 0xd0,
  write_output_port_next = 0xd1,
  pulse_output_port = 0xf0,  // to 0xff: bits 3..0 of the port go low for 6 us where they are 0
};

constexpr std::uint8_t self_test_passed = 0x55;
constexpr std::uint8_t interface_passed = 0x00;

}  // namespace

std::uint64_t I8042::read(Access access) RT {
  if (access.offset == data_offset) return read_data();
  if (access.offset == command_offset) return read_status();
  return 0xff;
}

void I8042::write(Access access, std::uint64_t value) RT {
  if (access.offset == data_offset) write_data(static_cast<std::uint8_t>(value));
  if (access.offset == command_offset) write_command(static_cast<std::uint8_t>(value));
}

std::uint8_t I8042::read_data() RT {
  state_.output_full = false;
  return state_.output;
}

std::uint8_t I8042::read_status() const RT {
  std::uint8_t status = Status::not_inhibited::mask;
  status = Status::command::set(status, state_.last_was_command);
  status = Status::sys::set(status, CommandByte::sys::get(state_.command_byte.raw));
  return Status::obf::set(status, state_.output_full);
}

void I8042::write_data(std::uint8_t value) RT {
  state_.last_was_command = false;
  switch (std::exchange(state_.expected, Expected::none)) {
    case Expected::command_byte: state_.command_byte.raw = value; return;
    case Expected::output_port: return write_output_port(value);
    case Expected::none: return;  // for a keyboard that is not there
  }
}

void I8042::write_command(std::uint8_t value) RT {
  CommandByte& ctr = state_.command_byte;
  state_.last_was_command = true;
  state_.expected = Expected::none;
  switch (value) {
    case read_command_byte: return answer(ctr.raw);
    case write_command_byte: state_.expected = Expected::command_byte; return;
    case disable_aux: ctr.raw = CommandByte::disable_aux::set(ctr.raw, true); return;
    case enable_aux: ctr.raw = CommandByte::disable_aux::set(ctr.raw, false); return;
    case test_aux: return answer(interface_passed);
    case self_test: return answer(self_test_passed);
    case test_keyboard: return answer(interface_passed);
    case disable_keyboard: ctr.raw = CommandByte::disable_keyboard::set(ctr.raw, true); return;
    case enable_keyboard: ctr.raw = CommandByte::disable_keyboard::set(ctr.raw, false); return;
    case read_output_port: return answer(state_.output_port.raw);
    case write_output_port_next: state_.expected = Expected::output_port; return;
    default: break;
  }
  const bool pulses_reset = value >= pulse_output_port && !OutputPort::not_reset::get(value);
  if (pulses_reset) control_.request_reset();
}

void I8042::write_output_port(std::uint8_t value) RT {
  const std::uint8_t on = OutputPort::a20::mask | OutputPort::not_reset::mask;
  state_.output_port.raw = value | on;
  if (!OutputPort::not_reset::get(value)) control_.request_reset();
}

void I8042::answer(std::uint8_t value) RT {
  state_.output = value;
  state_.output_full = true;
}

}  // namespace takt
