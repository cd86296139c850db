// SPDX-License-Identifier: Apache-2.0
// A virtio device as a PCI function. virtio 1.2, 4.1; modern only.
//
//   BAR 0, 16 KiB, what stands behind the device's Guarded:
//     0x0000 common configuration (4.1.4.3)          synchronous
//     0x1000 ISR status, which a read clears         inline
//     0x2000 device configuration                    synchronous
//     0x3000 notifications, 4 bytes for each queue   a doorbell (ioeventfd)
//   BAR 1: MSI-X, a vector for each queue and one for the configuration.
//   Without MSI-X enabled, INTA# by the ISR status.
//   The capability PCI_CFG (4.1.4.9) is a window to all BARs in configuration space, for firmware.
//
// Without bus mastering the device does not look at its queues, from its server's next turn on.
//
// The accesses come under what serialises the device, and so does work(): under policy A the board
// calls it in Guarded::with(). Those of the ISR status and of the window come from any vCPU's
// thread at any time; the window's go on to the Guarded of the BAR.
//
// Not modelled: shared memory regions, notification data, admin queues, SR-IOV.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "bus/device.h"
#include "bus/irq.h"
#include "bus/settle.h"
#include "bus/work.h"
#include "pci/function.h"
#include "virtio/core.h"

namespace takt::virtio {

namespace pci_layout {
inline constexpr std::uint64_t bar_bytes = 0x4000;
inline constexpr std::uint32_t common = 0x0000, common_bytes = 0x40;
inline constexpr std::uint32_t isr = 0x1000, isr_bytes = 4;
inline constexpr std::uint32_t device = 0x2000, device_bytes = 0x1000;
inline constexpr std::uint32_t notify = 0x3000, notify_bytes = 0x1000;
inline constexpr std::uint32_t notify_off_multiplier = 4;
constexpr std::uint32_t doorbell(unsigned queue) { return notify + queue * notify_off_multiplier; }
}  // namespace pci_layout

class PciTransport final : public Device, public Work, private Transport {
 public:
  static constexpr unsigned bar = 0;
  static constexpr unsigned msix_bar = 1;
  static constexpr std::uint8_t isr_queue = 1;  // 4.1.4.5
  static constexpr std::uint8_t isr_config = 2;

  /// All outlive it. `pin` is where INTA# ends, and `irq_line` what firmware writes into the
  /// register of that name.
  PciTransport(Model& model, const GuestMem& mem, Bell& bell, IrqSink& pin, std::uint8_t irq_line);

  // --- set-up ---
  /// To be given to the root. The board calls set_bar_device(bar, guarded) and, for MSI-X,
  /// attach(function().add_msix(vectors, msix_bar, ...)).
  [[nodiscard]] pci::Function& function() { return function_; }
  [[nodiscard]] unsigned vectors() const { return core_.queues() + 1; }
  void attach(pci::Msix& msix) { msix_ = &msix; }
  [[nodiscard]] const Core& core() const { return core_; }
  [[nodiscard]] std::uint8_t isr() const RT { return isr_.load(std::memory_order_relaxed); }

  // Device: BAR 0
  [[nodiscard]] std::string_view name() const override { return core_.model().name(); }
  std::uint64_t read(Access access) RT override;
  void write(Access access, std::uint64_t value) RT override;
  [[nodiscard]] AccessRules rules() const override { return AccessRules{rules_}; }

  // Work
  void begin() RT override { core_.begin(); }
  Worked work() RT override;
  void finish() override { core_.finish(); }

 private:
  /// pci_cfg_data. Inline on any vCPU's thread.
  class Window final : public Device {
   public:
    explicit Window(pci::Function& function) : function_{function} {}
    void stands_at(std::uint8_t capability) { capability_ = capability; }
    [[nodiscard]] std::string_view name() const override { return "virtio-pci-cfg"; }
    std::uint64_t read(Access access) RT override;
    void write(Access access, std::uint64_t value) RT override;

   private:
    struct Target {
      Device* device = nullptr;
      Access access;
    };
    [[nodiscard]] Target target(VcpuId from) const RT;
    pci::Function& function_;
    std::uint8_t capability_ = 0;
  };

  // Transport
  void queue_interrupt(unsigned queue) RT override;
  [[nodiscard]] int queue_event(unsigned queue) RT override;
  void config_interrupt() RT override;
  void after_reset() RT override;

  void add_capabilities();
  void add_rules();
  [[nodiscard]] std::uint64_t read_common(Access access) const RT;
  void write_common(Access access, std::uint64_t value) RT;
  [[nodiscard]] bool uses_msix() const RT { return msix_ != nullptr && msix_->enabled(); }
  [[nodiscard]] std::uint8_t read_isr() RT;
  void raise_isr(std::uint8_t bits) RT;
  void settle_pin() RT;

  Core core_;
  pci::Function function_;
  SettledLine pin_;  // behind the function's registers
  Window window_;
  pci::Msix* msix_ = nullptr;
  std::vector<AccessRule> rules_;
  std::atomic<std::uint8_t> isr_ = 0;
};

}  // namespace takt::virtio
