// SPDX-License-Identifier: Apache-2.0
#include "kvm/gsi_routing.h"

#include <fmt/format.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cstring>

#include "kvm/pin_routes.h"
#include "kvm/requests.h"

namespace takt::kvm {
namespace {

constexpr std::size_t entry_bytes = sizeof(kvm_irq_routing_entry);
static_assert(entry_bytes == 48);

kvm_irq_routing_entry msi_route(std::uint32_t gsi, std::uint32_t devid, const MsiMessage& message) {
  kvm_irq_routing_entry route{};
  route.gsi = gsi;
  route.type = KVM_IRQ_ROUTING_MSI;
  route.flags = msi_flags();
  route.u.msi.address_lo = static_cast<std::uint32_t>(message.address);
  route.u.msi.address_hi = static_cast<std::uint32_t>(message.address >> 32);
  route.u.msi.data = message.data;
  route.u.msi.devid = devid;
  return route;
}

}  // namespace

Result<GsiRouting> GsiRouting::create(const VmFd& vm) {
  // What KVM bounds by this number is both the entries of a table and the GSIs in it.
  const auto most = static_cast<std::size_t>(vm.system().extension(KVM_CAP_IRQ_ROUTING));
  const std::vector<kvm_irq_routing_entry> pins = pin_routes();
  const std::size_t taken = std::max<std::size_t>(pins.size(), first_msi_gsi().raw());
  if (most <= taken) return env_error("this host's KVM cannot route message-signalled interrupts");
  GsiRouting routing;
  routing.vm_ = &vm;
  routing.capacity_ = most - taken;
  routing.pins_ = pins.size();
  routing.request_.resize(sizeof(FlexHeader) + pins.size() * entry_bytes);
  std::ranges::copy(std::as_bytes(std::span{pins}),
                    routing.request_.begin() + std::ptrdiff_t{sizeof(FlexHeader)});
  return routing;
}

Result<Gsi> GsiRouting::allocate(std::uint32_t devid) {
  if (routes_.size() == capacity_)
    return env_error(
        fmt::format("this host's KVM routes at most {} message-signalled interrupts "
                    "of a VM; configure fewer devices or fewer queues",
                    capacity_));
  const Gsi gsi{first_msi_gsi().raw() + static_cast<std::uint32_t>(routes_.size())};
  routes_.push_back({.devid = devid});
  request_.resize(request_.size() + entry_bytes);
  return gsi;
}

bool GsiRouting::set(Gsi gsi, const MsiMessage& message) {
  std::optional<MsiMessage>& route = message_of(gsi);
  const std::optional<MsiMessage> old = std::exchange(route, message);
  if (apply()) return true;
  route = old;
  return false;
}

// KVM has accepted all that is left before.
void GsiRouting::clear(Gsi gsi) {
  std::optional<MsiMessage>& route = message_of(gsi);
  if (std::exchange(route, std::nullopt)) (void)apply();
}

std::optional<MsiMessage>& GsiRouting::message_of(Gsi gsi) {
  const std::size_t index = gsi.raw() - first_msi_gsi().raw();
  if (index >= routes_.size()) VMM_BUG("a route for a GSI that was not allocated");
  return routes_[index].message;
}

bool GsiRouting::apply() {
  FlexHeader header{.entries = static_cast<std::uint32_t>(pins_)};
  std::byte* next = request_.data() + sizeof header + pins_ * entry_bytes;
  std::uint32_t gsi = first_msi_gsi().raw();
  for (const Route& route : routes_) {
    if (route.message) {
      const kvm_irq_routing_entry entry = msi_route(gsi, route.devid, *route.message);
      std::memcpy(next, &entry, sizeof entry);
      next += sizeof entry;
      ++header.entries;
    }
    ++gsi;
  }
  std::memcpy(request_.data(), &header, sizeof header);
  return ::ioctl(vm_->fd().raw(), set_gsi_routing, request_.data()) == 0;
}

}  // namespace takt::kvm
