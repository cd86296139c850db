// SPDX-License-Identifier: Apache-2.0
// Registers, EEPROM, PHY, link and I/O space. Sections are those of 317453.
#include "pci/e1000.h"

#include "bus/serialized.h"
#include "pci/e1000_fixture.h"

namespace takt::e1000 {
namespace {

using E1000Registers = E1000Fixture;

TEST_F(E1000Registers, ResetValuesAreTheTables) {
  for (const Row& row : table)
    if (row.reg != Reg::CTRL_DUP && row.reg != Reg::RAL && row.reg != Reg::EECD) {
      EXPECT_EQ(in(row.reg), row.reset) << row.name;
    }
  EXPECT_EQ(in(Reg::CTRL_DUP), in(Reg::CTRL));
}

TEST_F(E1000Registers, StatusSaysLinkUpGigabitFullDuplex) {  // 13.4.2
  EXPECT_EQ(in(Reg::STATUS), 0x0283u);
}

TEST_F(E1000Registers, FirstReceiveAddressComesFromTheEeprom) {  // 5.6.1
  EXPECT_EQ(in(Reg::RAL), 0x1200'5452u);
  EXPECT_EQ(in(Reg::RAH), 0x8000'5634u);
}

TEST_F(E1000Registers, ReservedBitsKeepTheirResetValue) {
  out(Reg::RDLEN, 0xffff'ffff);
  out(Reg::RDBAL, 0xffff'ffff);
  EXPECT_EQ(in(Reg::RDLEN), 0x000f'ff80u);
  EXPECT_EQ(in(Reg::RDBAL), 0xffff'fff0u);
}

TEST_F(E1000Registers, TablesKeepAllTheirWords) {
  out(Reg::MTA, 0x1234'5678, 127);
  out(Reg::VFTA, 0x8765'4321, 127);
  out(Reg::RAL, 0xdead'beef, 30);
  EXPECT_EQ(in(Reg::MTA, 127), 0x1234'5678u);
  EXPECT_EQ(in(Reg::VFTA, 127), 0x8765'4321u);
  EXPECT_EQ(in(Reg::RAL, 30), 0xdead'beefu);
}

TEST_F(E1000Registers, DeviceResetRestoresAllAndClearsItself) {  // 13.4.1 RST
  out(Reg::IMS, 0xff);
  out(Reg::TDT, 5);
  out(Reg::RAL, 0);
  out(Reg::CTRL, 1u << 26);
  EXPECT_EQ(in(Reg::CTRL), 0x0209u);
  EXPECT_EQ(in(Reg::IMS), 0u);
  EXPECT_EQ(in(Reg::TDT), 0u);
  EXPECT_EQ(in(Reg::RAL), 0x1200'5452u);
}

TEST_F(E1000Registers, NarrowReadGetsItsPartAndNarrowWriteIsDropped) {
  out(Reg::VET, 0x8100);
  EXPECT_EQ(device.read({0x39, Width::b1}) & 0xff, 0x81u);
  device.write({0x38, Width::b2}, 0x88a8);
  EXPECT_EQ(in(Reg::VET), 0x8100u);
  EXPECT_EQ(device.counters().odd_accesses, 1u);
}

TEST_F(E1000Registers, BeyondTheRegistersThereIsNothing) {
  device.write({0x1'fffc, Width::b4}, 1);
  EXPECT_EQ(device.read({0x1'fffc, Width::b4}), 0u);
  EXPECT_EQ(device.read({0x6000, Width::b4}), 0u);
}

TEST_F(E1000Registers, InterruptRegistersAndRdtAreInlineAndTdtIsPosted) {
  const AccessRules rules = device.rules();
  EXPECT_EQ(rules.read(0xc0, 4), Run::in_line);
  EXPECT_EQ(rules.write(0xd0, 4), Run::in_line);
  EXPECT_EQ(rules.write(0xd8, 4), Run::in_line);
  EXPECT_EQ(rules.read(0x8, 4), Run::in_line);
  EXPECT_EQ(rules.write(0x3818, 4), Run::posted);
  EXPECT_EQ(rules.write(0x2818, 4), Run::in_line);
  EXPECT_EQ(rules.read(0x3818, 4), Run::synchronous);
  EXPECT_EQ(rules.write(0x0, 4), Run::synchronous);
}

// --- EEPROM ---

TEST_F(E1000Registers, EepromSumsToBabaThroughEerd) {  // 5.6.35, 13.4.4
  std::uint16_t sum = 0;
  for (std::uint32_t n = 0; n < 64; ++n) {
    out(Reg::EERD, n << 8 | 1);
    EXPECT_EQ(in(Reg::EERD) & 0x11, 0x10u);
    sum = static_cast<std::uint16_t>(sum + (in(Reg::EERD) >> 16));
  }
  EXPECT_EQ(sum, 0xbaba);
}

/// As a driver does it: 13.4.3 and the Microwire protocol.
struct E1000Microwire : E1000Registers {
  static constexpr std::uint32_t sk = 1, cs = 2, di = 4, dout = 8, req = 0x40, gnt = 0x80;
  void clock(std::uint32_t bits) {
    out(Reg::EECD, req | cs | bits);
    out(Reg::EECD, req | cs | bits | sk);
    out(Reg::EECD, req | cs | bits);
  }
  std::uint16_t read_word(std::uint32_t address) {
    out(Reg::EECD, req);
    out(Reg::EECD, req | cs);
    const std::uint32_t command = 6u << 6 | address;
    for (int n = 8; n >= 0; --n) clock((command >> n & 1) != 0 ? di : 0);
    EXPECT_EQ(in(Reg::EECD)&dout, 0u);  // the dummy bit
    std::uint16_t word = 0;
    for (int n = 0; n < 16; ++n) {
      out(Reg::EECD, req | cs | sk);
      word = static_cast<std::uint16_t>(word << 1 | ((in(Reg::EECD)&dout) != 0 ? 1 : 0));
      out(Reg::EECD, req | cs);
    }
    out(Reg::EECD, req);
    return word;
  }
};

TEST_F(E1000Microwire, RequestIsGrantedAtOnce) {
  EXPECT_EQ(in(Reg::EECD)&gnt, 0u);
  out(Reg::EECD, req);
  EXPECT_EQ(in(Reg::EECD)&gnt, gnt);
}

TEST_F(E1000Microwire, WordsComeBitByBitMostSignificantFirst) {
  EXPECT_EQ(read_word(0), 0x5452);
  EXPECT_EQ(read_word(2), 0x5634);
  EXPECT_EQ(read_word(0x0d), 0x100e);
}

TEST_F(E1000Microwire, AWriteCommandChangesNothing) {
  out(Reg::EECD, req | cs);
  for (int n = 0; n < 9 + 16; ++n) clock(n == 1 ? 0 : di);  // 1 01 ...
  out(Reg::EECD, req);
  EXPECT_EQ(read_word(0), 0x5452);
}

// --- PHY ---

struct E1000Phy : E1000Registers {
  std::uint32_t phy_read(std::uint32_t reg, std::uint32_t address = 1) {
    out(Reg::MDIC, 2u << 26 | address << 21 | reg << 16);
    EXPECT_NE(in(Reg::MDIC) & 1u << 28, 0u);
    return in(Reg::MDIC);
  }
  void phy_write(std::uint32_t reg, std::uint32_t value) {
    out(Reg::MDIC, 1u << 26 | 1u << 21 | reg << 16 | value);
  }
};

TEST_F(E1000Phy, IdentifiesItselfAndHasNegotiated) {  // what Linux's driver looks for
  EXPECT_EQ(phy_read(2) & 0xffff, 0x0141u);
  EXPECT_EQ(phy_read(3) & 0xfff0, 0x0c20u);
  EXPECT_EQ(phy_read(1) & 0x24, 0x24u);
  EXPECT_EQ(phy_read(17) & 0xfc00, 0xac00u);
}

TEST_F(E1000Phy, NobodyAnswersAtAnotherAddress) {  // 13.4.6 E
  EXPECT_NE(phy_read(2, 0) & 1u << 30, 0u);
  EXPECT_EQ(phy_read(2, 1) & 1u << 30, 0u);
}

TEST_F(E1000Phy, ResetBitClearsItselfAndTheLinkComesUpAgain) {
  (void)in(Reg::ICR);
  phy_write(0, 0x9140);
  EXPECT_EQ(phy_read(0) & 0xffff, 0x1140u);
  EXPECT_EQ(in(Reg::ICR), Cause::lsc);
}

TEST_F(E1000Phy, MdiInterruptEnableSetsMdac) {
  (void)in(Reg::ICR);
  out(Reg::MDIC, 1u << 29 | 2u << 26 | 1u << 21 | 1u << 16);
  EXPECT_EQ(in(Reg::ICR), Cause::mdac);
}

TEST_F(E1000Phy, LinkLossIsLatchedUntilItWasRead) {  // IEEE 802.3, 22.2.4.2.13
  device.set_link(false);
  device.set_link(true);
  EXPECT_EQ(phy_read(1) & 4, 0u);
  EXPECT_EQ(phy_read(1) & 4, 4u);
}

TEST_F(E1000Registers, LinkChangesSetLscOnceEach) {
  (void)in(Reg::ICR);
  out(Reg::IMS, Cause::lsc);
  device.set_link(false);
  EXPECT_TRUE(line.now);
  EXPECT_EQ(in(Reg::ICR), Cause::lsc);
  EXPECT_EQ(in(Reg::STATUS) & 2, 0u);
  device.set_link(false);
  EXPECT_EQ(in(Reg::ICR), 0u);
  device.set_link(true);
  EXPECT_EQ(in(Reg::ICR), Cause::lsc);
  EXPECT_EQ(in(Reg::STATUS) & 2, 2u);
}

// --- I/O space ---

TEST_F(E1000Registers, IoSpaceReachesTheMemoryRegisters) {  // 13.3.1
  Serialized guarded{device};
  E1000Io io{guarded};
  io.write({0, Width::b4}, 0x38);
  io.write({4, Width::b4}, 0x88a8);
  EXPECT_EQ(in(Reg::VET), 0x88a8u);
  EXPECT_EQ(io.read({4, Width::b4}), 0x88a8u);
  EXPECT_EQ(io.read({0, Width::b4}), 0x38u);
}

TEST_F(E1000Registers, IoAddressBeyondTheMemoryReachesNothing) {
  E1000Io io{device};
  io.write({0, Width::b4}, 0x2'0000);
  io.write({4, Width::b4}, 1);
  EXPECT_EQ(io.read({4, Width::b4}), 0u);
}

}  // namespace
}  // namespace takt::e1000
