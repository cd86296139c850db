// SPDX-License-Identifier: Apache-2.0
#include "pci/function.h"

#include <algorithm>

#include "base/bits.h"
#include "base/result.h"
#include "pci/regs.h"

namespace takt::pci {
namespace {

/// 6.2.5.1: the low bits of a base address register.
std::uint32_t type_bits(const Bar& bar) {
  const std::uint32_t prefetchable = bar.prefetchable ? 0b1000 : 0;
  switch (bar.kind) {
    case BarKind::io: return 0b01;
    case BarKind::mem32: return prefetchable;
    case BarKind::mem64: return prefetchable | 0b100;
  }
  return 0;
}

std::uint8_t register_of(unsigned index) {
  return static_cast<std::uint8_t>(Reg::bar0 + 4 * index);
}

/// Whether an access touches one of the bytes [first, end).
bool touches(Access access, std::uint64_t first, std::uint64_t end) RT {
  return access.offset < end && access.offset + bytes(access.width) > first;
}

}  // namespace

Function::Function(const Identity& identity) {
  config_.define16(Reg::vendor_id, identity.vendor);
  config_.define16(Reg::device_id, identity.device);
  config_.define16(Reg::command, 0, Command::writable);
  config_.define32(Reg::revision_id, identity.class_code << 8 | identity.revision);
  config_.define8(Reg::cache_line_size, 0, 0xff);
  config_.define16(Reg::subsystem_vendor_id, identity.subsystem_vendor);
  config_.define16(Reg::subsystem_id, identity.subsystem);
  config_.define8(Reg::interrupt_line, 0, 0xff);
}

void Function::add_bar(const Bar& bar) {
  const std::uint64_t mask = ~(bar.bytes - 1);
  const std::uint32_t type = type_bits(bar);
  const std::uint32_t fixed = bar.kind == BarKind::io ? 0b11 : 0b1111;
  config_.define32(register_of(bar.index), type, static_cast<std::uint32_t>(mask) & ~fixed);
  if (bar.kind == BarKind::mem64)
    config_.define32(register_of(bar.index + 1), 0, static_cast<std::uint32_t>(mask >> 32));
  bars_.push_back(bar);
}

void Function::set_bar_device(unsigned index, Device& device, DeviceId id) {
  for (Bar& bar : bars_) {
    if (bar.index != index) continue;
    bar.device = &device;
    bar.id = id;
  }
}

std::uint8_t Function::add_capability(std::uint8_t id, std::span<const std::uint8_t> body,
                                      std::span<const std::uint8_t> writable) {
  const std::uint8_t at = next_capability_;
  if (at + 2 + body.size() > ConfigSpace::bytes) VMM_BUG("no room for a capability");
  config_.define8(at, id);
  config_.define8(static_cast<std::uint8_t>(at + 1), 0);
  for (std::size_t i = 0; i < body.size(); ++i)
    config_.define8(static_cast<std::uint8_t>(at + 2 + i), body[i],
                    i < writable.size() ? writable[i] : std::uint8_t{0});
  const std::uint8_t previous = last_capability_ == 0
                                    ? static_cast<std::uint8_t>(Reg::capabilities_pointer)
                                    : static_cast<std::uint8_t>(last_capability_ + 1);
  config_.define8(previous, at);
  config_.define16(Reg::status, Status::capabilities_list::mask);
  last_capability_ = at;
  next_capability_ = static_cast<std::uint8_t>(align_up(at + 2 + body.size(), 4));
  return at;
}

void Function::add_window(std::uint8_t offset, Device& window) {
  window_offset_ = offset;
  window_ = &window;
}

Msix& Function::add_msix(std::vector<MsiVector*> vectors, unsigned bar, Upkeep& upkeep,
                         unsigned slot, DeviceId id) {
  const auto count = static_cast<std::uint16_t>(vectors.size());
  const std::uint64_t size = Msix::bar_bytes(count);
  msix_ = std::make_unique<Msix>(std::move(vectors), upkeep, slot);
  add_bar({.index = bar, .bytes = size, .device = msix_.get(), .id = id, .widest = Width::b4});
  const std::uint32_t table = bar;
  const std::uint32_t pending = static_cast<std::uint32_t>(size / 2) | bar;
  const auto byte = [](std::uint32_t value, unsigned n) {
    return static_cast<std::uint8_t>(value >> (8 * n));
  };
  const std::uint32_t control = count - 1u;
  const std::array<std::uint8_t, 10> body{
      byte(control, 0), byte(control, 1), byte(table, 0),   byte(table, 1),   byte(table, 2),
      byte(table, 3),   byte(pending, 0), byte(pending, 1), byte(pending, 2), byte(pending, 3)};
  const std::array<std::uint8_t, 2> writable{0, 0xc0};  // MSI-X Enable, Function Mask
  msix_capability_ = add_capability(CapabilityId::msi_x, body, writable);
  return *msix_;
}

Msi& Function::add_msi(std::vector<MsiVector*> vectors, bool maskable) {
  const Msi::Body body = Msi::body(vectors.size(), maskable);
  const std::uint8_t at = add_capability(CapabilityId::message_signaled, body.bytes, body.writable);
  msi_ = std::make_unique<Msi>(config_, at, std::move(vectors), maskable);
  return *msi_;
}

void Function::route(std::uint16_t vector) {
  if (msix_) msix_->route(vector);
  if (msi_) msi_->route(vector);
}

IrqSink& Function::add_intx(IrqSink& pin, std::uint8_t irq_line) {
  config_.define8(Reg::interrupt_pin, 1);  // INTA#
  config_.define8(Reg::interrupt_line, irq_line, 0xff);
  intx_ = std::make_unique<Intx>(config_, pin, msi_.get());
  return *intx_;
}

void Function::place_bar(unsigned index, std::uint64_t start) {
  config_.write(register_of(index), Width::b4, static_cast<std::uint32_t>(start));
  const auto is_wide = [index](const Bar& bar) {
    return bar.index == index && bar.kind == BarKind::mem64;
  };
  if (std::ranges::any_of(bars_, is_wide))
    config_.write(register_of(index + 1), Width::b4, static_cast<std::uint32_t>(start >> 32));
}

void Function::enable() {
  std::uint16_t command = Command::bus_master::mask;
  for (const Bar& bar : bars_)
    command |= bar.kind == BarKind::io ? Command::io_space::mask : Command::memory_space::mask;
  config_.write(Reg::command, Width::b2, command);
}

bool Function::is_bus_master() const RT {
  return Command::bus_master::get(
      static_cast<std::uint16_t>(config_.read(Reg::command, Width::b2)));
}

Device* Function::window(Access access) const RT {
  const bool inside =
      window_ != nullptr && access.offset >= window_offset_ && access.offset < window_offset_ + 4u;
  return inside ? window_ : nullptr;
}

Access Function::in_window(Access access) const RT {
  return {access.offset - window_offset_, access.width, access.from};
}

Function::Effect Function::write(Access access, std::uint32_t value) RT {
  const bool command_or_bar =
      touches(access, Reg::command, Reg::status) || touches(access, Reg::bar0, Reg::bar_end);
  const Decoded before = command_or_bar ? decoded() : Decoded{};
  const bool was_bus_master = is_bus_master();
  config_.write(access.offset, access.width, value);
  Effect effect;
  const std::uint64_t control = msix_capability_ + 2u;
  if (msix_ && touches(access, control, control + 2))
    effect.route =
        msix_->write_control(static_cast<std::uint16_t>(config_.read(control, Width::b2)));
  if (msi_ && touches(access, msi_->capability() + 2u, msi_->capability() + msi_->bytes())) {
    effect.route = msi_->written();
    if (intx_) intx_->settle();
  }
  if (!command_or_bar) return effect;
  if (intx_) intx_->settle();
  if (bus_master_bell_ != nullptr && was_bus_master != is_bus_master()) bus_master_bell_->ring();
  effect.remap = decoded() != before;
  return effect;
}

std::uint64_t Function::start_of(const Bar& bar) const RT {
  const std::uint32_t low = config_.read(register_of(bar.index), Width::b4);
  if (bar.kind == BarKind::io) return low & ~0b11u & 0xffff;
  std::uint64_t start = low & ~0b1111u;
  if (bar.kind == BarKind::mem64)
    start |= std::uint64_t{config_.read(register_of(bar.index + 1), Width::b4)} << 32;
  return start;
}

Function::Decoded Function::decoded() const RT {
  const auto word = static_cast<std::uint16_t>(config_.read(Reg::command, Width::b2));
  Decoded now;
  for (const Bar& bar : bars_) {
    const bool on =
        bar.kind == BarKind::io ? Command::io_space::get(word) : Command::memory_space::get(word);
    if (on) now.start[bar.index] = start_of(bar);
  }
  return now;
}

std::vector<MappedBar> Function::mapped_bars() const {
  const Decoded now = decoded();
  std::vector<MappedBar> mapped;
  for (const Bar& bar : bars_)
    if (now.start[bar.index] != 0 && bar.device != nullptr)
      mapped.push_back({&bar, now.start[bar.index]});
  return mapped;
}

}  // namespace takt::pci
