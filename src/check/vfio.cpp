// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>

#include "check/topic.h"
#include "check/vfio_device.h"
#include "host/x86_host.h"

namespace takt::check {
namespace {

constexpr Item iommu{"iommu", "a device can be assigned only behind an IOMMU",
                     "VT-d or AMD-Vi or SMMU on in the firmware; intel_iommu=on iommu=pt at boot"};
constexpr Item remapping{"interrupt-remapping",
                         "without it an assigned device can raise any interrupt of the host",
                         "allow_unsafe_interrupts=0; boot without intremap=off"};
constexpr Item iommufd{"iommufd", "the current way to assign devices; the groups are the old one",
                       "modprobe iommufd (CONFIG_IOMMUFD)"};
constexpr Item drivers{"vfio-devices", "a device is assigned when vfio-pci drives it",
                       "driverctl set-override ADDRESS vfio-pci"};
constexpr Item groups{"iommu-groups", "devices of one group are assigned together, or not at all",
                      "unbind the others from their drivers, or use another slot"};
constexpr Item msi{"vfio-msi", "only an MSI can be posted: a level interrupt is several exits",
                   "a device with MSI or MSI-X"};

void add_remapping(Topic& topic) {
  static constexpr std::array modules{"vfio_iommu_type1", "iommufd"};
  std::vector<std::string> unsafe;
  bool seen = false;
  for (const char* module : modules) {
    const std::string file = fmt::format("{}/parameters/allow_unsafe_interrupts", module);
    seen |= topic.files.exists("sys/module/" + file);
    if (x86_host::module_switch(topic.files, file)) unsafe.emplace_back(module);
  }
  if (!seen) return topic.na(remapping, "neither vfio_iommu_type1 nor iommufd is loaded");
  topic.judge(remapping, unsafe.empty(), Verdict::fail,
              unsafe.empty() ? "required" : "not required by " + some_of(unsafe));
}

void add_devices(Topic& topic) {
  const auto devices = vfio_devices(topic.files);
  if (devices.empty()) {
    for (const Item* item : {&drivers, &groups, &msi}) topic.na(*item, "vfio-pci drives no device");
    return;
  }
  std::vector<std::string> names, mixed, lacking, unknown;
  for (const VfioDevice& device : devices) {
    names.push_back(device.address);
    if (!device.company.empty())
      mixed.push_back(fmt::format("{} with {}", device.address, some_of(device.company)));
    if (device.msi || device.msix) continue;
    (device.problem.empty() ? lacking : unknown)
        .push_back(device.problem.empty() ? device.address : device.problem);
  }
  topic.pass(drivers, some_of(names));
  topic.judge(groups, mixed.empty(), Verdict::fail, mixed.empty() ? "each alone" : some_of(mixed));
  if (lacking.empty() && !unknown.empty()) return topic.na(msi, some_of(unknown));
  topic.judge(msi, lacking.empty(), Verdict::warn,
              lacking.empty() ? "all have MSI or MSI-X" : "none: " + some_of(lacking));
}

}  // namespace

std::vector<Row> vfio_rows(const Host& host, const Target& target) {
  Topic topic{"assigned devices", host, target};
  if (const auto units = host.files.list("sys/class/iommu")) {
    topic.judge(iommu, !units->empty(), Verdict::warn, units->empty() ? "none" : some_of(*units));
  } else {
    topic.na(iommu, units.error().text);
  }
  add_remapping(topic);
  const bool device = host.files.exists("dev/iommu");
  topic.judge(iommufd, device, Verdict::warn, device ? "/dev/iommu" : "no /dev/iommu");
  add_devices(topic);
  return std::move(topic).rows();
}

}  // namespace takt::check
