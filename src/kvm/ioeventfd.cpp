// SPDX-License-Identifier: Apache-2.0
#include "kvm/ioeventfd.h"

#include <fmt/format.h>

#include "kvm/requests.h"

namespace takt::kvm {
namespace {

kvm_ioeventfd request(Gpa at, std::uint8_t length, int event, std::uint32_t flags) {
  kvm_ioeventfd io{};
  io.addr = at.raw();
  io.len = length;
  io.fd = event;
  io.flags = flags;
  return io;
}

}  // namespace

Result<Ioeventfd> Ioeventfd::create(const VmFd& vm, Gpa at, Width width, const Fd& event) {
  Ioeventfd made{vm, at, event};
  TRY_VOID(made.add(static_cast<std::uint8_t>(bytes(width))));
  return made;
}

Result<Ioeventfd> Ioeventfd::any_width(const VmFd& vm, Gpa at, const Fd& event) {
  Ioeventfd made{vm, at, event};
  if (vm.system().extension(KVM_CAP_IOEVENTFD_ANY_LENGTH) != 0) {
    TRY_VOID(made.add(any_length));
    return made;
  }
  TRY_VOID(made.add(2));
  TRY_VOID(made.add(4));
  return made;
}

Ioeventfd& Ioeventfd::operator=(Ioeventfd&& other) noexcept {
  std::swap(vm_, other.vm_);
  std::swap(event_, other.event_);
  std::swap(at_, other.at_);
  std::swap(lengths_, other.lengths_);
  std::swap(count_, other.count_);
  return *this;
}

Ioeventfd::~Ioeventfd() {
  for (std::uint8_t i = 0; i < count_; ++i) {
    kvm_ioeventfd io = request(at_, lengths_[i], event_, KVM_IOEVENTFD_FLAG_DEASSIGN);
    ::ioctl(vm_->fd().raw(), KVM_IOEVENTFD, &io);  // what was added can be removed
  }
}

Result<> Ioeventfd::add(std::uint8_t length) {
  kvm_ioeventfd io = request(at_, length, event_, 0);
  if (auto added = ioeventfd(vm_->fd(), io); !added)
    return in_context(fmt::format("doorbell at {:#x}", at_.raw()), std::move(added.error()));
  lengths_[count_++] = length;
  return {};
}

}  // namespace takt::kvm
