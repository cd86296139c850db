// SPDX-License-Identifier: Apache-2.0
// What ACPICA's own tool thinks of the tables. It reads them independently of our layout: each is
// disassembled and compiled again, and what comes out must be what the guest sees.
#include <gtest/gtest.h>

#include <cctype>
#include <fstream>
#include <string>
#include <string_view>

#include "boot/acpi_tables.h"
#include "boot/acpi_test_board.h"
#include "boot/test_run.h"
#include "boot/test_temp_dir.h"

namespace takt {
namespace {

using namespace acpi_test;

/// iasl counts what it finds at the end; all the rest that speaks of errors or warnings is one.
bool complains(std::string output) {
  for (const std::string_view all_is_well : {"0 Errors", "0 Warnings", "0 Remarks"})
    if (const auto at = output.find(all_is_well); at != std::string::npos)
      output.erase(at, all_is_well.size());
  for (char& c : output) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const std::string_view bad : {"error", "warning", "remark", "invalid", "incorrect"})
    if (output.find(bad) != std::string::npos) return true;
  return false;
}

class Iasl : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(run("iasl -v").status, 0)
        << "iasl does not run; these tests need it: apt-get install acpica-tools";
  }

  /// Runs iasl on `arguments` inside the test's directory.
  void expect_silence_from(const std::string& arguments) {
    const Finished iasl = run("cd '" + temp_.path().string() + "' && iasl -vs " + arguments);
    EXPECT_EQ(iasl.status, 0) << "iasl " << arguments << "\n" << iasl.output;
    EXPECT_FALSE(complains(iasl.output)) << "iasl " << arguments << "\n" << iasl.output;
  }

  /// Disassembles NAME.dat and compiles the result; -z keeps iasl from putting its own mark into
  /// it.
  void expect_round_trip(const AcpiImage& image, const std::string& name) {
    ASSERT_TRUE(dump_acpi(image, (temp_ / "").string()));
    expect_silence_from("-d " + name + ".dat");
    expect_silence_from("-we -z -p again " + name + ".dsl");
    const std::string original = temp_.read(name + ".dat");
    EXPECT_FALSE(original.empty());
    EXPECT_TRUE(temp_.read("again.aml") == original)
        << name << ": iasl understands another table than we wrote\n"
        << temp_.read(name + ".dsl");
  }

  TempDir temp_;
};

// iasl compiles an RSDP but does not disassemble one.
TEST_F(Iasl, AgreesWithTheRsdp) {
  std::ofstream{temp_ / "rsdp.asl"} << R"(
    Signature : "RSD PTR "
    Checksum : 00
    Oem ID : "TAKTVM"
    Revision : 02
    RSDT Address : 00000000
    Length : 00000024
    XSDT Address : 00000000000E0030
    Extended Checksum : 00
    Reserved : 000000
)";
  expect_silence_from("-we -z -p again rsdp.asl");
  const View rsdp{build(), "RSDP"};
  EXPECT_TRUE(temp_.read("again.aml") == rsdp.text(0, rsdp.size()));
}

TEST_F(Iasl, AgreesWithTheXsdt) { expect_round_trip(build(), "xsdt"); }
TEST_F(Iasl, AgreesWithTheFadt) { expect_round_trip(build(), "facp"); }
TEST_F(Iasl, AgreesWithTheMadt) { expect_round_trip(build(), "apic"); }
TEST_F(Iasl, AgreesWithTheMadtOf300Cpus) { expect_round_trip(build(board(300)), "apic"); }
TEST_F(Iasl, AgreesWithTheDsdt) { expect_round_trip(build(), "dsdt"); }
TEST_F(Iasl, AgreesWithTheTableOfCom1) { expect_round_trip(build(), "ssdt1"); }
TEST_F(Iasl, AgreesWithTheTableOfTheRtc) { expect_round_trip(build(), "ssdt2"); }
TEST_F(Iasl, AgreesWithTheTableOfThePciHostBridge) {
  expect_round_trip(build(pci_board()), "ssdt3");
}
TEST_F(Iasl, AgreesWithTheMcfg) { expect_round_trip(build(pci_board()), "mcfg"); }
TEST_F(Iasl, AgreesWithThatOfOneWithout64BitWindow) {
  expect_round_trip(build(pci_board_without_mmio64()), "ssdt3");
}

