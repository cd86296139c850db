// SPDX-License-Identifier: Apache-2.0
// A PCI function as the root sees it: its configuration space, its base address registers and what
// is behind them, its interrupts. PCI Local Bus Specification 3.0, chapter 6.
//
// A device model does not derive from it: whoever makes the model makes a function, describes it,
// and gives it the devices that its BARs show. Set-up is one thread. After that write() is called
// by vCPU threads under the root's lock, and reads come from any thread without one.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/units.h"
#include "bus/device.h"
#include "bus/irq.h"
#include "bus/msi.h"
#include "bus/work.h"
#include "pci/config_space.h"
#include "pci/intx.h"
#include "pci/msi.h"
#include "pci/msix.h"

namespace takt::pci {

struct Identity {
  std::uint16_t vendor = 0;
  std::uint16_t device = 0;
  std::uint8_t revision = 0;
  std::uint32_t class_code = 0;  // class, subclass, programming interface: 0x020000
  std::uint16_t subsystem_vendor = 0;
  std::uint16_t subsystem = 0;
};

enum class BarKind : std::uint8_t { io, mem32, mem64 };  // mem64 takes two registers

/// What a base address register shows: `bytes` is a power of two, at least 16 for memory, 4..256
/// for I/O.
struct Bar {
  unsigned index = 0;
  BarKind kind = BarKind::mem32;
  bool prefetchable = false;
  std::uint64_t bytes = 0;
  Device* device = nullptr;  // on the bus: a Guarded, or a model whose accesses are inline
  DeviceId id = {};
  Width widest = Width::b4;
};

/// Where a BAR is, when its space is enabled.
struct MappedBar {
  const Bar* bar = nullptr;
  std::uint64_t start = 0;
  bool operator==(const MappedBar&) const = default;
};

class Function {
 public:
  explicit Function(const Identity& identity);
  Function(const Function&) = delete;
  Function& operator=(const Function&) = delete;

  // --- set-up ---
  void add_bar(const Bar& bar);
  /// What is shown by a BAR that was added before its device was there.
  void set_bar_device(unsigned index, Device& device, DeviceId id);
  /// `body` is what follows the two bytes of id and next; `writable` has ones where the guest may
  /// write, and is as long or empty. Returns the capability's offset.
  std::uint8_t add_capability(std::uint8_t id, std::span<const std::uint8_t> body,
                              std::span<const std::uint8_t> writable = {});
  /// Accesses that touch the four bytes at `offset` go to `window` instead, inline, offsets counted
  /// from there. One window.
  void add_window(std::uint8_t offset, Device& window);
  /// The table of these vectors (1..2048) in the memory BAR `bar`, which is added. `id` is the
  /// device's in records.
  Msix& add_msix(std::vector<MsiVector*> vectors, unsigned bar, Upkeep& upkeep, unsigned slot,
                 DeviceId id);
  /// MSI with these vectors (1, 2, 4 ... 32), before add_intx(). Not together with MSI-X.
  Msi& add_msi(std::vector<MsiVector*> vectors, bool maskable);
  /// The function has the pin INTA#, which ends at `pin`; `irq_line` is what firmware writes into
  /// the register of that name. Returns what the model drives.
  IrqSink& add_intx(IrqSink& pin, std::uint8_t irq_line);
  /// Rung when the guest lets the function reach memory, or no longer; outlives it.
  void tell_bus_master(Bell& bell) { bus_master_bell_ = &bell; }
  /// As firmware does: the BAR's address.
  void place_bar(unsigned index, std::uint64_t start);
  /// As firmware does: memory, I/O and bus mastering are on.
  void enable();

  [[nodiscard]] ConfigSpace& config() { return config_; }
  [[nodiscard]] const ConfigSpace& config() const { return config_; }
  [[nodiscard]] std::span<const Bar> bars() const { return bars_; }
  [[nodiscard]] Msix* msix() RT { return msix_.get(); }
  [[nodiscard]] Msi* msi() RT { return msi_.get(); }
  /// On the server of `pci`: see Msix::route() and Msi::route().
  void route(std::uint16_t vector);

  // --- the guest runs ---
  [[nodiscard]] std::uint32_t read(Access access) const RT {
    return config_.read(access.offset, access.width);
  }
  /// Whether the function may reach memory: PCI Local Bus 3.0, 6.2.2. Any thread.
  [[nodiscard]] bool is_bus_master() const RT;
  /// What a write leaves for the server of `pci`.
  struct Effect {
    bool remap = false;  // other BARs are decoded now, or elsewhere
    bool route = false;  // vectors have no message at KVM yet
  };
  /// Under the root's lock.
  [[nodiscard]] Effect write(Access access, std::uint32_t value) RT;
  /// The window, if the access is one to it. Such an access runs without the root's lock.
  [[nodiscard]] Device* window(Access access) const RT;
  [[nodiscard]] Access in_window(Access access) const RT;
  /// Those BARs that are decoded now: the command register enables their space. Allocates.
  [[nodiscard]] std::vector<MappedBar> mapped_bars() const;

 private:
  struct Decoded {
    std::array<std::uint64_t, 6> start{};  // 0: not decoded
    bool operator==(const Decoded&) const = default;
  };
  [[nodiscard]] Decoded decoded() const RT;
  [[nodiscard]] std::uint64_t start_of(const Bar& bar) const RT;

  ConfigSpace config_;
  std::vector<Bar> bars_;
  std::uint8_t next_capability_ = 0x40;
  std::uint8_t last_capability_ = 0;
  std::uint8_t window_offset_ = 0;
  Device* window_ = nullptr;
  Bell* bus_master_bell_ = nullptr;
  std::uint8_t msix_capability_ = 0;
  std::unique_ptr<Msix> msix_;
  std::unique_ptr<Msi> msi_;
  std::unique_ptr<Intx> intx_;
};

}  // namespace takt::pci
