// SPDX-License-Identifier: Apache-2.0
// Offsets are those of ACPI 6.5 and of the PCI Firmware Specification 3.3. What the AML means is
// iasl's to say: acpi_iasl_test.cpp.
#include "boot/acpi_pci.h"

#include <gtest/gtest.h>

#include <string>

#include "boot/acpi_test_board.h"

namespace takt {
namespace {

using namespace acpi_test;
using namespace std::string_literals;

std::string text_of(const AcpiImage& image, std::string_view name) {
  const View view{image, name};
  return view.text(0, view.size());
}

/// Element `slot` of _PRT: PackageOp, PkgLength, 4 elements, the address, pin, source, and the GSI.
bool has_prt_entry(const std::string& ssdt, unsigned slot, char gsi) {
  std::string entry = slot == 0 ? "\x0b\xff\xff"s : "\x0c\xff\xff"s;
  if (slot != 0) entry += {static_cast<char>(slot), '\0'};
  entry += "\0\0\x0a"s + gsi;
  return ssdt.find(entry) != std::string::npos;
}

TEST(AcpiPci, WithoutPciNoTableSaysAnythingOfIt) {
  EXPECT_EQ(build().tables.size(), 7u);
  EXPECT_EQ(find(build(), "MCFG"), nullptr);
}

TEST(AcpiPci, AddsAnSsdtAndAnMcfgThatTheXsdtLists) {
  const AcpiImage image = build(pci_board());
  ASSERT_EQ(image.tables.size(), 9u);
  EXPECT_EQ(View(image, "SSDT3").text(16, 8), "TAKT-PCI");
  const View xsdt{image, "XSDT"};
  EXPECT_EQ(xsdt.number(xsdt.size() - 16, 8), View(image, "SSDT3").at().raw());
  EXPECT_EQ(xsdt.number(xsdt.size() - 8, 8), View(image, "MCFG").at().raw());
}

TEST(AcpiPci, TablesSumToZeroAfterTheAddressesAreIn) {
  const AcpiImage image = build(pci_board());
  for (const char* name : {"SSDT3", "MCFG"}) {
    const View view{image, name};
    EXPECT_EQ(view.number(4, 4), view.size());
    EXPECT_EQ(view.sum(view.size()), 0) << name;
  }
}

TEST(Mcfg, SaysWhereTheEcamOfBus0Is) {  // 4.1.2
  const AcpiImage image = build(pci_board());
  const View mcfg{image, "MCFG"};
  EXPECT_EQ(mcfg.text(0, 4), "MCFG");
  EXPECT_EQ(mcfg.number(8, 1), 1u);  // revision
  EXPECT_EQ(mcfg.size(), 60u);
  EXPECT_EQ(mcfg.number(36, 8), 0u);
  EXPECT_EQ(mcfg.number(44, 8), 0xe120'0000u);
  EXPECT_EQ(mcfg.number(52, 2), 0u);  // segment group
  EXPECT_EQ(mcfg.number(54, 1), 0u);  // first bus
  EXPECT_EQ(mcfg.number(55, 1), 0u);  // last bus
}

TEST(PciSsdt, ReservesEcamAsAResourceOfTheMotherboard) {  // 6.4.3.4
  EXPECT_NE(text_of(build(pci_board()), "SSDT3").find("\x86\x09\0\x01\0\0\x20\xe1\0\0\x10\0"s),
            std::string::npos);
}

TEST(PciSsdt, The64BitWindowIsWhereTheBoardHasIt) {  // 6.4.3.5.1
  EXPECT_NE(text_of(build(pci_board()), "SSDT3")
                .find("\0\0\0\0\0\0\0\0"
                      "\0\0\0\x40\x23\x01\0\0"
                      "\xff\xff\xff\x3f\x79\x01\0\0"
                      "\0\0\0\0\0\0\0\0"
                      "\0\0\0\0\x56\0\0\0"s),
            std::string::npos);
}

TEST(PciSsdt, WithoutA64BitWindowThereIsNoDescriptorOfOne) {  // 6.4.3.5.1: tag 0x8a
  EXPECT_EQ(text_of(build(pci_board_without_mmio64()), "SSDT3").find("\x8a\x2b"s),
            std::string::npos);
}

TEST(PciSsdt, InterruptPinsOfTheSlotsGoRoundEightGsis) {  // 6.2.13
  const std::string ssdt = text_of(build(pci_board()), "SSDT3");
  EXPECT_TRUE(has_prt_entry(ssdt, 0, 16));
  EXPECT_TRUE(has_prt_entry(ssdt, 1, 17));
  EXPECT_TRUE(has_prt_entry(ssdt, 7, 23));
  EXPECT_TRUE(has_prt_entry(ssdt, 8, 16));
  EXPECT_TRUE(has_prt_entry(ssdt, 31, 23));
  EXPECT_FALSE(has_prt_entry(ssdt, 32, 16));
}

TEST(AcpiPciDeathTest, WindowsOutsideTheirContractAreOurBug) {
  AcpiConfig config = pci_board();
  config.pci->mmio64 = GpaRange{Gpa{2_GiB}, 1_GiB};
  EXPECT_DEATH((void)build_acpi(config, base, room), "contract");
  config = pci_board();
  config.pci->mmio32 = {Gpa{0xe000'0000}, 0x1000'0000};  // over ECAM
  EXPECT_DEATH((void)build_acpi(config, base, room), "contract");
  config = pci_board();
  config.pci->ecam = Gpa{0xe008'0000};
  EXPECT_DEATH((void)build_acpi(config, base, room), "contract");
}

}  // namespace
}  // namespace takt
