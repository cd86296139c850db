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

TEST_F(Iasl, FindsTheFieldsOfTheFadtUnderTheirNames) {
  ASSERT_TRUE(dump_acpi(build(), (temp_ / "").string()));
  expect_silence_from("-d facp.dat");
  const std::string text = temp_.read("facp.dsl");
  EXPECT_NE(text.find("Hardware Reduced (V5) : 1"), std::string::npos) << text;
  EXPECT_NE(text.find("Reset Register Supported (V2) : 1"), std::string::npos) << text;
  EXPECT_NE(text.find("Value to cause reset : 42"), std::string::npos) << text;
}

TEST_F(Iasl, FindsNoConflictWhenAllAmlIsLoadedTogether) {
  ASSERT_TRUE(dump_acpi(build(), (temp_ / "").string()));
  expect_silence_from("-e ssdt1.dat ssdt2.dat -d dsdt.dat");
}

}  // namespace
}  // namespace takt
