// SPDX-License-Identifier: Apache-2.0
// struct virtio_pci_common_cfg over a Core. virtio 1.2, 4.1.4.3.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/units.h"
#include "bus/device.h"
#include "virtio/core.h"

namespace takt::virtio::pci_common {

enum Offset : std::uint8_t {
  device_feature_select = 0x00,
  device_feature = 0x04,
  driver_feature_select = 0x08,
  driver_feature = 0x0c,
  config_msix_vector = 0x10,
  num_queues = 0x12,
  device_status = 0x14,
  config_generation = 0x15,
  queue_select = 0x16,
  queue_size = 0x18,
  queue_msix_vector = 0x1a,
  queue_enable = 0x1c,
  queue_notify_off = 0x1e,
  queue_desc = 0x20,
  queue_desc_high = 0x24,
  queue_driver = 0x28,
  queue_driver_high = 0x2c,
  queue_device = 0x30,
  queue_device_high = 0x34,
  queue_notify_data = 0x38,
  queue_reset = 0x3a,
};

struct Register {
  Offset offset{};
  Width width = Width::b4;
  std::string_view name;
  bool writable = false;
};

/// An access that is not one of these, by offset and width, reads as 0 and writes nothing: a driver
/// makes no other (4.1.3.1), and takes 64-bit fields as two halves.
inline constexpr std::array<Register, 21> registers{{
    {device_feature_select, Width::b4, "device_feature_select", true},
    {device_feature, Width::b4, "device_feature", false},
    {driver_feature_select, Width::b4, "driver_feature_select", true},
    {driver_feature, Width::b4, "driver_feature", true},
    {config_msix_vector, Width::b2, "config_msix_vector", true},
    {num_queues, Width::b2, "num_queues", false},
    {device_status, Width::b1, "device_status", true},
    {config_generation, Width::b1, "config_generation", false},
    {queue_select, Width::b2, "queue_select", true},
    {queue_size, Width::b2, "queue_size", true},
    {queue_msix_vector, Width::b2, "queue_msix_vector", true},
    {queue_enable, Width::b2, "queue_enable", true},
    {queue_notify_off, Width::b2, "queue_notify_off", false},
    {queue_desc, Width::b4, "queue_desc", true},
    {queue_desc_high, Width::b4, "queue_desc_high", true},
    {queue_driver, Width::b4, "queue_driver", true},
    {queue_driver_high, Width::b4, "queue_driver_high", true},
    {queue_device, Width::b4, "queue_device", true},
    {queue_device_high, Width::b4, "queue_device_high", true},
    {queue_notify_data, Width::b2, "queue_notify_data", false},
    {queue_reset, Width::b2, "queue_reset", true},
}};

/// Null when it is none of them.
[[nodiscard]] const Register* find(Access access) RT;
[[nodiscard]] std::uint32_t read(const Core& core, Offset offset) RT;
/// `vectors`: of the MSI-X table, 0 without one. A number beyond it is as good as no vector, and
/// reads back as that (4.1.5.1.2).
void write(Core& core, Offset offset, std::uint32_t value, std::uint16_t vectors) RT;

}  // namespace takt::virtio::pci_common
