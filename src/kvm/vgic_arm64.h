// SPDX-License-Identifier: Apache-2.0
// KVM's virtual interrupt controller on arm64 (Linux, virt/kvm/devices/arm-vgic-v3.rst,
// arm-vgic.rst, arm-vgic-its.rst). Set-up only; interrupts go in by VmFd::set_irq_line().
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "base/units.h"
#include "kvm/vm_fd.h"

namespace takt::kvm {

enum class GicVersion : std::uint8_t { v2, v3 };

/// A piece of address space with the redistributors of `count` vCPUs, 128 KiB each.
struct RedistributorRegion {
  Gpa base;
  std::uint32_t count = 0;
};

/// Where the guest finds the parts; those of the other version are not looked at.
struct GicLayout {
  Gpa distributor;
  std::span<const RedistributorRegion> redistributors;  // v3
  Gpa its;                                              // v3
  Gpa cpu_interface;                                    // v2
};

inline constexpr std::uint64_t redistributor_bytes = 128 << 10;
inline constexpr std::uint32_t gicv2_most_cpus = 8;
inline constexpr std::uint32_t gic_interrupts = 256;  // 32 private ones and 224 shared (SPIs)

/// What this host's KVM can give a guest.
struct GicOffer {
  bool v2 = false;
  bool v3 = false;
  bool its = false;
  bool v5 = false;
  bool v5_known = false;  // the kernel headers that takt was built with have GICv5
};
[[nodiscard]] GicOffer gic_offer(const VmFd& vm);

/// The GSI by which VmFd::set_irq_line() names shared peripheral interrupt `spi` (0: INTID 32).
[[nodiscard]] constexpr Gsi spi_gsi(std::uint32_t spi) {
  constexpr std::uint32_t shared = 1u << 24;  // KVM_ARM_IRQ_TYPE_SPI; api.rst 4.25
  return Gsi{shared | (32 + spi)};
}

class Vgic {
 public:
  /// Makes and initialises it. After all vCPUs have been created and initialised.
  static Result<Vgic> create(const VmFd& vm, GicVersion version, bool with_its,
                             const GicLayout& layout);
  Vgic() = default;

  [[nodiscard]] bool has_its() const { return static_cast<bool>(its_); }

 private:
  Fd gic_;
  Fd its_;
};

}  // namespace takt::kvm
