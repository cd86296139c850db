// SPDX-License-Identifier: Apache-2.0
#include "virtio/pci_common.h"

#include <algorithm>

namespace takt::virtio::pci_common {
namespace {

constexpr std::uint32_t low(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
constexpr std::uint32_t high(std::uint64_t value) {
  return static_cast<std::uint32_t>(value >> 32);
}

std::uint16_t valid(std::uint32_t vector, std::uint16_t vectors) RT {
  return vector < vectors ? static_cast<std::uint16_t>(vector) : Core::no_vector;
}

std::uint32_t read_queue(const Core& core, Offset offset) RT {
  const Core::Queue* queue = core.selected();
  if (queue == nullptr) return offset == queue_msix_vector ? Core::no_vector : 0;
  switch (offset) {
    case queue_size: return queue->size;
    case queue_msix_vector: return queue->vector;
    case queue_enable: return queue->enabled ? 1 : 0;
    case queue_notify_off: return core.state().queue_select;
    case queue_desc: return low(queue->desc);
    case queue_desc_high: return high(queue->desc);
    case queue_driver: return low(queue->driver);
    case queue_driver_high: return high(queue->driver);
    case queue_device: return low(queue->device);
    case queue_device_high: return high(queue->device);
    case queue_reset: return queue->resetting ? 1 : 0;
    default: return 0;
  }
}

/// 4.1.4.3.2: only 1 is written to these, and queue_reset only when RING_RESET was negotiated.
void write_reset(Core& core, std::uint32_t value) RT {
  if (value == 1 && (core.state().driver_features & feature::ring_reset) != 0) core.reset_queue();
}

}  // namespace

const Register* find(Access access) RT {
  const auto* found = std::ranges::find_if(registers, [&](const Register& r) {
    return r.offset == access.offset && r.width == access.width;
  });
  return found == registers.end() ? nullptr : found;
}

std::uint32_t read(const Core& core, Offset offset) RT {
  const Core::State& s = core.state();
  switch (offset) {
    case device_feature_select: return s.device_feature_select;
    case device_feature: return core.device_features();
    case driver_feature_select: return s.driver_feature_select;
    case driver_feature: return core.driver_features();
    case config_msix_vector: return s.config_vector;
    case num_queues: return core.queues();
    case device_status: return core.read_status();
    case config_generation: return s.config_generation & 0xff;
    case queue_select: return s.queue_select;
    default: return read_queue(core, offset);
  }
}

void write(Core& core, Offset offset, std::uint32_t value, std::uint16_t vectors) RT {
  switch (offset) {
    case device_feature_select: return core.select_device_features(value);
    case driver_feature_select: return core.select_driver_features(value);
    case driver_feature: return core.write_driver_features(value);
    case config_msix_vector: return core.write_config_vector(valid(value, vectors));
    case device_status: return core.write_status(static_cast<std::uint8_t>(value));
    case queue_select: return core.select_queue(static_cast<std::uint16_t>(value));
    case queue_size: return core.write_queue_size(static_cast<std::uint16_t>(value));
    case queue_msix_vector: return core.write_queue_vector(valid(value, vectors));
    case queue_enable: return value == 1 ? core.enable_queue() : void();
    case queue_desc: return core.write_queue_address_low(Core::Ring::desc, value);
    case queue_desc_high: return core.write_queue_address_high(Core::Ring::desc, value);
    case queue_driver: return core.write_queue_address_low(Core::Ring::driver, value);
    case queue_driver_high: return core.write_queue_address_high(Core::Ring::driver, value);
    case queue_device: return core.write_queue_address_low(Core::Ring::device, value);
    case queue_device_high: return core.write_queue_address_high(Core::Ring::device, value);
    case queue_reset: return write_reset(core, value);
    default: return;
  }
}

}  // namespace takt::virtio::pci_common
