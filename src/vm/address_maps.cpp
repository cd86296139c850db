// SPDX-License-Identifier: Apache-2.0
#include "vm/address_maps.h"

#include <algorithm>

namespace takt {
namespace {

template <class A>
bool overlap(const Region<A>& a, const Region<A>& b) {
  return a.start.raw() < b.start.raw() + b.size && b.start.raw() < a.start.raw() + a.size;
}

/// Adds a BAR where nothing is yet and the space does not end.
template <class A>
void add(std::vector<Region<A>>& regions, const pci::MappedBar& mapped, std::uint64_t last) {
  const pci::Bar& bar = *mapped.bar;
  const Region<A> region{A{mapped.start}, bar.bytes, bar.device, bar.widest, bar.id};
  if (mapped.start > last || last - mapped.start < bar.bytes - 1) return;
  if (std::ranges::none_of(regions, [&](const auto& other) { return overlap(region, other); }))
    regions.push_back(region);
}

}  // namespace

Result<> AddressMaps::show(std::vector<Region<Port>> pio, std::vector<Region<Gpa>> mmio) {
  fixed_pio_ = std::move(pio);
  fixed_mmio_ = std::move(mmio);
  TRY(auto pio_table, Table<Port>::create("pio", fixed_pio_));
  TRY(auto mmio_table, Table<Gpa>::create("mmio", fixed_mmio_));
  pio_.publish(std::move(pio_table), readers_);
  mmio_.publish(std::move(mmio_table), readers_);
  TRY_VOID(servers_.make_doorbells());
  return servers_.place_doorbells(vm_, mmio_.table());
}

void AddressMaps::map(std::span<const pci::MappedBar> bars) {
  auto pio = fixed_pio_;
  auto mmio = fixed_mmio_;
  for (const pci::MappedBar& mapped : bars) {
    if (mapped.bar->kind == pci::BarKind::io)
      add(pio, mapped, 0xffff);
    else
      add(mmio, mapped, ~std::uint64_t{0});
  }
  auto pio_table = Table<Port>::create("pio", pio);
  auto mmio_table = Table<Gpa>::create("mmio", mmio);
  if (!pio_table || !mmio_table) VMM_BUG("BARs overlap after all");
  const PiLock lock{mutex_};
  free_old();
  // Doorbells of BARs that have gone first, so that KVM takes no access for a device that is not
  // there; those of BARs that have come work by an exit until KVM has them.
  servers_.remove_doorbells(*mmio_table);
  old_.push_back(replace(std::move(*pio_table), std::move(*mmio_table)));
  (void)servers_.place_doorbells(vm_, mmio_.table());  // without one an access is an exit, no more
}

AddressMaps::Old AddressMaps::replace(Table<Port> pio, Table<Gpa> mmio) {
  Old old{.pio = pio_.replace(std::move(pio)), .mmio = mmio_.replace(std::move(mmio))};
  old.mark = readers_.mark();
  return old;
}

void AddressMaps::free_old() {
  std::erase_if(old_, [&](const Old& old) { return readers_.has_passed(old.mark); });
}

void AddressMaps::republish() {
  Old old;
  {
    const PiLock lock{mutex_};
    old = replace(pio_.table(), mmio_.table());
  }
  readers_.wait();
}

}  // namespace takt
