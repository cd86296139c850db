// SPDX-License-Identifier: Apache-2.0
#include "vm/boot_x86.h"

#include "boot/acpi_tables.h"
#include "boot/low_memory_x86.h"
#include "boot/payload_x86.h"
#include "dev/acpi_pm.h"
#include "host/cpuid.h"
#include "host/x86_host.h"
#include "kvm/vcpu_x86.h"
#include "pci/root.h"
#include "vm/board.h"
#include "vm/layout_x86.h"
#include "vm/pci_devices.h"

namespace takt {
namespace {

constexpr GpaRange pci_ecam{layout::pci_ecam, pci::Ecam::region_bytes};

std::optional<AcpiPci> acpi_pci(const VmConfig& config) {
  if (count_pci(config) == 0) return std::nullopt;
  return AcpiPci{.ecam = pci_ecam.start,
                 .mmio32 = {Gpa{layout::pci_mem32}, layout::pci_mem32_bytes}};
}

constexpr std::uint64_t acpi_bytes = low_memory::end - low_memory::acpi_tables;

Result<AcpiImage> acpi_tables(const VmConfig& config) {
  return build_acpi({.cpus = config.cpus,
                     .com1 = true,
                     .rtc = true,
                     .sleep_control = layout::acpi_pm + AcpiPm::sleep_control_offset,
                     .sleep_status = layout::acpi_pm + AcpiPm::sleep_status_offset,
                     .sleep_type_s5 = AcpiPm::sleep_type_s5,
                     .reset = layout::acpi_pm + AcpiPm::reset_offset,
                     .reset_value = AcpiPm::reset_value,
                     .lapic = layout::lapic,
                     .ioapic = layout::ioapic,
                     .pci = acpi_pci(config),
                     .virtio_mmio = count_mmio(config)},
                    low_memory::acpi_tables, acpi_bytes);
}

}  // namespace

Result<> set_up_vcpus(const VmConfig& config, const kvm::VmFd& vm,
                      std::span<const kvm::VcpuFd> vcpus) {
  const kvm::System& system = vm.system();
  TRY(auto supported, kvm::supported_cpuid(system));
  const bool mwait = (config.disable_exits & KVM_X86_DISABLE_EXITS_MWAIT) != 0;
  const kvm::CpuidTable table = kvm::guest_cpuid(
      std::move(supported), {.cpus = config.cpus,
                             .tsc_deadline = system.extension(KVM_CAP_TSC_DEADLINE_TIMER) != 0,
                             .mwait = mwait && x86_host::has_mwait(host_cpuid()),
                             .invariant_tsc = x86_host::tsc_is_invariant(),
                             .host_poll = config.halt_poll_ns.value_or(0) > 0,
                             .dedicated = has_dedicated_cpus(config),
                             .virtual_eoi = x86_host::has_apicv(),
                             .tsc_khz = kvm::tsc_khz(vcpus.front())});
  for (const auto& vcpu : vcpus) TRY_VOID(kvm::set_up_vcpu(vcpu, table));
  return {};
}

Result<> boot_x86(const VmConfig& config, const PayloadFiles& files, const GuestMem& mem,
                  const kvm::VcpuFd& boot_vcpu) {
  TRY(const AcpiImage acpi, acpi_tables(config));
  TRY_VOID(store_acpi(mem, acpi));
  const bool has_pci = count_pci(config) != 0;
  const std::span<const GpaRange> reserved{&pci_ecam, has_pci ? 1u : 0u};
  auto start = load_payload(mem, {.kernel = files.kernel,
                                  .initrd = files.initrd,
                                  .cmdline = config.cmdline,
                                  .rsdp = acpi.rsdp,
                                  .reserved = reserved,
                                  .kernel_name = config.kernel,
                                  .initrd_name = config.initrd ? *config.initrd : ""});
  if (!start) return in_context(config.kernel, start.error());
  return kvm::set_start_state(boot_vcpu, *start);
}

Result<> dump_tables(const VmConfig& config) {
  TRY(const AcpiImage acpi, acpi_tables(config));
  return dump_acpi(acpi, *config.dump_tables);
}

}  // namespace takt
