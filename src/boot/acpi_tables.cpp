// SPDX-License-Identifier: Apache-2.0
#include "boot/acpi_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string_view>

#include "base/bits.h"
#include "boot/acpi_bytes.h"
#include "boot/acpi_dsdt_aml.h"
#include "boot/acpi_layout.h"
#include "boot/acpi_madt.h"
#include "boot/acpi_pci.h"
#include "boot/acpi_ssdt_com1_aml.h"
#include "boot/acpi_ssdt_rtc_aml.h"
#include "boot/acpi_virtio.h"

namespace takt {
namespace {

using namespace acpi;
using Bytes = std::vector<std::byte>;

// Where in the AML the SLP_TYP of \_S5 is: the name, PackageOp, PkgLength (one byte, for a package
// below 64 bytes), NumElements, BytePrefix, value (20.2.4, 20.2.5.4, 20.2.3).
consteval std::size_t find_s5_value() {
  constexpr std::string_view name = "_S5_\x12";
  const auto at = std::ranges::search(aml::dsdt, name);
  return static_cast<std::size_t>(at.begin() - aml::dsdt.begin()) + name.size() + 3;
}
constexpr std::size_t s5_value = find_s5_value();
static_assert(s5_value < aml::dsdt.size());
static_assert(aml::dsdt[s5_value - 1] == 0x0a, "BytePrefix expected before the SLP_TYP of _S5");

template <std::size_t N>
Bytes from_aml(const std::array<std::uint8_t, N>& aml) {
  const auto bytes = std::as_bytes(std::span{aml});
  return {bytes.begin(), bytes.end()};
}

Bytes build_dsdt(const AcpiConfig& config) {
  Bytes dsdt = from_aml(aml::dsdt);
  dsdt[s5_value] = std::byte{config.sleep_type_s5};
  return dsdt;
}

/// An 8-bit register in I/O space. 5.2.3.2.
GenericAddress io_register(Port port) {
  return {.address_space_id = 1,
          .register_bit_width = 8,
          .register_bit_offset = 0,
          .access_size = 1,
          .address = port.raw()};
}

// There is no 8042 and no VGA to look for: both probes cost a guest time at start. What is left
// of the old PC (COM1, the clock) is in the namespace, so LEGACY_DEVICES is clear as well.
std::uint16_t iapc_boot_arch(const AcpiConfig& config) {
  using Arch = Fadt::IapcBootArch;
  return Arch::cmos_rtc_not_present::set(Arch::vga_not_present::mask, !config.rtc);
}

constexpr std::uint32_t fixed_features() {
  using Flags = Fadt::Flags;
  return Flags::hw_reduced_acpi::mask | Flags::headless::mask | Flags::reset_reg_sup::mask |
         Flags::fix_rtc::mask | Flags::slp_button::mask | Flags::pwr_button::mask |
         Flags::wbinvd::mask;
}

Bytes build_fadt(const AcpiConfig& config, Gpa dsdt) {
  return to_bytes(Fadt{.dsdt = static_cast<std::uint32_t>(dsdt.raw()),
                       .preferred_pm_profile = Fadt::performance_server,
                       .iapc_boot_arch = iapc_boot_arch(config),
                       .flags = fixed_features(),
                       .reset_reg = io_register(config.reset),
                       .reset_value = config.reset_value,
                       .x_dsdt = dsdt.raw(),
                       .sleep_control_reg = io_register(config.sleep_control),
                       .sleep_status_reg = io_register(config.sleep_status)});
}

std::byte negative_sum(std::span<const std::byte> bytes) {
  std::uint8_t sum = 0;
  for (const std::byte b : bytes) sum = static_cast<std::uint8_t>(sum + std::to_integer<int>(b));
  return std::byte{static_cast<std::uint8_t>(-sum)};
}

/// Puts length and checksum into a table's header.
Bytes finished(Bytes table) {
  const Le32 length = static_cast<std::uint32_t>(table.size());
  std::memcpy(&table[offsetof(Header, length)], &length, sizeof length);
  std::byte& checksum = table[offsetof(Header, checksum)];
  checksum = std::byte{0};
  checksum = negative_sum(table);
  return table;
}

Bytes build_rsdp(Gpa xsdt) {
  Bytes rsdp = to_bytes(Rsdp{.xsdt_address = xsdt.raw()});
  rsdp[offsetof(Rsdp, checksum)] = negative_sum(std::span{rsdp}.first(20));
  rsdp[offsetof(Rsdp, extended_checksum)] = negative_sum(rsdp);
  return rsdp;
}

// The order of the tables in memory, and their places in AcpiImage::tables. The last ones are the
// SSDTs of the devices that there are, and the MCFG when there is PCI.
enum Index : std::size_t { rsdp_index, xsdt_index, fadt_index, madt_index, dsdt_index, ssdt_index };

/// The XSDT lists all but itself, the RSDP and the DSDT, which the FADT points to. 5.2.8.
Bytes build_xsdt(std::span<const AcpiTable> tables) {
  Bytes xsdt = to_bytes(Header{.signature = "XSDT", .revision = 1});
  for (std::size_t i = fadt_index; i < tables.size(); ++i)
    if (i != dsdt_index) append(xsdt, Le64{tables[i].at.raw()});
  return xsdt;
}

/// All tables in their final sizes; those that hold addresses are still empty of content.
std::vector<AcpiTable> outline(const AcpiConfig& config) {
  std::vector<AcpiTable> tables(ssdt_index);
  tables[rsdp_index] = {"RSDP", {}, Bytes(sizeof(Rsdp))};
  tables[fadt_index] = {"FACP", {}, Bytes(sizeof(Fadt))};
  tables[madt_index] = {"APIC", {}, finished(build_madt(config))};
  tables[dsdt_index] = {"DSDT", {}, finished(build_dsdt(config))};
  const auto add_ssdt = [&](Bytes bytes) {
    tables.push_back({fmt::format("SSDT{}", tables.size() - dsdt_index), {}, std::move(bytes)});
  };
  if (config.com1) add_ssdt(from_aml(aml::ssdt_com1));
  if (config.rtc) add_ssdt(from_aml(aml::ssdt_rtc));
  if (config.virtio_mmio != 0) add_ssdt(finished(build_virtio_ssdt(config.virtio_mmio)));
  if (config.pci) {
    add_ssdt(finished(build_pci_ssdt(*config.pci)));
    tables.push_back({"MCFG", {}, finished(build_mcfg(*config.pci))});
  }
  tables[xsdt_index] = {"XSDT", {}, build_xsdt(tables)};
  return tables;
}

/// Gives each table its address; returns the first address after the last one.
Gpa place(std::vector<AcpiTable>& tables, Gpa base) {
  Gpa next = base;
  for (AcpiTable& table : tables) {
    table.at = next;
    next = next + align_up(table.bytes.size(), 16);
  }
  return next;
}

bool is_sound(const AcpiConfig& config, Gpa base) {
  const auto is_low = [](Gpa at) { return at.raw() < 4_GiB; };
  const auto is_port = [](Port port) { return port.raw() != 0 && port.raw() <= 0xffff; };
  return config.cpus >= 1 && config.sleep_type_s5 <= 7 && is_port(config.sleep_control) &&
         is_port(config.sleep_status) && is_port(config.reset) && is_low(config.lapic) &&
         is_low(config.ioapic) && is_low(base) && is_aligned(base.raw(), 16) &&
         (!config.pci || acpi::is_sound(*config.pci)) && config.virtio_mmio <= most_virtio_windows;
}

std::unexpected<Error> no_room(const AcpiConfig& config, Gpa base, std::uint64_t limit_bytes) {
  return usage_error(
      fmt::format("the ACPI tables of {} CPUs do not fit into the {} bytes at {:#x}; "
                  "configure fewer CPUs",
                  config.cpus, limit_bytes, base.raw()));
}

}  // namespace

Result<AcpiImage> build_acpi(const AcpiConfig& config, Gpa base, std::uint64_t limit_bytes) {
  if (!is_sound(config, base)) VMM_BUG("the board's ACPI configuration is outside its contract");
  // Before anything is allocated: the number of CPUs is the user's.
  if (config.cpus > limit_bytes / sizeof(LocalApic)) return no_room(config, base, limit_bytes);
  std::vector<AcpiTable> tables = outline(config);
  if (place(tables, base) - base > limit_bytes) return no_room(config, base, limit_bytes);
  tables[fadt_index].bytes = finished(build_fadt(config, tables[dsdt_index].at));
  tables[xsdt_index].bytes = finished(build_xsdt(tables));
  tables[rsdp_index].bytes = build_rsdp(tables[xsdt_index].at);
  return AcpiImage{.rsdp = base, .tables = std::move(tables)};
}

Result<> store_acpi(const GuestMem& memory, const AcpiImage& image) {
  for (const AcpiTable& table : image.tables)
    if (!memory.write(table.at, table.bytes))
      return usage_error(
          fmt::format("the ACPI table {} needs {} bytes at {:#x}, where the guest has no RAM; "
                      "configure more memory",
                      table.name, table.bytes.size(), table.at.raw()));
  return {};
}

}  // namespace takt
