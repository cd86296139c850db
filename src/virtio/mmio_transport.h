// SPDX-License-Identifier: Apache-2.0
// A virtio device by memory-mapped registers, version 2. virtio 1.2, 4.2.2.
//
//   offset  name              access       an access runs
//   0x000   MagicValue        r            inline
//   0x004   Version           r            inline
//   0x008   DeviceID          r            inline
//   0x00c   VendorID          r            inline
//   0x010   DeviceFeatures    r            synchronous
//   0x014   DeviceFeaturesSel w            synchronous
//   0x020   DriverFeatures    w            synchronous
//   0x024   DriverFeaturesSel w            synchronous
//   0x030   QueueSel          w            synchronous
//   0x034   QueueNumMax       r            synchronous
//   0x038   QueueNum          w            synchronous
//   0x044   QueueReady        rw           synchronous
//   0x050   QueueNotify       w            a doorbell (ioeventfd): its value is not looked at, the
//                                          model looks at all queues
//   0x060   InterruptStatus   r            inline
//   0x064   InterruptACK      w            inline
//   0x070   Status            rw           synchronous
//   0x080.. QueueDesc, 0x090.. QueueDriver, 0x0a0.. QueueDevice: Low, High; w
//   0x0ac   SHMSel            w            no shared memory regions: SHMLen and SHMBase read as
//   ones 0x0b0   SHMLenLow, SHMLenHigh, SHMBaseLow, SHMBaseHigh; r 0x0c0   QueueReset        rw
//   synchronous 0x0fc   ConfigGeneration  r            synchronous 0x100   Config            rw,
//   any width
//
// Registers are 32 bits wide; other accesses to them read as 0 and write nothing. The accesses come
// under what serialises the device, and so does work(); inline ones come from any thread.
//
// Linux's driver does not wait until Status reads 0 after a reset. When requests are under way at
// that time its next steps are dropped, and it finds FEATURES_OK missing.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "bus/device.h"
#include "bus/irq.h"
#include "bus/settle.h"
#include "bus/work.h"
#include "virtio/core.h"

namespace takt::virtio {

class MmioTransport final : public Device, public Work, private Transport {
 public:
  static constexpr std::uint64_t bytes = 0x200;
  static constexpr std::uint32_t used_buffer = 1;  // InterruptStatus
  static constexpr std::uint32_t config_change = 2;

  /// All outlive it. `line` is level-triggered.
  MmioTransport(Model& model, const GuestMem& mem, Bell& bell, IrqSink& line);

  [[nodiscard]] const Core& core() const { return core_; }

  // Device
  [[nodiscard]] std::string_view name() const override { return core_.model().name(); }
  std::uint64_t read(Access access) RT override;
  void write(Access access, std::uint64_t value) RT override;
  [[nodiscard]] AccessRules rules() const override;

  // Work
  void begin() RT override { core_.begin(); }
  Worked work() RT override { return core_.work(); }
  void finish() override { core_.finish(); }

 private:
  // Transport
  void queue_interrupt(unsigned) RT override { raise(used_buffer); }
  void config_interrupt() RT override { raise(config_change); }
  void after_reset() RT override { acknowledge(~0u); }

  [[nodiscard]] std::uint32_t read_register(std::uint64_t offset) const RT;
  void write_register(std::uint64_t offset, std::uint32_t value) RT;
  void write_ready(std::uint32_t value) RT;
  void write_reset(std::uint32_t value) RT;
  void raise(std::uint32_t bits) RT;
  void acknowledge(std::uint32_t bits) RT;
  void settle_line() RT;

  Core core_;
  SettledLine line_;
  std::atomic<std::uint32_t> status_ = 0;
};

}  // namespace takt::virtio
