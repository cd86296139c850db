// SPDX-License-Identifier: Apache-2.0
#include "boot/acpi_madt.h"

#include "boot/acpi_bytes.h"
#include "boot/acpi_layout.h"

namespace takt::acpi {
namespace {

// An 8-bit APIC id of 255 is the broadcast; from there on a processor needs the x2APIC form. Below
// it the old form is the one that every guest knows (5.2.12.12, compatibility note).
constexpr std::uint32_t first_x2apic_id = 255;

void append_processor(std::vector<std::byte>& madt, std::uint32_t id) {
  if (id >= first_x2apic_id)
    return append(madt, LocalX2apic{.x2apic_id = id, .acpi_processor_uid = id});
  const auto short_id = static_cast<std::uint8_t>(id);
  append(madt, LocalApic{.acpi_processor_uid = short_id, .apic_id = short_id});
}

std::uint32_t low_address(Gpa at) { return static_cast<std::uint32_t>(at.raw()); }

}  // namespace

// There is no interrupt source override. ISA interrupts are edge-triggered, active high and equal
// to the GSI of the same number unless one says otherwise (5.2.12.5), and that is how this machine
// is wired: KVM's default routing puts GSI n on pin n of the I/O APIC, also for n = 0. (The usual
// override of 0 to 2 belongs to machines whose VMM sets a route of its own for the i8254.)
std::vector<std::byte> build_madt(const AcpiConfig& config) {
  std::vector<std::byte> madt =
      to_bytes(Madt{.local_interrupt_controller_address = low_address(config.lapic)});
  for (std::uint32_t id = 0; id < config.cpus; ++id) append_processor(madt, id);
  append(madt, IoApic{.io_apic_address = low_address(config.ioapic)});
  append(madt, LocalApicNmi{});
  if (config.cpus > first_x2apic_id) append(madt, LocalX2apicNmi{});
  return madt;
}

}  // namespace takt::acpi
