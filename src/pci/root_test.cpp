// SPDX-License-Identifier: Apache-2.0
#include "pci/root.h"

#include <gtest/gtest.h>

#include "pci/fakes.h"
#include "pci/regs.h"

namespace takt::pci {
namespace {

class RootTest : public testing::Test {
 protected:
  RootTest() {
    function.add_bar({.index = 0, .bytes = 0x1000, .device = &registers});
    upkeep.attach(5, function);
    upkeep.attach(mapper);
  }
  static std::uint64_t at(unsigned slot, std::uint64_t reg) { return slot << 15 | reg; }

  fakes::Registers registers;
  fakes::RecordingMapper mapper;
  Upkeep upkeep;
  Function function{{.vendor = 0x1af4, .device = 0x1041}};
  Root root{upkeep};
  Ecam ecam{root};
  ConfigPorts ports{root};
};

TEST_F(RootTest, TheHostBridgeIsAtSlot0) {
  EXPECT_EQ(ecam.read({at(0, 0x0a), Width::b2}), 0x0600u);
}

TEST_F(RootTest, WhereNoFunctionIsAllBitsReadAsOnes) {
  EXPECT_EQ(ecam.read({at(1, 0), Width::b4}), 0xffffffffu);
  EXPECT_EQ(ecam.read({at(5, 0) | 1u << 12, Width::b4}), 0xffffffffu);
  ecam.write({at(1, 4), Width::b2}, 7);
}

TEST_F(RootTest, BothWaysLeadToTheSameRegisters) {
  EXPECT_EQ(ecam.read({at(5, 0), Width::b4}), 0x10411af4u);
  ports.write({0, Width::b4}, 0x80000000 | 5u << 11);
  EXPECT_EQ(ports.read({4, Width::b4}), 0x10411af4u);
  EXPECT_EQ(ports.read({6, Width::b2}), 0x1041u);
  ports.write({0, Width::b4}, 0x80000000 | 5u << 11 | 0x3c);
  ports.write({4, Width::b1}, 9);
  EXPECT_EQ(ecam.read({at(5, 0x3c), Width::b1}), 9u);
}

TEST_F(RootTest, ThePortsNeedTheEnableBitAndBus0) {
  ports.write({0, Width::b4}, 5u << 11);
  EXPECT_EQ(ports.read({4, Width::b4}), 0xffffffffu);
  ports.write({0, Width::b4}, 0x80010000 | 5u << 11);
  EXPECT_EQ(ports.read({4, Width::b4}), 0xffffffffu);
  EXPECT_EQ(ports.read({0, Width::b4}), 0x80010000u | 5u << 11);
  ports.write({1, Width::b1}, 0x55);  // port 0xcf9 is not part of it
  EXPECT_EQ(ports.read({0, Width::b4}), 0x80010000u | 5u << 11);
}

TEST_F(RootTest, AMoveOfABarIsDoneBeforeTheWriteReturns) {
  ecam.write({at(5, 0x10), Width::b4}, 0xc0001000);
  EXPECT_EQ(mapper.calls, 0u);
  ecam.write({at(5, 4), Width::b2}, 2);
  ASSERT_EQ(mapper.bars.size(), 1u);
  EXPECT_EQ(mapper.bars[0].start, 0xc0001000u);
  ecam.write({at(5, 0x10), Width::b4}, 0xc0002000);
  EXPECT_EQ(mapper.bars[0].start, 0xc0002000u);
  ecam.write({at(5, 4), Width::b2}, 0);
  EXPECT_TRUE(mapper.bars.empty());
}

TEST_F(RootTest, AnAccessToAWindowReachesWhatIsBehindIt) {
  fakes::Registers behind;
  function.add_window(0x60, behind);
  EXPECT_EQ(ecam.read({at(5, 0x60), Width::b4}), 0x11223344u);
  ecam.write({at(5, 0x62), Width::b2}, 0xabcd);
  EXPECT_EQ(behind.last.offset, 2u);
  EXPECT_EQ(behind.written, 0xabcdu);
}

}  // namespace
}  // namespace takt::pci
