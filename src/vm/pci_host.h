// SPDX-License-Identifier: Apache-2.0
// The devices that the user has put into a VM: PCI's root, the functions on it, virtio's windows,
// and all that they are made of. The board says where they are in its address spaces and which pin
// each has; the rest is the same on every architecture.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/histogram.h"
#include "base/result.h"
#include "bus/dispatch.h"
#include "bus/guest_mem.h"
#include "bus/irq.h"
#include "host/guest_ram.h"
#include "kvm/gsi_routing.h"
#include "kvm/vm_fd.h"
#include "pci/function.h"
#include "pci/root.h"
#include "pci/upkeep.h"
#include "vm/address_maps.h"
#include "vm/config.h"
#include "vm/devices.h"
#include "vm/pci_devices.h"
#include "vm/servers.h"

namespace takt {

/// A half-open range of addresses for BARs; size 0: none.
struct PciWindow {
  std::uint64_t start = 0;
  std::uint64_t bytes = 0;
};

struct PciWindows {
  PciWindow io;
  PciWindow mem32;
  PciWindow mem64;
  Gpa virtio_mmio{};  // the first of virtio's windows, 4 KiB apart
};

/// A slot's INTA#, as firmware describes it: where it ends, and the number in the register.
struct PciPin {
  IrqSink& sink;
  std::uint8_t line = 0;
};

/// What a device on the bus is made with.
struct PciWorld {
  const VmConfig& config;
  const GuestMem& mem;
  const GuestRam& ram;
  kvm::VmFd& vm;
  Servers& servers;
  kvm::GsiRouting& routing;
  pci::Upkeep& upkeep;
  bool has_msi = true;  // the interrupt controller takes them: not a GICv2

  /// The loop of the device's server.
  [[nodiscard]] EventLoop& loop(const PciDevice& device) const {
    return servers.loop_of(config, device.name);
  }
  [[nodiscard]] DeviceId id(const PciDevice& device) const {
    return device_setting(config, device.name).id;
  }
};

/// How long a device took for what it is there for, as its model has counted it; in cycles.
struct ServiceTimes {
  std::string_view what;  // receive, send, read ...
  HistogramCopy took;
};

/// What a card has beside its function.
class CardInside {
 public:
  virtual ~CardInside() = default;
  /// The threads of its own, for --print-effective and placement.
  [[nodiscard]] virtual std::vector<pid_t> threads() const { return {}; }
  /// Threads of the kernel's that do the work of the device's server: placed as it is.
  [[nodiscard]] virtual std::vector<pid_t> stand_ins() const { return {}; }
  /// Any thread.
  [[nodiscard]] virtual std::vector<ServiceTimes> service_times() const { return {}; }
  /// At the end of set-up.
  [[nodiscard]] virtual Result<> start() { return {}; }
  /// Any thread. False when it is no balloon.
  [[nodiscard]] virtual bool set_balloon(std::uint32_t /*pages*/) { return false; }
};

/// A device with whatever it owns. Ended after the servers.
class Card {
 public:
  virtual ~Card() = default;
  [[nodiscard]] virtual CardInside& inside() = 0;
};

class PciCard : public Card {
 public:
  [[nodiscard]] virtual pci::Function& function() = 0;
};

/// A device in a window of memory.
class MmioCard : public Card {
 public:
  [[nodiscard]] virtual Region<Gpa> region(Gpa at) = 0;
};

class PciHost {
 public:
  /// All outlive it.
  PciHost(const VmConfig& config, const GuestMem& mem, const GuestRam& ram, kvm::VmFd& vm,
          Servers& servers, AddressMaps& maps, kvm::GsiRouting routing, bool has_msi);

  /// Makes the configured devices, each at its slot, BARs placed and enabled as firmware leaves
  /// them. `pin_of` is asked for each device.
  Result<> create(const PciWindows& windows,
                  const std::function<PciPin(const PciDevice& device)>& pin_of);
  /// Virtio's windows, for AddressMaps::show().
  [[nodiscard]] const std::vector<Region<Gpa>>& mmio() const { return mmio_; }
  /// After AddressMaps::show(): BARs appear.
  void show() { upkeep_.remap(); }
  [[nodiscard]] Result<> start();
  [[nodiscard]] std::vector<pid_t> threads() const;
  /// Threads that stand in for the server of that name.
  [[nodiscard]] std::vector<pid_t> stand_ins(std::string_view server) const;
  /// How many pages of 4 KiB the guest shall give. False without a balloon. Any thread.
  [[nodiscard]] bool set_balloon(std::uint32_t pages) const;
  /// Calls `each` for what each device counts of itself; `device` is its name. Any thread.
  void for_each_service(
      const std::function<void(std::string_view device, const ServiceTimes&)>& each) const;

  [[nodiscard]] pci::Ecam& ecam() { return ecam_; }
  [[nodiscard]] pci::ConfigPorts& config_ports() { return config_ports_; }

 private:
  Result<> add(const PciDevice& device, const PciWindows& windows, PciPin pin);
  Result<> place_bars(const PciWindows& windows);

  const VmConfig& config_;
  kvm::GsiRouting routing_;
  pci::Upkeep upkeep_;
  pci::Root root_{upkeep_};
  pci::Ecam ecam_{root_};
  pci::ConfigPorts config_ports_{root_};
  PciWorld world_;
  std::vector<std::unique_ptr<Card>> cards_;
  std::vector<PciCard*> pci_cards_;  // those on PCI
  std::vector<Region<Gpa>> mmio_;
};

/// For each PciKind one, or two: see pci_cards.cpp. Errors say what the host lacks, in the device's
/// name.
[[nodiscard]] Result<std::unique_ptr<PciCard>> make_card(const PciWorld& world,
                                                         const PciDevice& device, PciPin pin);
[[nodiscard]] Result<std::unique_ptr<MmioCard>> make_mmio_card(const PciWorld& world,
                                                               const PciDevice& device,
                                                               IrqSink& line);

}  // namespace takt
