// SPDX-License-Identifier: Apache-2.0
// The ACPI tables of a takt machine: hardware-reduced (ACPI 6.5, 4.1), so that a guest looks for
// no 8259, i8254, PM timer or SCI. Power-off goes through the sleep control register, reset
// through the reset register of the FADT. Not modelled: FACS, general-purpose events, S1 to S4.
// Set-up only: one thread, before the guest runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "boot/placement.h"
#include "bus/guest_mem.h"

namespace takt {

/// A PCI Express host bridge with bus 0 alone, and configuration ports at 0xcf8. INTA# of slot n is
/// GSI 16 + n % 8, level, active low; no device has another pin.
///
/// Linux believes the MCFG only when the memory map of the boot protocol (before it reads AML; up
/// to 6.9) or the namespace (after) has ECAM reserved. The tables see to the second; for the first
/// the board puts [ecam, ecam + 1 MiB) into Payload::reserved. The windows must not be in there:
/// Linux would take them for occupied.
struct AcpiPci {
  Gpa ecam{};                           // 1 MiB, on a boundary of 1 MiB, below 4 GiB
  GpaRange mmio32{};                    // where BARs may be: below 4 GiB
  std::optional<GpaRange> mmio64 = {};  // above 4 GiB; see high_window()
};

/// What the tables say, as the board knows it. Ports are 8-bit registers.
struct AcpiConfig {
  std::uint32_t cpus = 1;  // at least 1; APIC ids and processor UIDs are 0..cpus-1
  bool com1 = false;       // a 16550A at 0x3f8 that interrupts on GSI 4
  bool rtc = false;        // a CMOS clock at 0x70
  Port sleep_control{};
  Port sleep_status{};
  std::uint8_t sleep_type_s5 = 0;  // SLP_TYP that means power-off: 0..7
  Port reset{};
  std::uint8_t reset_value = 0;
  Gpa lapic{0xfee0'0000};   // below 4 GiB
  Gpa ioapic{0xfec0'0000};  // below 4 GiB
  std::optional<AcpiPci> pci = {};
  unsigned virtio_mmio = 0;  // windows, of acpi_ssdt_virtio.asl's
};

struct AcpiTable {
  std::string name;  // the signature, numbered where there may be several: "FACP", "SSDT1"
  Gpa at;
  std::vector<std::byte> bytes;
};

struct AcpiImage {
  Gpa rsdp;
  std::vector<AcpiTable> tables;  // ascending; the RSDP ("RSDP") is the first
};

/// The tables, to be put at `base` and up. `base` is a multiple of 16 in [0xe0000, 0x100000),
/// where guests look for the RSDP, or any such multiple below 4 GiB when they are told where it
/// is. The error says so when the tables take more than `limit_bytes`.
Result<AcpiImage> build_acpi(const AcpiConfig& config, Gpa base, std::uint64_t limit_bytes);

/// Copies the tables into the guest's RAM.
Result<> store_acpi(const GuestMem& memory, const AcpiImage& image);

/// Writes each table but the RSDP to DIRECTORY/NAME.dat, NAME in small letters ("facp.dat"), so
/// that `iasl -d DIRECTORY/*.dat` shows them. The directory is created when it is missing (its
/// parent must exist). Files that exist are not overwritten, so that a dump never mixes with an
/// older one; after an error no file of this dump remains.
Result<> dump_acpi(const AcpiImage& image, const std::string& directory);

}  // namespace takt
