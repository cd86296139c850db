// SPDX-License-Identifier: Apache-2.0
// Offsets and values are those of ACPI 6.5; the section stands beside each.
#include "boot/acpi_tables.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <vector>

#include "base/bits.h"
#include "boot/acpi_test_board.h"

namespace takt {
namespace {

using namespace acpi_test;

/// How often each type of MADT entry occurs. 5.2.12: entries start at 44 with type and length.
std::map<std::uint64_t, int> madt_entry_types(const View& madt) {
  std::map<std::uint64_t, int> count;
  for (std::size_t at = 44; at < madt.size(); at += madt.number(at + 1, 1))
    ++count[madt.number(at, 1)];
  return count;
}

std::vector<std::uint64_t> xsdt_entries(const AcpiImage& image) {
  const View xsdt{image, "XSDT"};
  std::vector<std::uint64_t> entries;
  for (std::size_t at = 36; at < xsdt.size(); at += 8) entries.push_back(xsdt.number(at, 8));
  return entries;
}

void expect_io_register(const View& fadt, std::size_t offset, std::uint64_t port) {
  EXPECT_EQ(fadt.number(offset, 1), 1u);      // 5.2.3.2: system I/O space
  EXPECT_EQ(fadt.number(offset + 1, 1), 8u);  // width in bits
  EXPECT_EQ(fadt.number(offset + 2, 1), 0u);  // bit offset
  EXPECT_EQ(fadt.number(offset + 3, 1), 1u);  // byte access
  EXPECT_EQ(fadt.number(offset + 4, 8), port);
}

TEST(Acpi, EveryTableButTheRsdpSumsToZeroOverTheLengthInItsHeader) {
  const AcpiImage image = build();
  ASSERT_EQ(image.tables.size(), 7u);
  for (const AcpiTable& table : image.tables) {
    if (table.name == "RSDP") continue;
    const View view{image, table.name};
    EXPECT_EQ(view.number(4, 4), table.bytes.size()) << table.name;  // 5.2.6
    EXPECT_EQ(view.sum(view.size()), 0) << table.name;
  }
}

TEST(Acpi, SignaturesAreThoseThatTheNamesSay) {
  const AcpiImage image = build();
  EXPECT_EQ(View(image, "RSDP").text(0, 8), "RSD PTR ");
  EXPECT_EQ(View(image, "XSDT").text(0, 4), "XSDT");
  EXPECT_EQ(View(image, "FACP").text(0, 4), "FACP");
  EXPECT_EQ(View(image, "APIC").text(0, 4), "APIC");
  EXPECT_EQ(View(image, "DSDT").text(0, 4), "DSDT");
  EXPECT_EQ(View(image, "SSDT1").text(0, 4), "SSDT");
  EXPECT_EQ(View(image, "SSDT2").text(0, 4), "SSDT");
}

TEST(Acpi, TablesFollowTheRsdpWithoutOverlapAndStayInTheirRoom) {
  const AcpiImage image = build();
  Gpa free = base;
  for (const AcpiTable& table : image.tables) {
    EXPECT_GE(table.at, free) << table.name;
    EXPECT_TRUE(is_aligned(table.at.raw(), 16)) << table.name;
    free = table.at + table.bytes.size();
  }
  EXPECT_LE(free, base + room);
}

TEST(Rsdp, StandsAtTheBaseAndPointsToTheXsdt) {  // 5.2.5.3
  const AcpiImage image = build();
  const View rsdp{image, "RSDP"};
  EXPECT_EQ(image.rsdp, base);
  EXPECT_EQ(rsdp.at(), base);
  EXPECT_EQ(rsdp.size(), 36u);
  EXPECT_EQ(rsdp.number(15, 1), 2u);  // revision
  EXPECT_EQ(rsdp.number(16, 4), 0u);  // no RSDT
  EXPECT_EQ(rsdp.number(20, 4), 36u);
  EXPECT_EQ(rsdp.number(24, 8), View(image, "XSDT").at().raw());
}

TEST(Rsdp, BothOfItsSumsAreZero) {  // 5.2.5.3
  const AcpiImage image = build();
  const View rsdp{image, "RSDP"};
  EXPECT_EQ(rsdp.sum(20), 0);
  EXPECT_EQ(rsdp.sum(36), 0);
}

TEST(Xsdt, ListsFadtMadtAndTheTablesOfBothDevices) {  // 5.2.8
  const AcpiImage image = build();
  const std::vector<std::uint64_t> expected{
      View(image, "FACP").at().raw(), View(image, "APIC").at().raw(),
      View(image, "SSDT1").at().raw(), View(image, "SSDT2").at().raw()};
  EXPECT_EQ(xsdt_entries(image), expected);
}

TEST(Xsdt, ListsNoDeviceThatTheBoardDoesNotHave) {
  AcpiConfig config = board();
  config.com1 = false;
  config.rtc = false;
  const AcpiImage image = build(config);
  EXPECT_EQ(xsdt_entries(image).size(), 2u);
  EXPECT_EQ(find(image, "SSDT1"), nullptr);
}

TEST(Xsdt, RtcAloneIsTheFirstSsdt) {
  AcpiConfig config = board();
  config.com1 = false;
  const AcpiImage image = build(config);
  EXPECT_EQ(View(image, "SSDT1").text(16, 8), "TAKT-RTC");  // OEM table id
  EXPECT_EQ(xsdt_entries(image).size(), 3u);
}

TEST(Xsdt, SharesItsOemTableIdWithTheFadt) {  // 5.2.8
  const AcpiImage image = build();
  EXPECT_EQ(View(image, "XSDT").text(16, 8), View(image, "FACP").text(16, 8));
}

TEST(Fadt, IsOfRevision65AndItsFullLength) {  // 5.2.9
  const AcpiImage image = build();
  const View fadt{image, "FACP"};
  EXPECT_EQ(fadt.size(), 276u);
  EXPECT_EQ(fadt.number(8, 1), 6u);
  EXPECT_EQ(fadt.number(131, 1), 5u);
}

TEST(Fadt, PointsToTheDsdtInBothWidthsAndToNoFacs) {  // 5.2.9
  const AcpiImage image = build();
  const View fadt{image, "FACP"};
  const std::uint64_t dsdt = View(image, "DSDT").at().raw();
  EXPECT_EQ(fadt.number(40, 4), dsdt);
  EXPECT_EQ(fadt.number(140, 8), dsdt);
  EXPECT_EQ(fadt.number(36, 4), 0u);
  EXPECT_EQ(fadt.number(132, 8), 0u);
}

TEST(Fadt, FlagsSayHardwareReducedWithAResetRegisterAndNoFixedButtons) {  // 5.2.9, Flags
  const AcpiImage image = build();
  // HW_REDUCED_ACPI 20, HEADLESS 12, RESET_REG_SUP 10, FIX_RTC 6, SLP_BUTTON 5, PWR_BUTTON 4,
  // WBINVD 0
  EXPECT_EQ(View(image, "FACP").number(112, 4),
            1u << 20 | 1u << 12 | 1u << 10 | 1u << 6 | 1u << 5 | 1u << 4 | 1u);
}

TEST(Fadt, RegistersAreBytesInIoSpace) {  // 5.2.9
  const AcpiImage image = build();
  const View fadt{image, "FACP"};
  expect_io_register(fadt, 116, 0x606);  // RESET_REG
  EXPECT_EQ(fadt.number(128, 1), 0x42u);
  expect_io_register(fadt, 244, 0x604);  // SLEEP_CONTROL_REG
  expect_io_register(fadt, 256, 0x605);  // SLEEP_STATUS_REG
}

TEST(Fadt, SaysThatThereIsNo8042AndNoVga) {  // 5.2.9.3
  const AcpiImage image = build();
  EXPECT_EQ(View(image, "FACP").number(109, 2), 1u << 2);
}

TEST(Fadt, SaysThatThereIsNoCmosClockWhenTheBoardHasNone) {  // 5.2.9.3
  AcpiConfig config = board();
  config.rtc = false;
  EXPECT_EQ(View(build(config), "FACP").number(109, 2), 1u << 5 | 1u << 2);
}

TEST(Fadt, HasNoneOfTheRegisterBlocksOfFullAcpi) {  // 5.2.9, HW_REDUCED_ACPI
  const AcpiImage image = build();
  const View fadt{image, "FACP"};
  EXPECT_EQ(fadt.text(46, 109 - 46), std::string(109 - 46, '\0'));
  EXPECT_EQ(fadt.text(148, 244 - 148), std::string(244 - 148, '\0'));
}

TEST(Madt, OfTwoCpusHasTheEntriesOfTheSpecificationByteForByte) {
  const AcpiImage image = build(board(2));
  const View madt{image, "APIC"};
  EXPECT_EQ(madt.number(36, 4), 0xfee0'0000u);  // 5.2.12
  EXPECT_EQ(madt.number(40, 4), 0u);            // no pair of 8259s
  // 5.2.12.2: type 0, length 8, UID, APIC id, flags
  EXPECT_EQ(madt.text(44, 8), std::string("\0\x08\0\0\x01\0\0\0", 8));
  EXPECT_EQ(madt.text(52, 8), std::string("\0\x08\x01\x01\x01\0\0\0", 8));
  // 5.2.12.3: type 1, length 12, id, reserved, address, first GSI
  EXPECT_EQ(madt.text(60, 12), std::string("\x01\x0c\0\0\0\0\xc0\xfe\0\0\0\0", 12));
  // 5.2.12.7: type 4, length 6, UID of all, flags, LINT1
  EXPECT_EQ(madt.text(72, 6), std::string("\x04\x06\xff\x05\0\x01", 6));
  EXPECT_EQ(madt.size(), 78u);
}

TEST(Madt, OverridesNoIsaInterruptBecauseEachIsTheGsiOfItsNumber) {  // 5.2.12.5: type 2
  EXPECT_EQ(madt_entry_types(View(build(), "APIC"))[2], 0);
}

TEST(Madt, Of255CpusNeedsNoX2apicEntry) {
  const auto count = madt_entry_types(View(build(board(255)), "APIC"));
  const std::map<std::uint64_t, int> expected{{0, 255}, {1, 1}, {4, 1}};
  EXPECT_EQ(count, expected);
}

TEST(Madt, Of300CpusHas45X2apicEntriesAndTheirNmi) {  // 5.2.12.12: type 9; 5.2.12.13: type 10
  const AcpiImage image = build(board(300));
  const std::map<std::uint64_t, int> expected{{0, 255}, {1, 1}, {4, 1}, {9, 45}, {10, 1}};
  EXPECT_EQ(madt_entry_types(View(image, "APIC")), expected);
}

TEST(Madt, TheFirstX2apicEntryIsThatOfId255) {  // 5.2.12.12
  const AcpiImage image = build(board(300));
  const View madt{image, "APIC"};
  const std::size_t at = 44 + 255 * 8;
  EXPECT_EQ(madt.number(at, 1), 9u);
  EXPECT_EQ(madt.number(at + 1, 1), 16u);
  EXPECT_EQ(madt.number(at + 4, 4), 255u);   // x2APIC id
  EXPECT_EQ(madt.number(at + 8, 4), 1u);     // enabled
  EXPECT_EQ(madt.number(at + 12, 4), 255u);  // UID
}

TEST(Dsdt, HoldsThePowerOffTypeOfTheBoard) {  // 7.4.2.6; AML of a package: 20.2.5.4
  const AcpiImage image = build();
  const View dsdt{image, "DSDT"};
  EXPECT_EQ(dsdt.text(36, 13), std::string("\x08_S5_\x12\x07\x04\x0a\x06\0\0\0", 13));
}

TEST(BuildAcpi, RefusesMoreCpusThanThereIsRoomForAndSaysSo) {
  const auto image = build_acpi(board(20'000), base, room);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().blame, Blame::usage);
  EXPECT_EQ(image.error().text,
            "the ACPI tables of 20000 CPUs do not fit into the 131072 bytes at 0xe0000; "
            "configure fewer CPUs");
}

TEST(BuildAcpi, RefusesAnAbsurdNumberOfCpusWithoutBuildingAnything) {
  EXPECT_FALSE(build_acpi(board(std::numeric_limits<std::uint32_t>::max()), base, room));
}

TEST(BuildAcpi, FitsExactlyIntoWhatItTakesAndNotIntoOneByteLess) {
  const AcpiTable last = build().tables.back();
  const std::uint64_t takes = align_up(last.at + last.bytes.size() - base, 16);
  EXPECT_TRUE(build_acpi(board(), base, takes));
  EXPECT_FALSE(build_acpi(board(), base, takes - 1));
}

TEST(BuildAcpiDeathTest, ARsdpThatGuestsWouldNotFindIsOurBug) {
  EXPECT_DEATH((void)build_acpi(board(), Gpa{0xe'0008}, room), "contract");
}

TEST(StoreAcpi, PutsEachTableWhereTheOthersSayItIs) {
  std::vector<std::byte> ram(1_MiB);
  const GuestMem memory{{RamRegion{Gpa{0}, ram}}};
  const AcpiImage image = build();
  ASSERT_TRUE(store_acpi(memory, image));
  for (const AcpiTable& table : image.tables) {
    std::vector<std::byte> stored(table.bytes.size());
    ASSERT_TRUE(memory.read(table.at, stored));
    EXPECT_EQ(stored, table.bytes) << table.name;
  }
}

TEST(StoreAcpi, WithoutRamAtTheirPlaceIsAnError) {
  std::vector<std::byte> ram(512_KiB);
  const GuestMem memory{{RamRegion{Gpa{0}, ram}}};
  const auto stored = store_acpi(memory, build());
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().text,
            "the ACPI table RSDP needs 36 bytes at 0xe0000, where the guest has no RAM; "
            "configure more memory");
}

}  // namespace
}  // namespace takt
