// SPDX-License-Identifier: Apache-2.0
#include "kvm/msi_vector.h"

#include <utility>

#include "base/cycles.h"
#include "kvm/requests.h"
#include "record/thread_recorder.h"

namespace takt::kvm {

Result<std::unique_ptr<IrqfdVector>> IrqfdVector::create(const VmFd& vm, GsiRouting& routing,
                                                         std::uint32_t devid, By by) {
  Fd event;
  if (by == By::kernel) {
    TRY(event, make_eventfd());
  }
  TRY(const Gsi gsi, routing.allocate(devid));
  return std::unique_ptr<IrqfdVector>{new IrqfdVector{vm, routing, devid, gsi, std::move(event)}};
}

void IrqfdVector::fire() RT {
  if (!has_message_.load(std::memory_order_acquire)) return;
  const std::uint64_t begin = cycles();
  const MsiMessage message{.address = address_.load(std::memory_order_relaxed),
                           .data = data_.load(std::memory_order_relaxed)};
  if (!vm_.signal_msi(message, devid_)) count_refusal();
  put_record({.at = begin,
              .address = gsi_.raw(),
              .took = took_cycles(begin, cycles()),
              .kind = RecordKind::irq,
              .detail = 1});
}

void IrqfdVector::set_message(const MsiMessage& message) {
  if (is_in_force(message)) return;
  if (routing_.set(gsi_, message)) return publish(message);
  count_refusal();
  silence();
}

bool IrqfdVector::is_in_force(const MsiMessage& message) const {
  return has_message_.load(std::memory_order_relaxed) &&
         message == MsiMessage{.address = address_.load(std::memory_order_relaxed),
                               .data = data_.load(std::memory_order_relaxed)};
}

// Not in create(): on arm64 KVM takes no irqfd before the vGIC is initialised, which comes after
// the vCPUs (EAGAIN). KVM leaves what it finds in the eventfd to a kernel worker of ordinary
// priority, so it finds nothing.
void IrqfdVector::let_through(bool on) {
  if (!event_ || on == bound_) return;
  const bool waits = on && take_event();
  kvm_irqfd request{};
  request.fd = static_cast<std::uint32_t>(event_.raw());
  request.gsi = gsi_.raw();
  if (!on) request.flags = KVM_IRQFD_FLAG_DEASSIGN;
  if (irqfd(vm_.fd(), request))
    bound_ = on;
  else
    count_refusal();
  if (waits) fire();
}

void IrqfdVector::publish(const MsiMessage& message) {
  address_.store(message.address, std::memory_order_relaxed);
  data_.store(message.data, std::memory_order_relaxed);
  has_message_.store(true, std::memory_order_release);
}

/// For those who signal the eventfd as well.
void IrqfdVector::silence() {
  has_message_.store(false, std::memory_order_relaxed);
  routing_.clear(gsi_);
}

}  // namespace takt::kvm
