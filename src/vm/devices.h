// SPDX-License-Identifier: Apache-2.0
// The board's devices by name: who serves them and how, as the board proposes and the user decides.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "vm/config.h"

namespace takt {

struct DeviceRow {
  std::string_view name;
  std::string_view server;  // "": every access is inline, nobody serves it
  AccessPolicy access = AccessPolicy::lock;
  /// Whether this VM has it; null: always.
  bool (*present)(const VmConfig& config) = nullptr;
};

/// The devices of this architecture's board, config_schema_x86.cpp or _arm64.cpp.
[[nodiscard]] std::span<const DeviceRow> board_devices();

/// Those, and after them the ones that the user has put on the bus (vm/pci_devices.h). A device's
/// DeviceId is its place in it, from 1. The names are the configuration's.
[[nodiscard]] std::vector<DeviceRow> device_rows(const VmConfig& config);

/// The names under which records show devices; "" for no device. They are the configuration's.
class DeviceNames {
 public:
  explicit DeviceNames(const VmConfig& config) : rows_{device_rows(config)} {}
  [[nodiscard]] std::string_view operator()(DeviceId id) const {
    return id.raw() == 0 || id.raw() > rows_.size() ? "" : rows_[id.raw() - 1u].name;
  }

 private:
  std::vector<DeviceRow> rows_;
};
/// The name of one.
[[nodiscard]] std::string_view device_name(const VmConfig& config, DeviceId id);

/// A device of a VM with what is in force for it.
struct DeviceSetting {
  DeviceId id;
  std::string server;
  AccessPolicy access = AccessPolicy::lock;
};

/// `name` is one of device_rows().
[[nodiscard]] DeviceSetting device_setting(const VmConfig& config, std::string_view name);

/// The servers that this VM has: those to which a device is assigned. In the order of the rows.
[[nodiscard]] std::vector<std::string> server_names(const VmConfig& config);

/// Devices that are configured exist, and servers that are placed have a device.
[[nodiscard]] Result<> check_devices(const VmConfig& config);

}  // namespace takt
