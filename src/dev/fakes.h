// SPDX-License-Identifier: Apache-2.0
// Fakes of the interfaces that device models get, for unit tests and fuzzers. They count and
// record; they never judge.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "bus/alarm.h"
#include "bus/byte_sink.h"
#include "bus/clock.h"
#include "bus/device.h"
#include "bus/irq.h"
#include "bus/vm_control.h"

namespace takt::fakes {

class RecordingIrqSink : public IrqSink {
 public:
  void drive(bool level) RT override {
    now = level;
    ++changes;
    rises += level ? 1 : 0;
  }
  bool now = false;
  unsigned changes = 0;
  unsigned rises = 0;
};

/// Takes `room` bytes, then is full until the test gives it more.
class RecordingByteSink : public ByteSink {
 public:
  bool push(std::uint8_t byte) RT override {
    ++attempts;
    if (room == 0) return false;
    --room;
    bytes.push_back(byte);
    return true;
  }
  std::size_t room = ~std::size_t{0};
  std::size_t attempts = 0;
  std::vector<std::uint8_t> bytes;
};

/// Stands still until the test moves it.
class ManualClock : public Clock {
 public:
  explicit ManualClock(std::int64_t start_ns = 0) : ns{start_ns} {}
  std::int64_t realtime_ns() const RT override { return ns; }
  std::int64_t ns;
};

/// Never fires by itself.
class RecordingAlarm : public Alarm {
 public:
  void arm(std::int64_t deadline_ns) RT override {
    deadline = deadline_ns;
    ++changes;
  }
  void disarm() RT override {
    deadline.reset();
    ++changes;
  }
  std::optional<std::int64_t> deadline;
  unsigned changes = 0;
};

class RecordingVmControl : public VmControl {
 public:
  void request_power_off() RT override { ++power_offs; }
  void request_reset() RT override { ++resets; }
  void request_debug_exit(std::uint32_t value) RT override {
    ++debug_exits;
    last_exit = value;
  }
  unsigned power_offs = 0;
  unsigned resets = 0;
  unsigned debug_exits = 0;
  std::optional<std::uint32_t> last_exit;
};

/// One byte-wide access, as a PC's in and out instructions make it.
inline std::uint8_t inb(Device& device, std::uint64_t offset) {
  return static_cast<std::uint8_t>(device.read({offset, Width::b1}));
}
inline void outb(Device& device, std::uint64_t offset, std::uint8_t value) {
  device.write({offset, Width::b1}, value);
}

/// One access to a word register, as the drivers of ARM's peripherals make it.
inline std::uint32_t in32(Device& device, std::uint64_t offset) {
  return static_cast<std::uint32_t>(device.read({offset, Width::b4}));
}
inline void out32(Device& device, std::uint64_t offset, std::uint32_t value) {
  device.write({offset, Width::b4}, value);
}

}  // namespace takt::fakes
