// SPDX-License-Identifier: Apache-2.0
#include "kvm/vcpu_fd.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "kvm/requests.h"

namespace takt::kvm {

Result<VcpuFd> VcpuFd::create(const VmFd& vm, VcpuId id) {
  auto raw = create_vcpu(vm.fd(), id.raw());
  if (!raw) return in_context(fmt::format("vcpu {}", id.raw()), raw.error());
  VcpuFd vcpu{id, Fd{*raw}};
  vcpu.run_bytes_ = vm.system().vcpu_mmap_bytes();
  void* p = ::mmap(nullptr, vcpu.run_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu.fd_.raw(), 0);
  if (p == MAP_FAILED) return sys_error("map kvm_run");
  vcpu.run_ = static_cast<kvm_run*>(p);
  return vcpu;
}

VcpuFd::VcpuFd(VcpuFd&& other) noexcept
    : id_{other.id_},
      fd_{std::move(other.fd_)},
      run_{std::exchange(other.run_, nullptr)},
      run_bytes_{other.run_bytes_},
      run_errno_{other.run_errno_} {}

VcpuFd::~VcpuFd() {
  if (run_ != nullptr) ::munmap(run_, run_bytes_);
}

ExitKind VcpuFd::run() RT {
  if (::ioctl(fd_.raw(), KVM_RUN, 0) < 0) [[unlikely]] {
    run_errno_ = errno;
    return run_errno_ == EINTR || run_errno_ == EAGAIN ? ExitKind::interrupted
                                                       : ExitKind::run_failed;
  }
  switch (run_->exit_reason) {
    case KVM_EXIT_IO: return ExitKind::pio;
    case KVM_EXIT_MMIO: return ExitKind::mmio;
    case KVM_EXIT_INTR: return ExitKind::interrupted;
    case KVM_EXIT_SYSTEM_EVENT: return ExitKind::system_event;
    case KVM_EXIT_ARM_NISV: return ExitKind::odd_access;
    case KVM_EXIT_HLT: return ExitKind::hlt;
    case KVM_EXIT_SHUTDOWN: return ExitKind::shutdown;
    case KVM_EXIT_INTERNAL_ERROR: return ExitKind::internal_error;
    case KVM_EXIT_FAIL_ENTRY: return ExitKind::entry_failed;
    default: return ExitKind::unknown;
  }
}

PioExit VcpuFd::pio() const RT {
  const auto& io = run_->io;
  return {.is_write = io.direction == KVM_EXIT_IO_OUT,
          .width = Width{io.size},
          .port = Port{io.port},
          .count = io.count,
          .data = reinterpret_cast<std::byte*>(run_) + io.data_offset};
}

MmioExit VcpuFd::mmio() const RT {
  auto& mmio = run_->mmio;
  return {.is_write = mmio.is_write != 0,
          .gpa = Gpa{mmio.phys_addr},
          .bytes = mmio.len,
          .data = reinterpret_cast<std::byte*>(mmio.data)};
}

SystemEvent VcpuFd::system_event() const RT {
  switch (run_->system_event.type) {
    case KVM_SYSTEM_EVENT_SHUTDOWN: return SystemEvent::power_off;
    case KVM_SYSTEM_EVENT_RESET: return SystemEvent::reset;
    case KVM_SYSTEM_EVENT_CRASH: return SystemEvent::crash;
    case KVM_SYSTEM_EVENT_SUSPEND: return SystemEvent::suspend;
    case KVM_SYSTEM_EVENT_WAKEUP: return SystemEvent::wakeup;
    default: return SystemEvent::other;
  }
}

void VcpuFd::request_exit() RT { std::atomic_ref{run_->immediate_exit}.exchange(1); }

void VcpuFd::clear_exit_request() RT {
  // Exchanges: what came before a request that is taken back here is seen after.
  std::atomic_ref{run_->immediate_exit}.exchange(0);
}

std::string VcpuFd::describe_failure() const {
  return fmt::format("vcpu{}: {}; {}", id_.raw(), describe_exit(), describe_registers(*this));
}

std::string VcpuFd::describe_exit() const {
  if (run_errno_ != 0 && run_errno_ != EINTR)
    return fmt::format("KVM_RUN: {}", std::strerror(run_errno_));
  switch (run_->exit_reason) {
    case KVM_EXIT_SHUTDOWN: return "triple fault";
    case KVM_EXIT_INTERNAL_ERROR:
      return fmt::format("KVM internal error, suberror {}", run_->internal.suberror);
    case KVM_EXIT_SYSTEM_EVENT: return fmt::format("system event {}", run_->system_event.type);
    case KVM_EXIT_FAIL_ENTRY:
      return fmt::format("entry refused, hardware reason {:#x}",
                         run_->fail_entry.hardware_entry_failure_reason);
    default: return fmt::format("exit reason {}, which takt does not know", run_->exit_reason);
  }
}

}  // namespace takt::kvm
