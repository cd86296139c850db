// SPDX-License-Identifier: Apache-2.0
#include "check/vfio_device.h"

#include <fmt/format.h>

#include <algorithm>

namespace takt::check {
namespace {

constexpr std::size_t config_bytes = 256;
constexpr std::string_view vfio_driver = "sys/bus/pci/drivers/vfio-pci";

bool is_bridge(const HostFiles& files, const std::string& address) {
  const auto cls = files.line(fmt::format("sys/bus/pci/devices/{}/class", address));
  return cls && cls->starts_with("0x06");
}

VfioDevice look_at(const HostFiles& files, const std::string& address,
                   const std::vector<std::string>& bound) {
  VfioDevice device{.address = address, .msi = false, .msix = false, .problem = {}, .company = {}};
  const std::string directory = fmt::format("sys/bus/pci/devices/{}", address);
  if (const auto config = files.read(directory + "/config", config_bytes)) {
    const MsiSupport support = msi_support(*config);
    device.msi = support.msi;
    device.msix = support.msix;
    if (config->size() < config_bytes) device.problem = directory + "/config: needs root";
  } else {
    device.problem = config.error().text;
  }
  if (const auto group = files.list(directory + "/iommu_group/devices"))
    for (const auto& other : *group)
      if (std::ranges::find(bound, other) == bound.end() && !is_bridge(files, other))
        device.company.push_back(other);
  return device;
}

}  // namespace

MsiSupport msi_support(std::string_view config) {
  constexpr std::size_t first_capability = 0x40, status = 6, pointer = 0x34;
  constexpr unsigned id_msi = 0x05, id_msix = 0x11;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(config[at]); };
  MsiSupport support;
  if (config.size() < first_capability || (byte(status) & 0x10) == 0) return support;
  std::size_t at = byte(pointer) & 0xfcu;
  for (int bound = 0; bound < 48 && at >= first_capability && at + 1 < config.size(); ++bound) {
    support.msi |= byte(at) == id_msi;
    support.msix |= byte(at) == id_msix;
    at = byte(at + 1) & 0xfcu;
  }
  return support;
}

std::vector<VfioDevice> vfio_devices(const HostFiles& files) {
  std::vector<std::string> bound;
  if (const auto names = files.list(vfio_driver))
    for (const auto& name : *names)
      if (std::ranges::count(name, ':') == 2) bound.push_back(name);
  std::vector<VfioDevice> devices;
  for (const auto& address : bound) devices.push_back(look_at(files, address, bound));
  return devices;
}

}  // namespace takt::check
