// SPDX-License-Identifier: Apache-2.0
// Fakes for the tests of PCI: they count and record.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "bus/device.h"
#include "bus/irq.h"
#include "bus/msi.h"
#include "pci/upkeep.h"

namespace takt::pci::fakes {

class RecordingVector final : public MsiVector {
 public:
  void fire() RT override { ++fired; }
  void set_message(const MsiMessage& m) override {
    message = m;
    ++routed;
  }
  [[nodiscard]] int event() const RT override { return eventfd; }
  void let_through(bool on) override { open = on; }
  MsiMessage message;
  int eventfd = -1;
  bool open = false;
  unsigned fired = 0;
  unsigned routed = 0;
};

class RecordingPin final : public IrqSink {
 public:
  void drive(bool level) RT override {
    now = level;
    ++changes;
  }
  bool now = false;
  unsigned changes = 0;
};

class RecordingMapper final : public BarMapper {
 public:
  void map(std::span<const MappedBar> mapped) override {
    bars.assign(mapped.begin(), mapped.end());
    ++calls;
  }
  std::vector<MappedBar> bars;
  unsigned calls = 0;
};

/// Keeps the last access.
class Registers final : public Device {
 public:
  [[nodiscard]] std::string_view name() const override { return "registers"; }
  std::uint64_t read(Access access) RT override {
    last = access;
    return 0x11223344;
  }
  void write(Access access, std::uint64_t value) RT override {
    last = access;
    written = value;
  }
  Access last;
  std::uint64_t written = 0;
};

}  // namespace takt::pci::fakes
