// SPDX-License-Identifier: Apache-2.0
#include "check/posting_x86.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "host/linux_host.h"
#include "host/x86_host.h"

namespace takt::check {
namespace {

/// A register that a file of an IOMMU's shows in hexadecimal.
std::optional<std::uint64_t> iommu_register(const HostFiles& files, const std::string& unit,
                                            std::string_view file) {
  const auto text = files.line(fmt::format("sys/class/iommu/{}/{}", unit, file));
  if (!text) return std::nullopt;
  std::uint64_t value = 0;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, value, 16);
  if (error != std::errc{} || stop == text->data()) return std::nullopt;
  return value;
}

}  // namespace

Posting device_posting(const Host& host) {
  const std::string intremap = linux_host::kernel_parameter(host.files, "intremap");
  if (intremap.contains("nopost") || intremap.contains("off"))
    return {.known = true, .why = "intremap=" + intremap};
  const auto units = host.files.list("sys/class/iommu");
  if (!units) return {.why = units.error().text};
  if (units->empty()) return {.known = true, .why = "no IOMMU"};
  constexpr std::uint64_t intel_cap_pi = 1ull << 59;  // VT-d, capability register, PI
  constexpr std::uint64_t amd_efr_ga = 1ull << 7;     // AMD IOMMU, extended features, GASup
  bool told = false;
  for (const auto& unit : *units) {
    if (const auto cap = iommu_register(host.files, unit, "intel-iommu/cap")) {
      told = true;
      if ((*cap & intel_cap_pi) == 0) return {.known = true, .why = unit + " cannot (CAP.PI)"};
    }
    if (const auto efr = iommu_register(host.files, unit, "amd-iommu/features")) {
      if ((*efr & amd_efr_ga) == 0)
        return {.known = true, .amd = true, .why = unit + " cannot (GASup)"};
      if (!x86_host::has_apicv(host.files))
        return {.known = true, .amd = true, .why = "AVIC is off"};
      return {.known = true, .on = true, .amd = true, .why = unit + " has GASup"};
    }
  }
  if (!told) return {.why = units->front() + " tells neither CAP nor features"};
  if (!x86_host::has_apicv(host.files)) return {.known = true, .why = "APICv is off"};
  for (const char* module : {"kvm_intel", "kvm_amd", "kvm"})
    if (const auto on = host.files.line(
            fmt::format("sys/module/{}/parameters/enable_device_posted_irqs", module)))
      if (*on == "N" || *on == "0") return {.known = true, .why = "enable_device_posted_irqs=N"};
  return {.known = true, .on = true, .why = units->front() + " has CAP.PI"};
}

}  // namespace takt::check
