// SPDX-License-Identifier: Apache-2.0
// The tables as bytes in guest memory: ACPI 6.5, chapter 5. Only what takt builds is here. Every
// member is made of bytes, so there is no padding and no dependence on the host's byte order.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include "base/bits.h"

namespace takt::acpi {

/// A little-endian number without alignment.
template <std::unsigned_integral T>
class Le {
 public:
  constexpr Le() = default;
  // Not explicit: a table's initialiser reads like the table in the specification.
  constexpr Le(T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
      bytes_[i] = static_cast<std::uint8_t>(value >> (8 * i));
  }

 private:
  std::array<std::uint8_t, sizeof(T)> bytes_{};
};
using Le16 = Le<std::uint16_t>;
using Le32 = Le<std::uint32_t>;
using Le64 = Le<std::uint64_t>;

/// Text of a fixed length without a terminating zero: "FACP" is a Text<4>.
template <std::size_t N>
class Text {
 public:
  consteval Text(const char (&text)[N + 1]) {
    for (std::size_t i = 0; i < N; ++i) bytes_[i] = static_cast<std::uint8_t>(text[i]);
  }

 private:
  std::array<std::uint8_t, N> bytes_{};
};

/// Root System Description Pointer. 5.2.5.3.
struct Rsdp {
  Text<8> signature = "RSD PTR ";
  std::uint8_t checksum = 0;  // over the first 20 bytes, all that ACPI 1.0 knew
  Text<6> oemid = "TAKTVM";
  std::uint8_t revision = 2;
  Le32 rsdt_address = 0u;
  Le32 length = 36u;
  Le64 xsdt_address;
  std::uint8_t extended_checksum = 0;  // over all 36 bytes
  std::array<std::uint8_t, 3> reserved{};
};
static_assert(sizeof(Rsdp) == 36 && alignof(Rsdp) == 1);
static_assert(offsetof(Rsdp, checksum) == 8);
static_assert(offsetof(Rsdp, xsdt_address) == 24);
static_assert(offsetof(Rsdp, extended_checksum) == 32);

/// System Description Table Header. 5.2.6. Length and checksum are filled in when the table is
/// complete.
struct Header {
  Text<4> signature;
  Le32 length = 0u;
  std::uint8_t revision;
  std::uint8_t checksum = 0;
  Text<6> oemid = "TAKTVM";
  Text<8> oem_table_id = "TAKT-X86";  // XSDT and FADT must agree on it (5.2.8)
  Le32 oem_revision = 1u;
  Text<4> creator_id = "TAKT";
  Le32 creator_revision = 1u;
};
static_assert(sizeof(Header) == 36 && alignof(Header) == 1);
static_assert(offsetof(Header, length) == 4);
static_assert(offsetof(Header, checksum) == 9);

/// Generic Address Structure. 5.2.3.2.
struct GenericAddress {
  std::uint8_t address_space_id = 0;
  std::uint8_t register_bit_width = 0;
  std::uint8_t register_bit_offset = 0;
  std::uint8_t access_size = 0;
  Le64 address;
};
static_assert(sizeof(GenericAddress) == 12);

/// Fixed ACPI Description Table. 5.2.9. The two runs of fields that describe the register
/// interface, which a guest ignores on a hardware-reduced machine, are left zero as a whole.
struct Fadt {
  Header header{.signature = "FACP", .revision = 6};
  Le32 firmware_ctrl = 0u;  // no FACS: a hardware-reduced machine may be without
  Le32 dsdt;
  std::uint8_t reserved_44 = 0;
  std::uint8_t preferred_pm_profile = 0;
  std::array<std::uint8_t, 63> sci_int_to_century{};
  Le16 iapc_boot_arch;
  std::uint8_t reserved_111 = 0;
  Le32 flags;
  GenericAddress reset_reg;
  std::uint8_t reset_value = 0;
  Le16 arm_boot_arch = std::uint16_t{0};
  std::uint8_t fadt_minor_version = 5;
  Le64 x_firmware_ctrl = 0u;
  Le64 x_dsdt;
  std::array<GenericAddress, 8> x_pm1a_evt_blk_to_x_gpe1_blk{};
  GenericAddress sleep_control_reg;
  GenericAddress sleep_status_reg;
  Text<8> hypervisor_vendor_identity = "TAKTVM\0\0";

  /// 5.2.9.1.
  static constexpr std::uint8_t performance_server = 7;

  /// 5.2.9.3, IA-PC boot architecture flags.
  struct IapcBootArch {
    using cmos_rtc_not_present = Field<5, 5, std::uint16_t, bool>;
    using vga_not_present = Field<2, 2, std::uint16_t, bool>;
    using i8042 = Field<1, 1, std::uint16_t, bool>;
    using legacy_devices = Field<0, 0, std::uint16_t, bool>;
  };

