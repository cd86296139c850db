// SPDX-License-Identifier: Apache-2.0
// How accesses to a device's registers run: said by the model, register by register, beside the
// registers themselves; obeyed by what stands before the model on the bus.
#pragma once

#include <cstdint>
#include <span>

#include "base/rt.h"

namespace takt {

enum class Run : std::uint8_t {
  /// On the vCPU's thread without any lock: the model does nothing but atomics there.
  in_line,
  /// A write that the vCPU does not wait for. Under policy A it is the same as synchronous.
  posted,
  /// The vCPU goes on when it is done: a read, or a write whose effect must be there at once.
  synchronous,
  /// A write of any value that never leaves the kernel: a doorbell (KVM_IOEVENTFD). The model's
  /// write() is called on its server, with 0 for a value, once for any number of rings.
  eventfd,
};

/// Registers at the offsets [first, last]. An access that is not inside one rule is synchronous.
struct AccessRule {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  Run read = Run::synchronous;
  Run write = Run::synchronous;
};

/// A model's rules: few, so that a look at each is quicker than a search.
class AccessRules {
 public:
  AccessRules() = default;
  constexpr explicit AccessRules(std::span<const AccessRule> rules) : rules_{rules} {}

  /// For an access to [offset, offset + bytes).
  [[nodiscard]] Run read(std::uint64_t offset, std::uint64_t bytes) const RT {
    const AccessRule* rule = find(offset, bytes);
    return rule == nullptr ? Run::synchronous : rule->read;
  }
  [[nodiscard]] Run write(std::uint64_t offset, std::uint64_t bytes) const RT {
    const AccessRule* rule = find(offset, bytes);
    return rule == nullptr ? Run::synchronous : rule->write;
  }

  [[nodiscard]] std::span<const AccessRule> all() const { return rules_; }

 private:
  [[nodiscard]] const AccessRule* find(std::uint64_t offset, std::uint64_t bytes) const RT {
    for (const AccessRule& rule : rules_)
      if (offset >= rule.first && offset <= rule.last && rule.last - offset >= bytes - 1)
        return &rule;
    return nullptr;
  }

  std::span<const AccessRule> rules_;
};

}  // namespace takt
