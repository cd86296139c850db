// SPDX-License-Identifier: Apache-2.0
#include "pci/root.h"

#include "base/bits.h"

namespace takt::pci {
namespace {

/// A generic PCI Express host bridge, under the numbers that Linux and others know for one.
constexpr Identity host_bridge{.vendor = 0x1b36,
                               .device = 0x0008,
                               .revision = 0,
                               .class_code = 0x060000,
                               .subsystem_vendor = 0x1b36,
                               .subsystem = 0x0008};

/// CONFIG_ADDRESS.
struct Address {
  using enable = Field<31, 31, std::uint32_t, bool>;
  using bus = Field<23, 16, std::uint32_t>;
  using devfn = Field<15, 8, std::uint32_t>;
  using reg = Field<7, 2, std::uint32_t>;
};

}  // namespace

Root::Root(Upkeep& upkeep) : upkeep_{upkeep}, bridge_{host_bridge} { upkeep_.attach(0, bridge_); }

Function* Root::find(std::uint64_t devfn) const RT {
  if (devfn > 0xff || (devfn & 7) != 0) return nullptr;
  return upkeep_.at(static_cast<unsigned>(devfn >> 3));
}

std::uint32_t Root::read(std::uint64_t devfn, Access access) RT {
  const Function* function = find(devfn);
  if (function == nullptr) return ~0u;
  if (Device* window = function->window(access)) [[unlikely]]
    return static_cast<std::uint32_t>(window->read(function->in_window(access)));
  return function->read(access);
}

void Root::write(std::uint64_t devfn, Access access, std::uint32_t value) RT {
  Function* function = find(devfn);
  if (function == nullptr) return;
  if (Device* window = function->window(access)) [[unlikely]]
    return window->write(function->in_window(access), value);
  Function::Effect effect;
  {
    const PiLock lock{mutex_};
    effect = function->write(access, value);
  }
  if (effect.remap) upkeep_.ask_remap(access.from);
  if (effect.route)
    upkeep_.ask_route(static_cast<unsigned>(devfn >> 3), Msix::all_vectors, access.from);
}

std::uint64_t Ecam::read(Access access) RT {
  return root_.read(access.offset >> 12, {access.offset & 0xfff, access.width, access.from});
}

void Ecam::write(Access access, std::uint64_t value) RT {
  root_.write(access.offset >> 12, {access.offset & 0xfff, access.width, access.from},
              static_cast<std::uint32_t>(value));
}

std::optional<ConfigPorts::Target> ConfigPorts::target(Access access) const RT {
  const std::uint32_t address = address_;
  if (!Address::enable::get(address) || Address::bus::get(address) != 0) return std::nullopt;
  return Target{
      Address::devfn::get(address),
      {Address::reg::get(address) * 4 + (access.offset - data), access.width, access.from}};
}

std::uint64_t ConfigPorts::read(Access access) RT {
  if (access.offset < data)
    return access.offset == 0 && access.width == Width::b4 ? address_.load() : ~0u;
  const auto at = target(access);
  return at ? root_.read(at->devfn, at->access) : ~0u;
}

void ConfigPorts::write(Access access, std::uint64_t value) RT {
  if (access.offset >= data) {
    if (const auto at = target(access))
      root_.write(at->devfn, at->access, static_cast<std::uint32_t>(value));
  } else if (access.offset == 0 && access.width == Width::b4) {
    address_ = static_cast<std::uint32_t>(value);
  }
}

}  // namespace takt::pci
