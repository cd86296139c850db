// SPDX-License-Identifier: Apache-2.0
// The conversation on the control queues. virtio 1.2, 5.3.6.2.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "virtio/console.h"

namespace takt::virtio {

using namespace console;

namespace {

/// Bits of Port::owed, in the order in which they are sent.
enum Owed : unsigned { add, console_port, name, open, resized };

constexpr std::array<Event, 5> events{Event::port_add, Event::console_port, Event::port_name,
                                      Event::port_open, Event::resize};
constexpr std::size_t most_name = 64;

void owe(ConsoleDevice::Port& port, Owed what) RT {
  port.owed = static_cast<std::uint8_t>(port.owed | 1u << what);
}

}  // namespace

/// A control message with what follows it.
struct ConsoleDevice::Message {
  std::array<std::byte, sizeof(Control) + most_name> bytes;
  std::size_t size = 0;

  void add(std::span<const std::byte> part) RT {
    const std::size_t n = std::min(part.size(), bytes.size() - size);
    std::memcpy(bytes.data() + size, part.data(), n);
    size += n;
  }
};

/// What the driver says.
bool ConsoleDevice::take_controls() RT {
  Lane& lane = lanes_[control_tx];
  bool worked = false;
  for (unsigned n = 0; n < chains_in_a_turn && lane.pending && running(control_tx); ++n) {
    if (!pop(control_tx)) {
      lane.pending = queues_[control_tx].enable_kicks();
      continue;
    }
    Control control;
    if (chain_.read(0, std::as_writable_bytes(std::span{&control, 1})) == sizeof control)
      take_control(control);
    else
      ++counters_.bad_control;
    push(control_tx, 0);
    worked = true;
  }
  return worked;
}

void ConsoleDevice::take_control(const Control& control) RT {
  const Event event{control.event};
  if (event == Event::device_ready) {  // for the device as a whole; 0: the driver has failed
    for (std::size_t port = 0; port < wiring_.size() && control.value != 0; ++port)
      owe(state_.ports[port], Owed::add);
    return;
  }
  if (control.id >= wiring_.size()) return void(++counters_.bad_control);
  Port& port = state_.ports[control.id];
  if (event == Event::port_ready)
    port_is_ready(port, control.id, control.value != 0);
  else if (event == Event::port_open)
    port.open = control.value != 0;
  else
    ++counters_.bad_control;
}

void ConsoleDevice::port_is_ready(Port& port, std::size_t index, bool ready) RT {
  port.ready = ready;
  if (!ready) {
    port.open = false;
    port.owed = 0;
    return;
  }
  if (wiring_[index].is_console) owe(port, Owed::console_port);
  if (!wiring_[index].name.empty()) owe(port, Owed::name);
  owe(port, Owed::open);
  if (wiring_[index].is_console && state_.cols != 0) owe(port, Owed::resized);
}

/// What the driver is owed, as far as it has put buffers there.
bool ConsoleDevice::send_controls() RT {
  bool worked = false;
  for (std::size_t port = 0; port < wiring_.size(); ++port) {
    while (state_.ports[port].owed != 0) {
      if (!pop(control_rx)) {
        if (!running(control_rx) || !queues_[control_rx].enable_kicks()) return worked;
        if (!pop(control_rx)) return worked;
      }
      send_control(port, static_cast<unsigned>(std::countr_zero(state_.ports[port].owed)));
      worked = true;
    }
  }
  return worked;
}

/// Into chain_. A buffer that is too small gets what fits.
void ConsoleDevice::send_control(std::size_t port, unsigned bit) RT {
  Port& p = state_.ports[port];
  p.owed = static_cast<std::uint8_t>(p.owed & ~(1u << bit));
  const Event event = events[bit];
  const bool value = event != Event::port_open || p.connected;
  const Control control{.id = static_cast<std::uint32_t>(port),
                        .event = std::to_underlying(event),
                        .value = static_cast<std::uint16_t>(value ? 1 : 0)};
  Message message;
  message.add(std::as_bytes(std::span{&control, 1}));
  const Resize size{.rows = state_.rows, .cols = state_.cols};
  if (event == Event::resize) message.add(std::as_bytes(std::span{&size, 1}));
  if (event == Event::port_name) message.add(std::as_bytes(std::span{wiring_[port].name}));
  const std::size_t written = chain_.write(0, std::span{message.bytes}.first(message.size));
  push(control_rx, static_cast<std::uint32_t>(written));
}

void ConsoleDevice::resize(std::uint16_t cols, std::uint16_t rows) RT {
  state_.cols = cols;
  state_.rows = rows;
  if (interrupts_ == nullptr) return;
  for (std::size_t port = 0; port < wiring_.size(); ++port)
    if (wiring_[port].is_console && state_.ports[port].ready && multiport())
      owe(state_.ports[port], Owed::resized);
  if ((state_.features & console::feature::size) != 0) interrupts_->config_changed();
  send_controls();
  interrupt();
}

void ConsoleDevice::connect(std::size_t port, bool connected) RT {
  if (state_.ports[port].connected == connected) return;
  state_.ports[port].connected = connected;
  if (interrupts_ == nullptr || !multiport() || !state_.ports[port].ready) return;
  owe(state_.ports[port], Owed::open);
  send_controls();
  interrupt();
}

}  // namespace takt::virtio
