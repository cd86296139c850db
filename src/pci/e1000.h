// SPDX-License-Identifier: Apache-2.0
// The network controller 82540EM (PCI 8086:100e), for Linux's, iPXE's and Windows' e1000 drivers:
// "PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual" (Intel 317453,
// revision 4.0). Registers are in e1000_regs.h, the transmitter in e1000_tx.h, the receiver in
// e1000_rx.h, the interrupt's cause, mask and throttling in e1000_interrupts.h.
//
// Not modelled: writes to the EEPROM and the flash, wake-up and management filters (their registers
// keep what is written), pause in either direction (XON and XOFF are counted), half duplex and
// lower speeds, the packet buffer's memory at 0x10000, the registers' 82542 addresses, descriptor
// prefetch and write-back thresholds: a descriptor is fetched when its turn comes and written back
// when it is done. Transmission stands still while the link is down, as on the hardware.
//
// Threads: vCPUs read ICR, IMS, STATUS and RDT and write ICR, ICS, IMS, IMC and RDT inline; all
// else comes from one thread at a time, by what the board puts before it (bus/guarded.h). That goes
// for work() and the calls below, too: they are made within Guarded::with().
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "bus/alarm.h"
#include "bus/clock.h"
#include "bus/device.h"
#include "bus/frame_port.h"
#include "bus/guest_mem.h"
#include "bus/irq.h"
#include "bus/work.h"
#include "pci/e1000_core.h"
#include "pci/e1000_eeprom.h"
#include "pci/e1000_interrupts.h"
#include "pci/e1000_phy.h"
#include "pci/e1000_rx.h"
#include "pci/e1000_tx.h"
#include "pci/e1000_wire.h"
#include "pci/function.h"

namespace takt {

class E1000 final : public Device, public Work {
 public:
  static constexpr std::uint16_t vendor_id = 0x8086;
  static constexpr std::uint16_t device_id = 0x100e;
  static constexpr std::uint8_t revision = 0x03;
  static constexpr std::uint32_t class_code = 0x02'0000;
  static constexpr std::uint64_t memory_bytes = 128_KiB;  // BAR 0
  static constexpr std::uint64_t io_bytes = 64;           // BAR 1: E1000Io
  static constexpr Width widest = Width::b4;

  /// `bell` wakes the server that this is given to as Work, and `alarm` has it call alarm_fired().
  /// All outlive it.
  E1000(FramePort& port, IrqSink& line, Clock& clock, Alarm& alarm, const GuestMem& mem, Bell& bell,
        const MacAddress& mac);

  /// Set-up: the function whose bus mastering says whether the rings may be looked at; without one
  /// they may. Outlives it.
  void belong_to(pci::Function& function);

  // Device
  [[nodiscard]] std::string_view name() const override { return "e1000"; }
  std::uint64_t read(Access access) RT override;
  void write(Access access, std::uint64_t value) RT override;
  [[nodiscard]] AccessRules rules() const override;

  // Work
  Worked work() RT override;

  void alarm_fired() RT;
  void set_link(bool up) RT;

  [[nodiscard]] e1000::Counters counters() const RT;
  /// In cycles: from a frame's arrival being noticed to its interrupt's cause being set, and from
  /// the write of TDT to the frame handed to the port. Any thread.
  [[nodiscard]] HistogramCopy receive_times() const { return receiver_.service_times().copy(); }
  [[nodiscard]] HistogramCopy transmit_times() const { return transmitter_.service_times().copy(); }
  [[nodiscard]] const e1000::Words& words() const RT { return core_.words; }
  [[nodiscard]] const e1000::InterruptUnit& interrupts() const RT { return interrupts_; }

 private:
  /// What the transmitter is connected to.
  class Outside final : public e1000::Wire {
   public:
    Outside(FramePort& port, e1000::Receiver& receiver) : port_{port}, receiver_{receiver} {}
    [[nodiscard]] FrameOffloads offloads() const RT override;
    [[nodiscard]] bool send(const FrameHeader& header, std::span<const iovec> pieces) RT override;
    void want_send(bool want) RT override { port_.want_send(want); }
    void set_loopback(bool on) RT { loopback_ = on; }

   private:
    FramePort& port_;
    e1000::Receiver& receiver_;
    bool loopback_ = false;
  };

  std::uint32_t read_register(std::uint32_t offset) RT;
  void write_register(std::uint32_t offset, std::uint32_t value) RT;
  void store(e1000::Reg reg, std::uint32_t value) RT;
  [[nodiscard]] std::uint32_t read_eecd() const RT;
  void write_ctrl(std::uint32_t value) RT;
  void write_eecd(std::uint32_t value) RT;
  void write_mdic(std::uint32_t value) RT;
  void write_itr(std::uint32_t value) RT;
  void write_rdt(std::uint32_t value) RT;
  void write_rdtr(std::uint32_t value) RT;
  void receive_ring_changed() RT;
  void reset() RT;
  void load_address() RT;
  void update_phy() RT;
  void update_link() RT;
  void link_came_up() RT;
  void update_alarm() RT;

  Clock& clock_;
  Alarm& alarm_;
  Bell& bell_;
  const pci::Function* function_ = nullptr;
  e1000::InterruptUnit interrupts_;
  e1000::Core core_;
  e1000::Eeprom eeprom_;
  e1000::Phy phy_;
  e1000::Receiver receiver_;
  Outside outside_;
  e1000::Transmitter transmitter_;
  std::atomic<std::uint32_t> status_;
  std::atomic<std::uint64_t> odd_accesses_ = 0;
  std::optional<std::int64_t> armed_;  // the alarm's deadline
};

/// BAR 1: an index and a data register to the memory registers (317453, 13.3.1). `registers` is
/// what stands before the model on the bus, so its rules hold here, too; this itself is inline.
class E1000Io final : public Device {
 public:
  explicit E1000Io(Device& registers) : registers_{registers} {}

  [[nodiscard]] std::string_view name() const override { return "e1000-io"; }
  std::uint64_t read(Access access) RT override;
  void write(Access access, std::uint64_t value) RT override;
  [[nodiscard]] AccessRules rules() const override;

 private:
  static constexpr std::uint64_t address_offset = 0;
  static constexpr std::uint64_t data_offset = 4;

  Device& registers_;
  std::atomic<std::uint32_t> address_ = 0;
};

}  // namespace takt
