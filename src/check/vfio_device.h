// SPDX-License-Identifier: Apache-2.0
// Devices that are bound to vfio-pci, and the others of their IOMMU groups.
#pragma once

#include <string>
#include <vector>

#include "host/host_files.h"

namespace takt::check {

struct VfioDevice {
  std::string address;               // 0000:01:00.0
  bool msi = false, msix = false;    // has the capability
  std::string problem;               // why its configuration space could not be read
  std::vector<std::string> company;  // of the same group, driven by the host
};

[[nodiscard]] std::vector<VfioDevice> vfio_devices(const HostFiles& files);

/// Walks the list of capabilities (PCI local bus 3.0, 6.7); bounded, whatever the bytes say.
struct MsiSupport {
  bool msi = false, msix = false;
};
[[nodiscard]] MsiSupport msi_support(std::string_view config_space);

}  // namespace takt::check
