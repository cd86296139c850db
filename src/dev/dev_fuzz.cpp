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
#include "dev/pl031.h"
#include "dev/pl061.h"
#include "dev/test_device.h"

namespace takt {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

constexpr unsigned device_count = 7;

struct Op {
  std::uint8_t device = 0;
  std::uint8_t kind = 0;  // bits 1..0 width, bit 2 write
  std::uint16_t offset = 0;
  std::uint64_t value = 0;
  [[nodiscard]] Width width() const { return static_cast<Width>(1 << (kind & 3)); }
  [[nodiscard]] bool is_write() const { return (kind & 4) != 0; }
};

/// Offsets to try for each device: all of its region and some beyond.
constexpr std::array<std::uint16_t, device_count> offsets{0xffff, 6, 6, 6, 6, 0x24, 0x428};

class Trial {
 public:
  void step(const Op& op) {
    switch (op.device % device_count) {
      case 0: return step_scratch(op);
      case 1: access(i8042_, op); return check_i8042();
      case 2: return step_acpi_pm(op);
      case 3: return step_debug_exit(op);
      case 4: return step_debug_console(op);
      case 5: return step_pl031(op);
      default: return step_pl061(op);
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
    sink_.room = op.device / device_count % 2;
    require(access(console_, op) == (op.is_write() ? 0 : 0xe9));
    require(sink_.attempts == sink_.bytes.size() + console_.lost());
  }

  void step_pl031(const Op& op) {
    if ((op.kind & 8) != 0) clock_.ns = move(clock_.ns, op.value);
    if ((op.kind & 16) != 0) fire_alarm();
    access(rtc_, op);
    const std::uint32_t status = fakes::in32(rtc_, 0x14);
    const Pl031::State& s = rtc_.state();
    const std::int64_t now_s = clock_.ns / second_ns;
    require(fakes::in32(rtc_, 0) == static_cast<std::uint32_t>(now_s) + s.offset_s);
    require(static_cast<std::uint32_t>(s.match_s) + s.offset_s == s.mr && s.match_s > now_s);
    require((status != 0) == s.ris && rtc_line_.now == (s.ris && s.imsc));
    require(alarm_.deadline.has_value() == (s.imsc && !s.ris));
    require(!alarm_.deadline || *alarm_.deadline > clock_.ns);
  }

  /// Due or not.
  void fire_alarm() {
    alarm_.deadline.reset();  // it fires once
    rtc_.alarm_fired();
  }

  /// Any time until 2256, or a small step on.
  static std::int64_t move(std::int64_t ns, std::uint64_t value) {
    constexpr std::int64_t limit = 9'050'000'000 * second_ns;
    const auto wide = static_cast<std::int64_t>(value >> 1);
    return value % 2 == 0 ? wide % limit : (ns + (wide & 0xff'ffff'ffff)) % limit;
  }

  void step_pl061(const Op& op) {
    if ((op.kind & 8) != 0) gpio_.set_input(op.device / device_count % 8, (op.kind & 16) != 0);
    const std::uint64_t value = access(gpio_, op);
    const Pl061::State& s = gpio_.state();
    require(value <= 0xff);
    require(gpio_.pins() == ((s.out & s.dir) | (s.in & ~s.dir)));
    require(fakes::in32(gpio_, 0x3fc) == gpio_.pins());
    const std::uint32_t status = fakes::in32(gpio_, 0x414);
    require(status == ((s.edges & ~s.is) | (s.is & ~(gpio_.pins() ^ s.iev) & 0xff)));
    require(gpio_line_.now == ((status & s.ie) != 0));
  }

  static constexpr std::int64_t second_ns = 1'000'000'000;
  fakes::RecordingVmControl control_;
  fakes::RecordingByteSink sink_;
  I8042 i8042_{control_};
  AcpiPm acpi_pm_{control_};
  DebugExit debug_exit_{control_};
  DebugConsole console_{sink_};
  ScratchRegisters scratch_;
  std::array<std::uint8_t, ScratchRegisters::region_bytes> mirror_ = {};
  fakes::ManualClock clock_;
  fakes::RecordingAlarm alarm_;
  fakes::RecordingIrqSink rtc_line_;
  LevelIrq rtc_irq_{rtc_line_};
  Pl031 rtc_{rtc_irq_, clock_, alarm_};
  fakes::RecordingIrqSink gpio_line_;
  LevelIrq gpio_irq_{gpio_line_};
  Pl061 gpio_{gpio_irq_};
  unsigned power_offs_ = 0;
  unsigned exits_ = 0;
};

}  // namespace
}  // namespace takt

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t op_bytes = 12;
  takt::Trial trial;
  std::span input{data, size};
  for (; input.size() >= op_bytes; input = input.subspan(op_bytes)) {
    takt::Op op;
    op.device = input[0];
    op.kind = input[1];
    std::memcpy(&op.offset, &input[2], sizeof op.offset);
    op.offset %= takt::offsets[op.device % takt::device_count];
    std::memcpy(&op.value, &input[4], sizeof op.value);
    trial.step(op);
  }
  return 0;
}
