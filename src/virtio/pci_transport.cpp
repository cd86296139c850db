// SPDX-License-Identifier: Apache-2.0
#include "virtio/pci_transport.h"

#include <algorithm>
#include <array>

#include "base/bits.h"
#include "pci/regs.h"
#include "virtio/pci_common.h"

namespace takt::virtio {
namespace {

namespace layout = pci_layout;

constexpr std::uint16_t vendor = 0x1af4;
constexpr std::uint16_t first_device = 0x1040;      // 4.1.2: and the device's id
constexpr std::uint16_t subsystem_device = 0x1100;  // 0x40 or higher: not transitional

/// What the function is to software that has no driver for it.
std::uint32_t class_of(std::uint32_t device_id) {
  switch (device_id) {
    case 1: return 0x020000;   // network card: Ethernet
    case 2: return 0x018000;   // block: other mass storage
    case 3: return 0x078000;   // console: other communication
    case 4: return 0x108000;   // entropy: other encryption
    case 5: return 0x058000;   // balloon: other memory
    case 8: return 0x010000;   // SCSI host
    case 16: return 0x038000;  // GPU: other display
    case 18: return 0x098000;  // input: other input
    case 19: return 0x028000;  // socket: other network
    case 25: return 0x048000;  // sound: other multimedia
    case 26: return 0x018000;  // file system: other mass storage
    default: return 0xff0000;  // fits in no class
  }
}

/// cfg_type. 4.1.4.
enum class CfgType : std::uint8_t { common = 1, notify = 2, isr = 3, device = 4, pci = 5 };

/// struct virtio_pci_cap behind its first two bytes, and the word that two of them have more.
struct CapBody {
  static constexpr std::size_t cap_bytes = 16, with_word = 20;
  // Offsets in the body; in the capability they are 2 more.
  static constexpr std::size_t bar_at = 2, offset_at = 6, length_at = 10, word_at = 14;

