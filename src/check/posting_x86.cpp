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

/// Whether each unit that tells its registers is able to; `known` is false when none tells.
Posting what_units_can(const HostFiles& files, const std::vector<std::string>& units) {
  constexpr std::uint64_t intel_cap_pi = 1ull << 59;  // VT-d, capability register, PI
  constexpr std::uint64_t amd_efr_ga = 1ull << 7;     // AMD IOMMU, extended features, GASup
  Posting found{.why = units.front() + " tells neither CAP nor features"};
  for (const auto& unit : units) {
    const auto cap = iommu_register(files, unit, "intel-iommu/cap");
    const auto efr = iommu_register(files, unit, "amd-iommu/features");
    if (!cap && !efr) continue;
    const bool can = cap ? (*cap & intel_cap_pi) != 0 : (*efr & amd_efr_ga) != 0;
    const std::string_view bit = cap ? "CAP.PI" : "GASup";
    found = {.known = true,
             .on = can,
             .amd = !cap,
             .why = fmt::format("{} {} {}", unit, can ? "has" : "lacks", bit)};
    if (!can) break;
  }
  return found;
}

/// KVM posts only with APIC virtualization, and when its parameter does not forbid it (Linux 6.17).
void deny_by_kvm(const HostFiles& files, Posting& posting) {
  if (!x86_host::has_apicv(files)) {
    posting.on = false;
    posting.why = posting.amd ? "AVIC is off" : "APICv is off";
  }
  for (const char* module : {"kvm_intel", "kvm_amd", "kvm"})
    if (const auto on =
            files.line(fmt::format("sys/module/{}/parameters/enable_device_posted_irqs", module));
        on && (*on == "N" || *on == "0")) {
      posting.on = false;
      posting.why = "enable_device_posted_irqs=N";
    }
}

}  // namespace

Posting device_posting(const Host& host) {
  const std::string intremap = linux_host::kernel_parameter(host.files, "intremap");
  if (intremap.contains("nopost") || intremap.contains("off"))
    return {.known = true, .why = "intremap=" + intremap};
  const auto units = host.files.list("sys/class/iommu");
  if (!units) return {.why = units.error().text};
  if (units->empty()) return {.known = true, .why = "no IOMMU"};
  Posting posting = what_units_can(host.files, *units);
  if (posting.on) deny_by_kvm(host.files, posting);
  return posting;
}

}  // namespace takt::check
