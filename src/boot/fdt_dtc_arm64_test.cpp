// SPDX-License-Identifier: Apache-2.0
// What the device tree compiler thinks of our trees. It reads them independently of our writer and
// knows many rules of the specification and of the bindings: with all warnings on, it is silent.
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "boot/test_fdt_arm64.h"
#include "boot/test_result.h"
#include "boot/test_run.h"
#include "boot/test_temp_dir.h"

namespace takt {
namespace {

using namespace test_fdt;

class Dtc : public testing::Test {
 protected:
  void SetUp() override {
    if (run("dtc --version").status != 0)
      GTEST_SKIP() << "dtc does not run: apt-get install device-tree-compiler";
  }

  void expect_silence_about(const FdtConfig& config) {
    const auto fdt = build_fdt(config);
    ASSERT_TRUE(accepted(fdt));
    std::ofstream{temp_ / "board.dtb", std::ios::binary}.write(
        reinterpret_cast<const char*>(fdt->data()), static_cast<std::streamsize>(fdt->size()));
    const Finished dtc = dtc_on("board.dtb");
    EXPECT_EQ(dtc.status, 0);
    EXPECT_EQ(dtc.output, "") << temp_.read("board.dts");
  }

  /// Named are the warnings that dtc has off: there is no option for all.
  Finished dtc_on(const std::string& name) {
    return run("cd '" + temp_.path().string() +
               "' && dtc -I dtb -O dts -o board.dts -Wnode_name_chars_strict "
               "-Wproperty_name_chars_strict -Wunique_unit_address_if_enabled " +
               name);
  }

  TempDir temp_;
};

TEST_F(Dtc, IsSilentAboutAGicV3BoardWithEverything) { expect_silence_about(board()); }
TEST_F(Dtc, IsSilentAboutAGicV2BoardWithEverything) { expect_silence_about(gicv2_board()); }

TEST_F(Dtc, IsSilentAboutPciWithAnIts) { expect_silence_about(with_pci(board())); }
TEST_F(Dtc, IsSilentAboutPciWithAnMsiFrame) { expect_silence_about(with_pci(gicv2_board())); }

TEST_F(Dtc, IsSilentAboutPciWithoutMsisAndWithout64BitWindow) {
  FdtConfig config = with_pci(board());
  std::get_if<FdtGicV3>(&config.gic)->its.reset();
  config.pci->mmio64.reset();
  expect_silence_about(config);
}

TEST_F(Dtc, IsSilentAboutTheSmallestBoard) {
  FdtConfig config{.cpus = {0},
                   .memory = {{Gpa{0x4000'0000}, 64_MiB}},
                   .psci = FdtPsci::v0_2,
                   .pmu = false,
                   .gic = FdtGicV3{.distributor = {Gpa{0x800'0000}, 0x1'0000},
                                   .redistributors = {{Gpa{0x80a'0000}, 0x2'0000}},
                                   .its = {}},
                   .uart = FdtNs16550a{{{Gpa{0x900'0000}, 8}, Gsi{1}}},
                   .pl031 = {},
                   .pl061 = {},
                   .extra = {},
                   .chosen = {}};
  expect_silence_about(config);
}

TEST_F(Dtc, IsSilentAbout300CpusAndThreeRegionsOfMemory) {
  FdtConfig config = board();
  for (std::uint64_t i = 2; i < 300; ++i) config.cpus.push_back(i / 16 << 8 | i % 16);
  config.memory.push_back({Gpa{4_GiB}, 4_GiB});
  config.memory.push_back({Gpa{1024_GiB}, 4_GiB});
  expect_silence_about(config);
}

TEST_F(Dtc, ComplainsAboutATreeThatIsWrong) {
  std::ofstream{temp_ / "bad.dts"} << "/dts-v1/; / { a@1 { }; };";
  const Finished dtc = run("cd '" + temp_.path().string() + "' && dtc -O dtb -o bad.dtb bad.dts");
  EXPECT_NE(dtc.output.find("unit_address_vs_reg"), std::string::npos) << dtc.output;
}

}  // namespace
}  // namespace takt
