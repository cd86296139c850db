// SPDX-License-Identifier: Apache-2.0
// Power-off and reset of a hardware-reduced ACPI platform: the sleep control and sleep status
// registers (ACPI 6.5, 4.8.3.7) and the reset register that the FADT names (4.8.3.6). The ACPI
// tables take offsets and values from here.
//
// Not modelled: sleeping states other than S5 (the DSDT declares none; entering one does nothing),
// so WAK_STS is always 0.
//
// A single-threaded state machine: vCPU threads come through bus/serialized.h.
#pragma once

#include <cstdint>

#include "base/bits.h"
#include "bus/device.h"
#include "bus/vm_control.h"

namespace takt {

class AcpiPm : public Device {
 public:
  static constexpr std::uint64_t region_bytes = 3;
  static constexpr Width widest = Width::b1;
  static constexpr std::uint64_t sleep_control_offset = 0;  // FADT SLEEP_CONTROL_REG
  static constexpr std::uint64_t sleep_status_offset = 1;   // FADT SLEEP_STATUS_REG
  static constexpr std::uint64_t reset_offset = 2;          // FADT RESET_REG
  static constexpr std::uint8_t reset_value = 1;            // FADT RESET_VALUE
  static constexpr std::uint8_t sleep_type_s5 = 5;          // DSDT \_S5

  struct SleepControl {
    using slp_en = Field<5, 5, std::uint8_t, bool>;  // write only
    using slp_typ = Field<4, 2, std::uint8_t>;
    std::uint8_t raw = 0;
  };
  struct SleepStatus {
    using wak_sts = Field<7, 7, std::uint8_t, bool>;
  };
  struct State {
    static constexpr std::uint32_t version = 1;
    SleepControl sleep_control = {};
  };

  explicit AcpiPm(VmControl& control) : control_{control} {}

  [[nodiscard]] std::string_view name() const override { return "acpi_pm"; }
  std::uint64_t read(Access access) RT override;
  void write(Access access, std::uint64_t value) RT override;

  [[nodiscard]] const State& state() const RT { return state_; }

 private:
  void write_sleep_control(std::uint8_t value) RT;

  VmControl& control_;
  State state_;
};
static_assert(AcpiPm::SleepControl::slp_typ::get(AcpiPm::sleep_type_s5 << 2) ==
              AcpiPm::sleep_type_s5);

}  // namespace takt
