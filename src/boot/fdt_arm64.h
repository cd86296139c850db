// SPDX-License-Identifier: Apache-2.0
// The device tree of an arm64 machine, as a flattened tree (Devicetree Specification v0.4, 5) made
// by libfdt. The nodes follow the bindings in Linux Documentation/devicetree/bindings; each node's
// builder names its own. Not described: caches, CPU topology, the GIC's maintenance interrupt (no
// nested virtualisation). Set-up only: plain data in, bytes out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "boot/placement.h"

namespace takt {

/// The PSCI that KVM answers by; the method is always hvc. A 1.0 tree names 0.2 as well.
enum class FdtPsci : std::uint8_t { v0_2, v1_0 };

/// arm,gic-v3.yaml.
struct FdtGicV3 {
  GpaRange distributor;
  std::vector<GpaRange> redistributors;  // at least one
  std::optional<Gpa> its;                // 128 KiB: GITS_CTLR and GITS_TRANSLATER
};

/// arm,gic.yaml, as "arm,cortex-a15-gic".
struct FdtGicV2 {
  GpaRange distributor;
  GpaRange cpu_interface;
  std::optional<Gpa> v2m;  // arm,gic-v2m-frame: 4 KiB
};

/// A device with registers and one level interrupt, active high. KVM's GSI n is SPI n, INTID 32 +
/// n, and n is also the number in the tree.
struct FdtDevice {
  GpaRange registers;
  Gsi irq;
};

/// pl011.yaml, with the fixed 24 MHz clock that all PrimeCells share.
struct FdtPl011 {
  FdtDevice device;
};

/// 8250.yaml, as "ns16550a".
struct FdtNs16550a {
  FdtDevice device;
  std::uint32_t reg_shift = 0;     // registers are 1 << reg_shift bytes apart
  std::uint32_t reg_io_width = 1;  // bytes of an access
  std::uint32_t clock_hz = 1'843'200;
};

/// host-generic-pci.yaml, as "pci-host-ecam-generic": bus 0 alone. MSIs go to the ITS, or to the
/// GICv2's frame, when there is one. Addresses of memory are the same on the bus and for the CPUs.
struct FdtPci {
  Gpa ecam;         // 1 MiB
  Gpa io;           // 64 KiB: I/O addresses 0 to 0xffff
  GpaRange mmio32;  // below 4 GiB
  /// Described as prefetchable: Linux warns of a 64-bit window that is not, and puts the BARs that
  /// are not into the other one.
  std::optional<GpaRange> mmio64 = {};
  Gsi first_irq;  // INTA# of slot n is n above it, level, active high; no device has another pin
};

/// A device of takt's own, which no binding describes: "takt,debug-exit".
struct FdtNode {
  std::string compatible;  // "vendor,device"; the node is called like the part behind the comma
  GpaRange registers;
};

/// chosen.yaml (dt-schema). Bytes of the seeds go into the tree as they are.
struct FdtChosen {
  std::string bootargs;
  GpaRange initrd;  // size 0: there is none
  std::optional<std::array<std::byte, 32>> rng_seed;
  std::optional<std::array<std::byte, 8>> kaslr_seed;
};

struct FdtConfig {
  std::vector<std::uint64_t> cpus;  // MPIDR_EL1 as KVM has set it, the boot CPU first
  std::vector<GpaRange> memory;     // at least one, ascending
  FdtPsci psci = FdtPsci::v1_0;
  bool pmu = false;  // arm,pmuv3 with PPI 7, as the Base System Architecture has it
  std::variant<FdtGicV3, FdtGicV2> gic;
  std::variant<FdtPl011, FdtNs16550a> uart;  // also stdout-path
  std::optional<FdtDevice> pl031;
  std::optional<FdtDevice> pl061;  // its line 3 is the power button: gpio-keys, KEY_POWER
  std::vector<FdtNode> extra;
  FdtChosen chosen;
  std::vector<FdtDevice> virtio_mmio = {};  // virtio/mmio.yaml
  std::optional<FdtPci> pci = {};
};

/// booting.rst, "Setup the device tree".
inline constexpr std::uint64_t fdt_max_bytes = 2_MiB;

/// The tree, without room to grow. An error when it would be larger than fdt_max_bytes, or when a
/// string in it has a zero byte.
[[nodiscard]] Result<std::vector<std::byte>> build_fdt(const FdtConfig& config);

}  // namespace takt
