// SPDX-License-Identifier: Apache-2.0
#include "kvm/vm_fd.h"

#include <fmt/format.h>
#include <linux/kvm.h>

#include "kvm/disable_exits.h"
#include "kvm/pin_routes.h"
#include "kvm/requests.h"

namespace takt::kvm {

Result<VmFd> VmFd::create(const System& system, unsigned long type) {
  TRY(const int raw, create_vm(system.fd(), type));
  VmFd vm;
  vm.system_ = &system;
  vm.fd_ = Fd{raw};
  return vm;
}

Result<> VmFd::set_memslot(std::uint32_t slot, Gpa gpa, std::span<std::byte> host) {
  kvm_userspace_memory_region region{};
  region.slot = slot;
  region.guest_phys_addr = gpa.raw();
  region.memory_size = host.size();
  region.userspace_addr = reinterpret_cast<std::uintptr_t>(host.data());
  if (auto r = set_user_memory_region(fd_, region); !r)
    return in_context(fmt::format("map guest RAM at {:#x}", gpa.raw()), r.error());
  return {};
}

Result<> VmFd::enable(std::uint32_t capability, std::uint64_t arg0) {
  kvm_enable_cap cap{};
  cap.cap = capability;
  cap.args[0] = arg0;
  TRY_VOID(enable_cap(fd_, cap));
  return {};
}

Result<> VmFd::set_halt_poll_ns(std::uint32_t ns) {
  if (system_->extension(KVM_CAP_HALT_POLL) == 0)
    return env_error("this host's KVM has no KVM_CAP_HALT_POLL (Linux 5.11 or later)");
  return enable(KVM_CAP_HALT_POLL, ns);
}

void VmFd::set_irq_line(Gsi gsi, bool level) const RT {
  kvm_irq_level line{};
  line.irq = gsi.raw();
  line.level = level ? 1 : 0;
  ::ioctl(fd_.raw(), KVM_IRQ_LINE, &line);  // fails only for a GSI without a route: a board bug
}

bool VmFd::signal_msi(const MsiMessage& message, std::uint32_t devid) const RT {
  kvm_msi msi{};
  msi.address_lo = static_cast<std::uint32_t>(message.address);
  msi.address_hi = static_cast<std::uint32_t>(message.address >> 32);
  msi.data = message.data;
  msi.flags = msi_flags();
  msi.devid = devid;
  return ::ioctl(fd_.raw(), KVM_SIGNAL_MSI, &msi) >= 0;  // 0: the guest has masked it at its end
}

std::uint32_t VmFd::offered_disable_exits() const {
  const std::uint32_t capability = disable_exits_capability();
  if (capability == 0) return 0;
  return static_cast<std::uint32_t>(system_->extension(static_cast<int>(capability)));
}

Result<> VmFd::check_disable_exits(std::uint32_t mask) const {
  const std::uint32_t offered = offered_disable_exits();
  const std::uint32_t missing = mask & ~offered;
  if (missing == 0) return {};
  return env_error(fmt::format("this host's KVM cannot disable exits on {} (it offers: {}){}",
                               disable_exits_text(missing), disable_exits_text(offered),
                               disable_exits_advice()));
}

Result<std::uint32_t> VmFd::disable_exits(std::uint32_t mask) {
  const std::uint32_t granted = mask & offered_disable_exits();
  if (granted != 0) TRY_VOID(enable(disable_exits_capability(), granted));
  return granted;
}

Result<> VmFd::add_eventfd(std::uint64_t address, std::uint32_t flags, Width width,
                           const Fd& event) {
  kvm_ioeventfd io{};
  io.addr = address;
  io.len = static_cast<std::uint32_t>(bytes(width));
  io.fd = event.raw();
  io.flags = flags;
  TRY_VOID(ioeventfd(fd_, io));
  return {};
}

Result<> VmFd::add_eventfd(Port port, Width width, const Fd& event) {
  return add_eventfd(port.raw(), KVM_IOEVENTFD_FLAG_PIO, width, event);
}

Result<> VmFd::add_eventfd(Gpa gpa, Width width, const Fd& event) {
  return add_eventfd(gpa.raw(), 0, width, event);
}

bool VmFd::has_device(std::uint32_t type) const {
  kvm_create_device device{};
  device.type = type;
  device.flags = KVM_CREATE_DEVICE_TEST;
  return new_device(fd_, device).has_value();
}

Result<Fd> VmFd::create_device(std::uint32_t type) const {
  kvm_create_device device{};
  device.type = type;
  TRY_VOID(new_device(fd_, device));
  return Fd{static_cast<int>(device.fd)};
}

}  // namespace takt::kvm
