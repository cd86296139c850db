// SPDX-License-Identifier: Apache-2.0
#include "host/x86_host.h"

#include <fmt/format.h>

#include <algorithm>

namespace takt::x86_host {

std::string cpu_flags(const HostFiles& host, std::string_view key) {
  const auto text = host.read("proc/cpuinfo");
  if (!text) return "";
  for (const std::string_view line : lines_of(*text)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || trimmed(line.substr(0, colon)) != key) continue;
    return fmt::format(" {} ", trimmed(line.substr(colon + 1)));
  }
  return "";
}

bool tsc_is_invariant(const HostFiles& host) {
  const std::string flags = cpu_flags(host);
  return flags.contains(" constant_tsc ") &&
         (flags.contains(" nonstop_tsc ") || flags.contains(" tsc_reliable "));
}

bool module_switch(const HostFiles& host, std::string_view file) {
  const auto value = host.line(fmt::format("sys/module/{}", file));
  return value && (*value == "Y" || *value == "1");
}

bool has_apicv(const HostFiles& host) {
  return module_switch(host, "kvm_intel/parameters/enable_apicv") ||
         module_switch(host, "kvm_amd/parameters/avic");
}

bool has_mwait(std::span<const CpuidLeaf> cpuid) {
  constexpr std::uint32_t ecx_monitor = 1u << 3;
  const CpuidLeaf* leaf = find_leaf(cpuid, 1);
  return leaf != nullptr && (leaf->ecx & ecx_monitor) != 0;
}

}  // namespace takt::x86_host
