// SPDX-License-Identifier: Apache-2.0
// What this host's KVM answers when it is asked what it can do, as plain data that can be written
// to a file and read back: `takt check` and its recordings. Set-up only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace takt::kvm {

struct HostFacts {
  std::string problem = {};               // why there is no KVM; "" when there is
  std::map<int, int> capabilities = {};   // KVM_CHECK_EXTENSION of a KVM_CAP number
  std::map<int, bool> device_types = {};  // KVM_DEV_TYPE; empty when no VM could be made

  /// 0 when absent, or never asked for.
  [[nodiscard]] int capability(int number) const;
  /// No value when it could not be asked for.
  [[nodiscard]] std::optional<bool> device(int type) const;
  bool operator==(const HostFacts&) const = default;
};

/// Makes a VM for a moment, to ask for device types.
[[nodiscard]] HostFacts read_host_facts();

/// One fact to a line. Reading passes over lines that it does not know.
[[nodiscard]] std::string to_text(const HostFacts& facts);
[[nodiscard]] HostFacts host_facts_from(std::string_view text);

/// KVM_DEV_TYPE_ARM_VGIC_V5, or -1 when the kernel headers of this build have none.
[[nodiscard]] int vgic_v5_type();

}  // namespace takt::kvm
