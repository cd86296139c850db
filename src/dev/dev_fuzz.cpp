// SPDX-License-Identifier: Apache-2.0
// Any sequence of accesses to the small devices, at any offset and of any width, beside a plain
// model of what each may do.
#include <array>
#include <cstdlib>
#include <cstring>
#include <span>

#include "base/bits.h"
#include "dev/acpi_pm.h"
#include "dev/debug_console.h"
#include "dev/debug_exit.h"
#include "dev/fakes.h"
#include "dev/i8042.h"
#include "dev/test_device.h"

namespace takt {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

struct Op {
  std::uint8_t device = 0;
  std::uint8_t kind = 0;  // bits 1..0 width, bit 2 write
  std::uint16_t offset = 0;
  std::uint64_t value = 0;
  [[nodiscard]] Width width() const { return static_cast<Width>(1 << (kind & 3)); }
  [[nodiscard]] bool is_write() const { return (kind & 4) != 0; }
};

class Run {
 public:
  void step(const Op& op) {
    switch (op.device % 5) {
      case 0: return step_scratch(op);
      case 1: access(i8042_, op); return check_i8042();
      case 2: return step_acpi_pm(op);
      case 3: return step_debug_exit(op);
      default: return step_debug_console(op);
    }
  }

 private:
  static std::uint64_t access(Device& device, const Op& op) {
    const Access where{op.offset, op.width()};
    if (!op.is_write()) return device.read(where);
    device.write(where, op.value & width_mask(op.width()));
    return 0;
  }

  void step_scratch(Op op) {
    op.offset = static_cast<std::uint16_t>(op.offset % (mirror_.size() - bytes(op.width()) + 1));
    const std::uint64_t value = access(scratch_, op);
    std::uint8_t* mirror = &mirror_[op.offset];
    if (op.is_write())
      std::memcpy(mirror, &op.value, bytes(op.width()));  // a little-endian host
    else
      require(std::memcmp(mirror, &value, bytes(op.width())) == 0);
  }

  void check_i8042() const {
    require((i8042_.state().output_port.raw & 3) == 3);
    require(control_.power_offs == power_offs_ && control_.debug_exits == exits_);
  }

  void step_acpi_pm(const Op& op) {
    const bool off = op.is_write() && op.offset == 0 && (op.value & 0x3c) == 0x34;
    access(acpi_pm_, op);
    require(control_.power_offs == power_offs_ + (off ? 1 : 0));
    require((acpi_pm_.state().sleep_control.raw & ~0x1c) == 0);
    power_offs_ = control_.power_offs;
  }

  void step_debug_exit(const Op& op) {
    require(access(debug_exit_, op) == 0);
    exits_ += op.is_write() ? 1 : 0;
    require(control_.debug_exits == exits_);
  }

  void step_debug_console(const Op& op) {
    sink_.room = op.device / 5 % 2;
    require(access(console_, op) == (op.is_write() ? 0 : 0xe9));
    require(sink_.attempts == sink_.bytes.size() + console_.lost());
  }

  fakes::RecordingVmControl control_;
  fakes::RecordingByteSink sink_;
  I8042 i8042_{control_};
  AcpiPm acpi_pm_{control_};
  DebugExit debug_exit_{control_};
  DebugConsole console_{sink_};
  ScratchRegisters scratch_;
  std::array<std::uint8_t, ScratchRegisters::region_bytes> mirror_ = {};
  unsigned power_offs_ = 0;
  unsigned exits_ = 0;
};

}  // namespace
}  // namespace takt

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t op_bytes = 12;
  takt::Run run;
  std::span input{data, size};
  for (; input.size() >= op_bytes; input = input.subspan(op_bytes)) {
    takt::Op op;
    op.device = input[0];
    op.kind = input[1];
    std::memcpy(&op.offset, &input[2], sizeof op.offset);
    if (input[0] % 5 != 0) op.offset %= 6;
    std::memcpy(&op.value, &input[4], sizeof op.value);
    run.step(op);
  }
  return 0;
}
