// SPDX-License-Identifier: Apache-2.0
#include "kvm/vm_fd.h"

#include <fmt/format.h>
#include <linux/kvm.h>

#include "kvm/requests.h"

namespace takt::kvm {

Result<VmFd> VmFd::create(const System& system) {
  TRY(const int raw, create_vm(system.fd()));
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

Result<> VmFd::add_pio_eventfd(Port port, Width width, const Fd& event) {
  kvm_ioeventfd io{};
  io.addr = port.raw();
  io.len = static_cast<std::uint32_t>(bytes(width));
  io.fd = event.raw();
  io.flags = KVM_IOEVENTFD_FLAG_PIO;
  TRY_VOID(ioeventfd(fd_, io));
  return {};
}

}  // namespace takt::kvm
