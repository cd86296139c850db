// SPDX-License-Identifier: Apache-2.0
#include "boot/fdt_arm64.h"

#include "boot/fdt_parts_arm64.h"
#include "boot/fdt_writer.h"

namespace takt {
namespace {

using namespace fdt;

/// MPIDR_EL1 (Arm DDI 0487, D19.2.100): Aff3 and Aff2..Aff0, which arm/cpus.yaml wants and no more.
constexpr std::uint64_t affinity = 0xff'00ff'ffff;

/// Everything in the root that is no node. linux,dummy-virt is the board of all VMMs.
void add_root_properties(FdtWriter& fdt) {
  fdt.text("compatible", "linux,dummy-virt");
  fdt.text("model", "takt");
  fdt.u32("#address-cells", 2);
  fdt.u32("#size-cells", 2);
  fdt.u32("interrupt-parent", FdtWriter::ref(gic_phandle));
  fdt.flag("dma-coherent");
}

/// chosen.yaml (dt-schema); kaslr-seed and rng-seed are wiped by the guest.
void add_chosen(FdtWriter& fdt, const FdtConfig& config) {
  const FdtChosen& chosen = config.chosen;
  const auto node = fdt.node("chosen");
  fdt.text("bootargs", chosen.bootargs);
  fdt.text("stdout-path", uart_path(config));
  if (chosen.initrd.size != 0) {
    fdt.u64("linux,initrd-start", chosen.initrd.start.raw());
    fdt.u64("linux,initrd-end", chosen.initrd.end().raw());
  }
  if (chosen.kaslr_seed) fdt.bytes("kaslr-seed", *chosen.kaslr_seed);
  if (chosen.rng_seed) fdt.bytes("rng-seed", *chosen.rng_seed);
}

void add_aliases(FdtWriter& fdt, const FdtConfig& config) {
  const auto node = fdt.node("aliases");
  fdt.text("serial0", uart_path(config));
}

/// Devicetree Specification, 3.4 "/memory node": one for each region.
void add_memory(FdtWriter& fdt, std::span<const GpaRange> memory) {
  for (const GpaRange& range : memory) {
    const auto node = fdt.node("memory", range.start.raw());
    fdt.text("device_type", "memory");
    fdt.reg(range);
  }
}

/// arm/cpus.yaml; #address-cells is 2 so that Aff3 has a cell.
void add_cpus(FdtWriter& fdt, std::span<const std::uint64_t> cpus) {
  const auto node = fdt.node("cpus");
  fdt.u32("#address-cells", 2);
  fdt.u32("#size-cells", 0);
  for (const std::uint64_t mpidr : cpus) {
    const auto cpu = fdt.node("cpu", mpidr & affinity);
    fdt.text("device_type", "cpu");
    fdt.text("compatible", "arm,armv8");
    fdt.text("enable-method", "psci");
    fdt.u64("reg", mpidr & affinity);
  }
}

/// arm/psci.yaml
void add_psci(FdtWriter& fdt, FdtPsci version) {
  const auto node = fdt.node("psci");
  if (version == FdtPsci::v1_0)
    fdt.texts("compatible", {"arm,psci-1.0", "arm,psci-0.2"});
  else
    fdt.text("compatible", "arm,psci-0.2");
  fdt.text("method", "hvc");
}

/// timer/arm,arch_timer.yaml: secure, non-secure, virtual and hypervisor timer, as PPI numbers.
/// always-on: the timers go on while a vCPU sleeps, KVM sees to that.
void add_timer(FdtWriter& fdt, const FdtConfig& config) {
  const std::uint32_t level = irq_level_low | ppi_cpu_mask(config);
  const auto node = fdt.node("timer");
  fdt.text("compatible", "arm,armv8-timer");
  fdt.cells("interrupts",
            {irq_ppi, 13, level, irq_ppi, 14, level, irq_ppi, 11, level, irq_ppi, 10, level});
  fdt.flag("always-on");
}

/// arm/pmu.yaml; the number is that of the Base System Architecture (ARM DEN 0094), PPI 7.
void add_pmu(FdtWriter& fdt, const FdtConfig& config) {
  if (!config.pmu) return;
  const auto node = fdt.node("pmu");
  fdt.text("compatible", "arm,armv8-pmuv3");
  fdt.cells("interrupts", {irq_ppi, 7, irq_level_high | ppi_cpu_mask(config)});
}

void add_root(FdtWriter& fdt, const FdtConfig& config) {
  const auto root = fdt.node("");
  add_root_properties(fdt);
  add_chosen(fdt, config);
  add_aliases(fdt, config);
  add_memory(fdt, config.memory);
  add_cpus(fdt, config.cpus);
  add_psci(fdt, config.psci);
  add_gic(fdt, config);
  add_timer(fdt, config);
  add_pmu(fdt, config);
  add_devices(fdt, config);
  add_pci(fdt, config);
}

}  // namespace

Result<std::vector<std::byte>> build_fdt(const FdtConfig& config) {
  FdtWriter fdt{fdt_max_bytes};
  add_root(fdt, config);
  return fdt.finish();
}

}  // namespace takt
