// SPDX-License-Identifier: Apache-2.0
#include "vm/devices.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "vm/pci_devices.h"

namespace takt {
namespace {

bool is_present(const DeviceRow& row, const VmConfig& config) {
  return row.present == nullptr || row.present(config);
}

std::vector<std::string_view> served_names(const VmConfig& config) {
  std::vector<std::string_view> names;
  for (const DeviceRow& row : device_rows(config))
    if (is_present(row, config) && !row.server.empty()) names.push_back(row.name);
  return names;
}

std::vector<std::string_view> board_names() {
  std::vector<std::string_view> names;
  for (const DeviceRow& row : board_devices()) names.push_back(row.name);
  return names;
}

Result<> check_server(std::string_view whose, std::string_view name, const VmConfig& config) {
  const auto servers = server_names(config);
  if (std::ranges::find(servers, name) != servers.end()) return {};
  return usage_error(
      fmt::format("{}: no device is assigned to it; servers are {} (device.NAME has server = to "
                  "assign another)",
                  whose, fmt::join(servers, ", ")));
}

}  // namespace

std::vector<DeviceRow> device_rows(const VmConfig& config) {
  const auto board = board_devices();
  std::vector<DeviceRow> rows{board.begin(), board.end()};
  if (count_pci(config) != 0)
    rows.push_back({.name = "pci", .server = "pci", .access = AccessPolicy::server});
  for (const PciDevice& device : pci_devices(config))
    rows.push_back({.name = device.name, .server = device.server, .access = AccessPolicy::server});
  return rows;
}

std::string_view device_name(const VmConfig& config, DeviceId id) {
  return DeviceNames{config}(id);
}

DeviceSetting device_setting(const VmConfig& config, std::string_view name) {
  const auto rows = device_rows(config);
  const auto row = std::ranges::find(rows, name, &DeviceRow::name);
  DeviceSetting setting{.id = DeviceId{static_cast<std::uint16_t>(row - rows.begin() + 1)},
                        .server = std::string{row->server},
                        .access = row->access};
  const auto wanted = config.devices.find(std::string{name});
  if (wanted == config.devices.end()) return setting;
  if (wanted->second.server) setting.server = *wanted->second.server;
  if (wanted->second.access) setting.access = *wanted->second.access;
  return setting;
}

std::vector<std::string> server_names(const VmConfig& config) {
  std::vector<std::string> names;
  for (const std::string_view device : served_names(config)) {
    const std::string server = device_setting(config, device).server;
    if (std::ranges::find(names, server) == names.end()) names.push_back(server);
  }
  return names;
}

namespace {

Result<> check_names(const VmConfig& config) {
  const auto rows = device_rows(config);
  for (auto row = rows.begin(); row != rows.end(); ++row)
    if (std::find_if(std::next(row), rows.end(),
                     [&](const DeviceRow& other) { return other.name == row->name; }) != rows.end())
      return usage_error(fmt::format(
          "device {}: two devices have this name (the machine's own are {}); give another",
          row->name, fmt::join(board_names(), ", ")));
  if (const auto count = count_pci(config); count > most_pci_devices)
    return usage_error(
        fmt::format("{} devices on the PCI bus: it has room for {}", count, most_pci_devices));
  if (const auto count = count_mmio(config); count > most_mmio_devices)
    return usage_error(fmt::format("{} devices with virtio = mmio: there is room for {}", count,
                                   most_mmio_devices));
  return {};
}

}  // namespace

Result<> check_devices(const VmConfig& config) {
  TRY_VOID(check_names(config));
  TRY_VOID(check_pci_config(config));
  const auto devices = served_names(config);
  for (const auto& [name, _] : config.devices)
    if (std::ranges::find(devices, name) == devices.end())
      return usage_error(fmt::format("device {}: this VM has no such device; it has {}", name,
                                     fmt::join(devices, ", ")));
  for (const auto& [name, _] : config.servers)
    TRY_VOID(check_server(fmt::format("server {}", name), name, config));
  for (const auto& [name, _] : config.budget.server_job_us)
    TRY_VOID(check_server(fmt::format("budget {}.job_us", name), name, config));
  return {};
}

}  // namespace takt