  /// 5.2.9, fixed feature flags. Those that a hardware-reduced machine ignores are not here.
  struct Flags {
    using hw_reduced_acpi = Field<20, 20, std::uint32_t, bool>;
    using headless = Field<12, 12, std::uint32_t, bool>;
    using reset_reg_sup = Field<10, 10, std::uint32_t, bool>;
    using fix_rtc = Field<6, 6, std::uint32_t, bool>;     // 1: no wake-up bit for the clock
    using slp_button = Field<5, 5, std::uint32_t, bool>;  // 1: no fixed sleep button
    using pwr_button = Field<4, 4, std::uint32_t, bool>;  // 1: no fixed power button
    using wbinvd = Field<0, 0, std::uint32_t, bool>;
  };
};
static_assert(sizeof(Fadt) == 276 && alignof(Fadt) == 1);
static_assert(offsetof(Fadt, dsdt) == 40);
static_assert(offsetof(Fadt, preferred_pm_profile) == 45);
static_assert(offsetof(Fadt, sci_int_to_century) == 46);
static_assert(offsetof(Fadt, iapc_boot_arch) == 109);
static_assert(offsetof(Fadt, flags) == 112);
static_assert(offsetof(Fadt, reset_reg) == 116);
static_assert(offsetof(Fadt, reset_value) == 128);
static_assert(offsetof(Fadt, fadt_minor_version) == 131);
static_assert(offsetof(Fadt, x_dsdt) == 140);
static_assert(offsetof(Fadt, x_pm1a_evt_blk_to_x_gpe1_blk) == 148);
static_assert(offsetof(Fadt, sleep_control_reg) == 244);
static_assert(offsetof(Fadt, sleep_status_reg) == 256);
static_assert(offsetof(Fadt, hypervisor_vendor_identity) == 268);

/// Multiple APIC Description Table, without its entries. 5.2.12.
struct Madt {
  Header header{.signature = "APIC", .revision = 6};
  Le32 local_interrupt_controller_address;
  Le32 flags = 0u;  // PCAT_COMPAT clear: no pair of 8259s that the guest has to mask
};
static_assert(sizeof(Madt) == 44);

inline constexpr std::uint32_t local_apic_enabled = 1;  // 5.2.12.2, local APIC flags

/// Processor Local APIC Structure. 5.2.12.2.
struct LocalApic {
  std::uint8_t type = 0;
  std::uint8_t length = 8;
  std::uint8_t acpi_processor_uid = 0;
  std::uint8_t apic_id = 0;
  Le32 flags = local_apic_enabled;
};
static_assert(sizeof(LocalApic) == 8);

/// I/O APIC Structure. 5.2.12.3.
struct IoApic {
  std::uint8_t type = 1;
  std::uint8_t length = 12;
  std::uint8_t io_apic_id = 0;
  std::uint8_t reserved = 0;
  Le32 io_apic_address;
  Le32 global_system_interrupt_base = 0u;
};
static_assert(sizeof(IoApic) == 12);

/// MPS INTI flags (5.2.12.5): edge-triggered, active high.
inline constexpr std::uint16_t edge_active_high = 0b0101;

/// Local APIC NMI Structure. 5.2.12.7.
struct LocalApicNmi {
  std::uint8_t type = 4;
  std::uint8_t length = 6;
  std::uint8_t acpi_processor_uid = 0xff;  // all that have a local APIC structure
  Le16 flags = edge_active_high;
  std::uint8_t local_apic_lint = 1;
};
static_assert(sizeof(LocalApicNmi) == 6);

/// Processor Local x2APIC Structure. 5.2.12.12.
struct LocalX2apic {
  std::uint8_t type = 9;
  std::uint8_t length = 16;
  Le16 reserved = std::uint16_t{0};
  Le32 x2apic_id;
  Le32 flags = local_apic_enabled;
  Le32 acpi_processor_uid;
};
static_assert(sizeof(LocalX2apic) == 16);

/// Local x2APIC NMI Structure. 5.2.12.13.
struct LocalX2apicNmi {
  std::uint8_t type = 0xa;
  std::uint8_t length = 12;
  Le16 flags = edge_active_high;
  Le32 acpi_processor_uid = 0xffff'ffffu;  // all that have a local x2APIC structure
  std::uint8_t local_x2apic_lint = 1;
  std::array<std::uint8_t, 3> reserved{};
};
static_assert(sizeof(LocalX2apicNmi) == 12);

/// Memory Mapped Configuration Table, without its entries. PCI Firmware Specification 3.3, 4.1.2.
struct Mcfg {
  Header header{.signature = "MCFG", .revision = 1};
  Le64 reserved = 0u;
};
static_assert(sizeof(Mcfg) == 44);

/// The ECAM of some buses of a segment group.
struct McfgAllocation {
  Le64 base_address;  // of bus 0, wherever the buses start
  Le16 pci_segment_group = std::uint16_t{0};
  std::uint8_t start_bus = 0;
  std::uint8_t end_bus = 0;
  Le32 reserved = 0u;
};
static_assert(sizeof(McfgAllocation) == 16);

}  // namespace takt::acpi
