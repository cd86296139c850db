// SPDX-License-Identifier: Apache-2.0
#include "vm/pci_host.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bits.h"

namespace takt {
namespace {

/// Gives addresses away from its start, each aligned to its size.
class Allocator {
 public:
  explicit Allocator(const PciWindow& window)
      : at_{window.start}, end_{window.start + window.bytes} {}
  [[nodiscard]] std::optional<std::uint64_t> take(std::uint64_t bytes) {
    const std::uint64_t start = align_up(at_, bytes);
    if (start > end_ || end_ - start < bytes) return std::nullopt;
    at_ = start + bytes;
    return start;
  }

 private:
  std::uint64_t at_;
  std::uint64_t end_;
};

}  // namespace

PciHost::PciHost(const VmConfig& config, const GuestMem& mem, const GuestRam& ram, kvm::VmFd& vm,
                 Servers& servers, AddressMaps& maps, kvm::GsiRouting routing, bool has_msi)
    : config_{config},
      routing_{std::move(routing)},
      world_{config, mem, ram, vm, servers, routing_, upkeep_, has_msi} {
  if (count_pci(config) == 0) return;
  upkeep_.attach(maps);
  upkeep_.stand_behind(servers.guard(config, "pci", upkeep_));
}

Result<> PciHost::create(const PciWindows& windows,
                         const std::function<PciPin(const PciDevice& device)>& pin_of) {
  for (const PciDevice& device : pci_devices(config_))
    if (auto added = add(device, windows, pin_of(device)); !added)
      return in_context(fmt::format("device {}", device.name), added.error());
  return place_bars(windows);
}

Result<> PciHost::add(const PciDevice& device, const PciWindows& windows, PciPin pin) {
  if (device.mmio) {
    TRY(auto card, make_mmio_card(world_, device, pin.sink));
    mmio_.push_back(card->region(windows.virtio_mmio + device.slot * mmio_distance));
    cards_.push_back(std::move(card));
    return {};
  }
  TRY(auto card, make_card(world_, device, pin));
  upkeep_.attach(device.slot, card->function());
  pci_cards_.push_back(card.get());
  cards_.push_back(std::move(card));
  return {};
}

/// As firmware does it: bare-metal guests find their devices ready, Linux may move them.
Result<> PciHost::place_bars(const PciWindows& windows) {
  Allocator io{windows.io};
  Allocator mem32{windows.mem32};
  Allocator mem64{windows.mem64};
  for (PciCard* card : pci_cards_) {
    pci::Function& function = card->function();
    for (const pci::Bar& bar : function.bars()) {
      auto& space = bar.kind == pci::BarKind::io                                  ? io
                    : bar.kind == pci::BarKind::mem64 && windows.mem64.bytes != 0 ? mem64
                                                                                  : mem32;
      const auto start = space.take(bar.bytes);
      if (!start) return usage_error("the PCI bus has no address space left: fewer devices");
      function.place_bar(bar.index, *start);
    }
    function.enable();
  }
  return {};
}

Result<> PciHost::start() {
  for (const auto& card : cards_) TRY_VOID(card->inside().start());
  return {};
}

void PciHost::for_each_service(
    const std::function<void(std::string_view device, const ServiceTimes&)>& each) const {
  const auto devices = pci_devices(config_);  // one card for each
  for (std::size_t n = 0; n < cards_.size(); ++n)
    for (const ServiceTimes& times : cards_[n]->inside().service_times())
      each(devices[n].name, times);
}

bool PciHost::set_balloon(std::uint32_t pages) const {
  return std::ranges::any_of(cards_,
                             [&](const auto& card) { return card->inside().set_balloon(pages); });
}

std::vector<pid_t> PciHost::stand_ins(std::string_view server) const {
  std::vector<pid_t> all;
  const auto devices = pci_devices(config_);  // one card for each
  for (std::size_t n = 0; n < cards_.size(); ++n)
    if (device_setting(config_, devices[n].name).server == server)
      std::ranges::copy(cards_[n]->inside().stand_ins(), std::back_inserter(all));
  return all;
}

std::vector<pid_t> PciHost::threads() const {
  std::vector<pid_t> all;
  for (const auto& card : cards_)
    std::ranges::copy(card->inside().threads(), std::back_inserter(all));
  return all;
}

}  // namespace takt
