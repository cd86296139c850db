// SPDX-License-Identifier: Apache-2.0
#include "vm/devices.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace takt {
namespace {

bool is_present(const DeviceRow& row, const VmConfig& config) {
  return row.present == nullptr || row.present(config);
}

std::vector<std::string_view> served_names(const VmConfig& config) {
  std::vector<std::string_view> names;
  for (const DeviceRow& row : device_rows())
    if (is_present(row, config) && !row.server.empty()) names.push_back(row.name);
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

std::string_view device_name(DeviceId id) {
  const auto rows = device_rows();
  return id.raw() == 0 || id.raw() > rows.size() ? "" : rows[id.raw() - 1u].name;
}

DeviceSetting device_setting(const VmConfig& config, std::string_view name) {
  const auto rows = device_rows();
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

Result<> check_devices(const VmConfig& config) {
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
