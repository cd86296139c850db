// SPDX-License-Identifier: Apache-2.0
#include "virtio/mmio_transport.h"

#include <array>

#include "base/bits.h"

namespace takt::virtio {
namespace {

enum Offset : std::uint16_t {
  magic_value = 0x000,
  version = 0x004,
  device_id = 0x008,
  vendor_id = 0x00c,
  device_features = 0x010,
  device_features_sel = 0x014,
  driver_features = 0x020,
  driver_features_sel = 0x024,
  queue_sel = 0x030,
  queue_num_max = 0x034,
  queue_num = 0x038,
  queue_ready = 0x044,
  queue_notify = 0x050,
  interrupt_status = 0x060,
  interrupt_ack = 0x064,
  device_status = 0x070,
  queue_desc_low = 0x080,
  queue_desc_high = 0x084,
  queue_driver_low = 0x090,
  queue_driver_high = 0x094,
  queue_device_low = 0x0a0,
  queue_device_high = 0x0a4,
  shm_len_low = 0x0b0,
  shm_base_high = 0x0bc,
  queue_reset = 0x0c0,
  config_generation = 0x0fc,
  config = 0x100,
};

constexpr std::uint32_t magic = 0x74726976;   // "virt"
constexpr std::uint32_t vendor = 0x746b6174;  // "takt"

}  // namespace

MmioTransport::MmioTransport(Model& model, const GuestMem& mem, Bell& bell, IrqSink& line)
    : core_{model, mem, *this, bell}, line_{line} {}

AccessRules MmioTransport::rules() const {
  static constexpr std::array<AccessRule, 4> rules{{
      {.first = magic_value, .last = vendor_id + 3, .read = Run::in_line},
      {.first = queue_notify, .last = queue_notify + 3, .write = Run::eventfd},
      {.first = interrupt_status, .last = interrupt_status + 3, .read = Run::in_line},
      {.first = interrupt_ack, .last = interrupt_ack + 3, .write = Run::in_line},
  }};
  return AccessRules{rules};
}

std::uint64_t MmioTransport::read(Access access) RT {
  if (access.offset >= config) return core_.read_config(access.offset - config, access.width);
  return access.width == Width::b4 ? read_register(access.offset) : 0;
}

void MmioTransport::write(Access access, std::uint64_t value) RT {
  if (access.offset >= config)
    return core_.write_config(access.offset - config, access.width, value);
  // A doorbell by way of the kernel has any width.
  if (access.width == Width::b4 || access.offset == queue_notify)
    write_register(access.offset, static_cast<std::uint32_t>(value));
}

std::uint32_t MmioTransport::read_register(std::uint64_t offset) const RT {
  const Core::Queue* queue = core_.selected();
  switch (offset) {
    case magic_value: return magic;
    case version: return 2;
    case device_id: return core_.model().device_id();
    case vendor_id: return vendor;
    case device_features: return core_.device_features();
    case queue_num_max: return core_.largest_size();
    case queue_ready: return queue != nullptr && queue->enabled ? 1 : 0;
    case interrupt_status: return status_.load(std::memory_order_seq_cst);
    case device_status: return core_.read_status();
    case queue_reset: return queue != nullptr && queue->resetting ? 1 : 0;
    case config_generation: return core_.state().config_generation;
    default: return offset >= shm_len_low && offset <= shm_base_high ? ~0u : 0;
  }
}

void MmioTransport::write_register(std::uint64_t offset, std::uint32_t value) RT {
  switch (offset) {
    case device_features_sel: return core_.select_device_features(value);
    case driver_features: return core_.write_driver_features(value);
    case driver_features_sel: return core_.select_driver_features(value);
    case queue_sel: return core_.select_queue(value > 0xffff ? 0xffff : value & 0xffff);
    case queue_num: return core_.write_queue_size(value > 0xffff ? 0 : value & 0xffff);
    case queue_ready: return write_ready(value);
    case queue_notify: return core_.notify_all();
    case interrupt_ack: return acknowledge(value);
    case device_status: return core_.write_status(static_cast<std::uint8_t>(value));
    case queue_desc_low: return core_.write_queue_address_low(Core::Ring::desc, value);
    case queue_desc_high: return core_.write_queue_address_high(Core::Ring::desc, value);
    case queue_driver_low: return core_.write_queue_address_low(Core::Ring::driver, value);
    case queue_driver_high: return core_.write_queue_address_high(Core::Ring::driver, value);
    case queue_device_low: return core_.write_queue_address_low(Core::Ring::device, value);
    case queue_device_high: return core_.write_queue_address_high(Core::Ring::device, value);
    case queue_reset: return write_reset(value);
    default: return;
  }
}

/// 4.2.2.2: a driver that writes 0 reads it until it is 0, whatever was negotiated.
void MmioTransport::write_ready(std::uint32_t value) RT {
  if (value == 1) core_.enable_queue();
  if (value == 0) core_.reset_queue();
}

void MmioTransport::write_reset(std::uint32_t value) RT {
  if (value == 1 && (core_.state().driver_features & feature::ring_reset) != 0) core_.reset_queue();
}

void MmioTransport::raise(std::uint32_t bits) RT {
  status_.fetch_or(bits, std::memory_order_seq_cst);
  settle_line();
}

/// Any thread.
void MmioTransport::acknowledge(std::uint32_t bits) RT {
  status_.fetch_and(~bits, std::memory_order_seq_cst);
  settle_line();
}

void MmioTransport::settle_line() RT {
  line_.settle([this] { return status_.load(std::memory_order_seq_cst) != 0; });
}

}  // namespace takt::virtio