AcpiConfig board_with_windows(unsigned windows) {
  AcpiConfig config = board();
  config.virtio_mmio = windows;
  return config;
}

TEST_F(Iasl, AgreesWithTheTableOfVirtiosWindows) {
  expect_round_trip(build(board_with_windows(5)), "ssdt3");
}

TEST_F(Iasl, AsManyOfVirtiosWindowsArePresentAsTheBoardHas) {
  ASSERT_TRUE(dump_acpi(build(board_with_windows(5)), (temp_ / "").string()));
  const auto status_of = [&](const std::string& device) {
    return run("cd '" + temp_.path().string() + "' && acpiexec -b 'execute \\_SB." + device +
               "._STA; quit' dsdt.dat ssdt3.dat")
        .output;
  };
  EXPECT_NE(status_of("VIO0").find("[Integer] = 000000000000000F"), std::string::npos);
  EXPECT_NE(status_of("VIO4").find("[Integer] = 000000000000000F"), std::string::npos);
  EXPECT_NE(status_of("VIO5").find("[Integer] = 0000000000000000"), std::string::npos);
}

TEST_F(Iasl, FindsTheWindowsOfTheHostBridgeAsTheBoardHasThem) {
  ASSERT_TRUE(dump_acpi(build(pci_board()), (temp_ / "").string()));
  expect_silence_from("-d ssdt3.dat");
  const std::string text = temp_.read("ssdt3.dsl");
  for (const char* line :
       {"0xE1200000,         // Address Base", "0x00100000,         // Address Length",
        "0xC1000000,         // Range Minimum", "0xD8FFFFFF,         // Range Maximum",
        "0x18000000,         // Length", "0x0000012340000000, // Range Minimum",
        "0x000001793FFFFFFF, // Range Maximum", "0x0000005600000000, // Length"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
}

// ACPICA's interpreter, from the same package. The arguments of _OSC: UUID, revision, count, and
// status, support and control. PCI Firmware Specification 3.3, 4.5.1.
TEST_F(Iasl, TheHostBridgeGrantsAllOfItsControlsButHotPlug) {
  ASSERT_TRUE(dump_acpi(build(pci_board()), (temp_ / "").string()));
  const auto osc = [&](const std::string& arguments) {
    return run("cd '" + temp_.path().string() + "' && acpiexec -b 'execute \\_SB.PCI0._OSC " +
               arguments + "; quit' dsdt.dat ssdt3.dat")
        .output;
  };
  const std::string uuid = "(5B4DDB33F71F1C4096577441C03DD766)";
  EXPECT_NE(osc(uuid + " 1 3 (000000001F000000FF000000)").find("10 00 00 00 1F 00 00 00 1C 00"),
            std::string::npos);  // masked
  EXPECT_NE(osc(uuid + " 1 3 (000000001F0000001C000000)").find("00 00 00 00 1F 00 00 00 1C 00"),
            std::string::npos);
  EXPECT_NE(osc(uuid + " 2 3 (000000001F0000001C000000)").find("08 00 00 00 1F 00 00 00 1C 00"),
            std::string::npos);  // unknown revision
  EXPECT_NE(osc("(00000000000000000000000000000000) 1 3 (000000001F0000001C000000)")
                .find("04 00 00 00 1F 00 00 00 1C 00"),
            std::string::npos);  // unknown UUID
}

TEST_F(Iasl, FindsTheFieldsOfTheFadtUnderTheirNames) {
  ASSERT_TRUE(dump_acpi(build(), (temp_ / "").string()));
  expect_silence_from("-d facp.dat");
  const std::string text = temp_.read("facp.dsl");
  EXPECT_NE(text.find("Hardware Reduced (V5) : 1"), std::string::npos) << text;
  EXPECT_NE(text.find("Reset Register Supported (V2) : 1"), std::string::npos) << text;
  EXPECT_NE(text.find("Value to cause reset : 42"), std::string::npos) << text;
}

TEST_F(Iasl, FindsNoConflictWhenAllAmlIsLoadedTogether) {
  ASSERT_TRUE(dump_acpi(build(pci_board()), (temp_ / "").string()));
  expect_silence_from("-e ssdt1.dat ssdt2.dat ssdt3.dat -d dsdt.dat");
}

}  // namespace
}  // namespace takt
