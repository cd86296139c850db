// SPDX-License-Identifier: Apache-2.0
#include "dev/acpi_pm.h"

namespace takt {

std::uint64_t AcpiPm::read(Access access) RT {
  return access.offset == sleep_control_offset ? state_.sleep_control.raw : 0;
}

void AcpiPm::write(Access access, std::uint64_t value) RT {
  const auto byte = static_cast<std::uint8_t>(value);
  if (access.offset == sleep_control_offset) write_sleep_control(byte);
  if (access.offset == reset_offset && byte == reset_value) control_.request_reset();
}

void AcpiPm::write_sleep_control(std::uint8_t value) RT {
  state_.sleep_control.raw = value & SleepControl::slp_typ::mask;
  const bool s5 = SleepControl::slp_typ::get(value) == sleep_type_s5;
  if (s5 && SleepControl::slp_en::get(value)) control_.request_power_off();
}

}  // namespace takt