  CapBody(CfgType type, std::uint32_t offset, std::uint32_t length, std::size_t whole = cap_bytes)
      : used{whole - 2} {
    bytes[0] = static_cast<std::uint8_t>(whole);
    bytes[1] = static_cast<std::uint8_t>(type);
    put(offset_at, offset);
    put(length_at, length);
  }
  void put(std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
  [[nodiscard]] std::span<const std::uint8_t> body() const { return std::span{bytes}.first(used); }

  std::array<std::uint8_t, with_word - 2> bytes{};
  std::size_t used;
};

constexpr bool inside(std::uint64_t offset, std::uint32_t start, std::uint32_t bytes) {
  return offset >= start && offset - start < bytes;
}

}  // namespace

PciTransport::PciTransport(Model& model, const GuestMem& mem, Bell& bell, IrqSink& pin,
                           std::uint8_t irq_line)
    : core_{model, mem, *this, bell},
      function_{{.vendor = vendor,
                 .device = static_cast<std::uint16_t>(first_device + model.device_id()),
                 .revision = 1,
                 .class_code = class_of(model.device_id()),
                 .subsystem_vendor = vendor,
                 .subsystem = subsystem_device}},
      pin_{function_.add_intx(pin, irq_line)},
      window_{function_} {
  function_.tell_bus_master(bell);
  function_.add_bar({.index = bar, .bytes = layout::bar_bytes, .widest = Width::b4});
  add_capabilities();
  add_rules();
}

void PciTransport::add_capabilities() {
  const auto add = [this](const CapBody& cap) {
    function_.add_capability(pci::CapabilityId::vendor_specific, cap.body());
  };
  add(CapBody{CfgType::common, layout::common, layout::common_bytes});
  add(CapBody{CfgType::isr, layout::isr, layout::isr_bytes});
  add(CapBody{CfgType::device, layout::device, layout::device_bytes});
  CapBody doorbells{CfgType::notify, layout::notify, layout::notify_bytes, CapBody::with_word};
  doorbells.put(CapBody::word_at, layout::notify_off_multiplier);
  add(doorbells);
  const CapBody window{CfgType::pci, 0, 0, CapBody::with_word};
  std::array<std::uint8_t, CapBody::with_word - 2> writable{};
  writable[CapBody::bar_at] = 0xff;
  std::fill(writable.begin() + CapBody::offset_at, writable.end(), std::uint8_t{0xff});
  const std::uint8_t at =
      function_.add_capability(pci::CapabilityId::vendor_specific, window.body(), writable);
  window_.stands_at(at);
  function_.add_window(static_cast<std::uint8_t>(at + CapBody::cap_bytes), window_);
}

void PciTransport::add_rules() {
  rules_.push_back({.first = layout::isr,
                    .last = layout::isr + layout::isr_bytes - 1,
                    .read = Run::in_line,
                    .write = Run::synchronous});
  for (unsigned queue = 0; queue < core_.queues(); ++queue) {
    const std::uint32_t at = layout::doorbell(queue);
    rules_.push_back({.first = at,
                      .last = at + layout::notify_off_multiplier - 1,
                      .read = Run::synchronous,
                      .write = Run::eventfd});
  }
}

std::uint64_t PciTransport::read(Access access) RT {
  if (inside(access.offset, layout::common, layout::common_bytes)) return read_common(access);
  if (inside(access.offset, layout::isr, layout::isr_bytes))
    return access.offset == layout::isr ? read_isr() : 0;
  if (inside(access.offset, layout::device, layout::device_bytes))
    return core_.read_config(access.offset - layout::device, access.width);
  return 0;
}

void PciTransport::write(Access access, std::uint64_t value) RT {
  if (inside(access.offset, layout::common, layout::common_bytes))
    return write_common(access, value);
  if (inside(access.offset, layout::device, layout::device_bytes))
    return core_.write_config(access.offset - layout::device, access.width, value);
  if (inside(access.offset, layout::notify, layout::notify_bytes))
    core_.notify(static_cast<std::uint32_t>(access.offset - layout::notify) /
                 layout::notify_off_multiplier);
}

std::uint64_t PciTransport::read_common(Access access) const RT {
  const pci_common::Register* reg = pci_common::find(access);
  return reg == nullptr ? 0 : pci_common::read(core_, reg->offset);
}

void PciTransport::write_common(Access access, std::uint64_t value) RT {
  const pci_common::Register* reg = pci_common::find(access);
  if (reg == nullptr || !reg->writable) return;
  const std::uint16_t vectors = msix_ == nullptr ? std::uint16_t{0} : msix_->vectors();
  pci_common::write(core_, reg->offset, static_cast<std::uint32_t>(value), vectors);
}

Worked PciTransport::work() RT {
  if (function_.is_bus_master()) [[likely]]
    return core_.work();
  const Worked worked = core_.is_resetting() ? core_.work() : Worked::nothing;
  core_.rest();
  return worked;
}

// --- interrupts: 4.1.5 ---

void PciTransport::queue_interrupt(unsigned queue) RT {
  if (uses_msix()) return msix_->fire(core_.state().queues[queue].vector);
  raise_isr(isr_queue);
}

int PciTransport::queue_event(unsigned queue) RT {
  return uses_msix() ? msix_->event(core_.state().queues[queue].vector) : -1;
}

void PciTransport::config_interrupt() RT {
  if (uses_msix()) return msix_->fire(core_.state().config_vector);
  raise_isr(isr_config);
}

void PciTransport::after_reset() RT { static_cast<void>(read_isr()); }

void PciTransport::raise_isr(std::uint8_t bits) RT {
  isr_.fetch_or(bits, std::memory_order_seq_cst);
  settle_pin();
}

/// 4.1.4.5.1. Any thread.
std::uint8_t PciTransport::read_isr() RT {
  const std::uint8_t bits = isr_.exchange(0, std::memory_order_seq_cst);
  if (bits != 0) settle_pin();
  return bits;
}

void PciTransport::settle_pin() RT {
  pin_.settle([this] { return isr_.load(std::memory_order_seq_cst) != 0; });
}

// --- 4.1.4.9: access to the BARs by configuration space ---

/// Where the capability points to, if that is an access that a driver may make. Another vCPU may
/// write the capability meanwhile: any mixture of its fields is checked like any other.
PciTransport::Window::Target PciTransport::Window::target(VcpuId from) const RT {
  const auto field = [this](std::size_t body_at, Width width) {
    return function_.config().read(capability_ + 2 + body_at, width);
  };
  const std::uint32_t index = field(CapBody::bar_at, Width::b1);
  const std::uint32_t offset = field(CapBody::offset_at, Width::b4);
  const std::uint32_t length = field(CapBody::length_at, Width::b4);
  if (length != 1 && length != 2 && length != 4) return {};
  for (const pci::Bar& candidate : function_.bars()) {
    if (candidate.index != index || candidate.device == nullptr) continue;
    if (!is_aligned(offset, length) || offset >= candidate.bytes) return {};
    return {candidate.device, {offset, static_cast<Width>(length), from}};
  }
  return {};
}

std::uint64_t PciTransport::Window::read(Access access) RT {
  const Target to = target(access.from);
  if (to.device == nullptr) return 0;
  const std::uint64_t value = to.device->read(to.access) & width_mask(to.access.width);
  return value >> (8 * access.offset) & width_mask(access.width);
}

void PciTransport::Window::write(Access access, std::uint64_t value) RT {
  const Target to = target(access.from);
  if (to.device == nullptr) return;
  const std::uint64_t bytes = (value & width_mask(access.width)) << (8 * access.offset);
  to.device->write(to.access, bytes & width_mask(to.access.width));
}

}  // namespace takt::virtio
