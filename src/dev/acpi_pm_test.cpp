// SPDX-License-Identifier: Apache-2.0
#include "dev/acpi_pm.h"

#include <gtest/gtest.h>

#include "dev/fakes.h"

namespace takt {
namespace {

struct AcpiPmTest : testing::Test {
  fakes::RecordingVmControl control;
  AcpiPm pm{control};
};

TEST_F(AcpiPmTest, SlpEnWithTheTypeOfS5PowersOff) {  // ACPI 6.5, 4.8.3.7
  fakes::outb(pm, AcpiPm::sleep_control_offset, 5 << 2 | 1 << 5);
  EXPECT_EQ(control.power_offs, 1u);
  EXPECT_EQ(control.resets, 0u);
}

TEST_F(AcpiPmTest, TypeWithoutSlpEnDoesNothing) {
  fakes::outb(pm, AcpiPm::sleep_control_offset, 5 << 2);
  EXPECT_EQ(control.power_offs, 0u);
}

TEST_F(AcpiPmTest, OtherSleepingStatesAreIgnored) {
  fakes::outb(pm, AcpiPm::sleep_control_offset, 3 << 2 | 1 << 5);
  EXPECT_EQ(control.power_offs, 0u);
}

TEST_F(AcpiPmTest, SlpTypIsKeptAndSlpEnReadsZero) {
  fakes::outb(pm, AcpiPm::sleep_control_offset, 0xff & ~(1 << 2));
  EXPECT_EQ(fakes::inb(pm, AcpiPm::sleep_control_offset), 6 << 2);
}

TEST_F(AcpiPmTest, WakStsIsZeroWhateverIsWritten) {
  fakes::outb(pm, AcpiPm::sleep_status_offset, 0xff);
  EXPECT_EQ(fakes::inb(pm, AcpiPm::sleep_status_offset), 0);
}

TEST_F(AcpiPmTest, ResetRegisterTakesItsValueOnly) {  // 4.8.3.6
  fakes::outb(pm, AcpiPm::reset_offset, 0);
  fakes::outb(pm, AcpiPm::reset_offset, 3);
  EXPECT_EQ(control.resets, 0u);
  fakes::outb(pm, AcpiPm::reset_offset, AcpiPm::reset_value);
  EXPECT_EQ(control.resets, 1u);
  EXPECT_EQ(fakes::inb(pm, AcpiPm::reset_offset), 0);
}

}  // namespace
}  // namespace takt
