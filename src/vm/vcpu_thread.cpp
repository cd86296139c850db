// SPDX-License-Identifier: Apache-2.0
#include "vm/vcpu_thread.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <csignal>
#include <cstring>
#include <utility>

#include "base/cycles.h"

namespace takt {
namespace {

int kick_signal() { return SIGRTMIN; }

/// The signal's only work is to end KVM_RUN and other system calls with EINTR.
void install_kick_handler() {
  struct sigaction action{};
  action.sa_handler = [](int) {};
  ::sigaction(kick_signal(), &action, nullptr);
}

void unblock_kick() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, kick_signal());
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

/// A value of 1, 2, 4 or 8 bytes from or to where KVM keeps it.
std::uint64_t load_value(const std::byte* data, Width w) RT {
  const auto load = [data]<class T>(T value) {
    std::memcpy(&value, data, sizeof value);
    return std::uint64_t{value};
  };
  switch (w) {
    case Width::b1: return load(std::uint8_t{});
    case Width::b2: return load(std::uint16_t{});
    case Width::b4: return load(std::uint32_t{});
    case Width::b8: break;
  }
  return load(std::uint64_t{});
}

void store_value(std::byte* data, Width w, std::uint64_t value) RT {
  switch (w) {
    case Width::b1: std::memcpy(data, &value, 1); return;
    case Width::b2: std::memcpy(data, &value, 2); return;
    case Width::b4: std::memcpy(data, &value, 4); return;
    case Width::b8: std::memcpy(data, &value, 8); return;
  }
}

bool is_width(std::uint32_t n) RT { return n == 1 || n == 2 || n == 4 || n == 8; }

RecordKind record_kind(kvm::ExitKind kind) RT {
  using enum kvm::ExitKind;
  switch (kind) {
    case pio: return RecordKind::pio;
    case mmio: return RecordKind::mmio;
    case system_event: return RecordKind::system_event;
    case odd_access: return RecordKind::odd_access;
    case interrupted: return RecordKind::interrupted;
    default: return RecordKind::other_exit;
  }
}

}  // namespace

VcpuThread::VcpuThread(kvm::VcpuFd vcpu, const VcpuWorld& world)
    : vcpu_{std::move(vcpu)},
      pio_{world.pio},
      mmio_{world.mmio},
      reader_{world.readers.reader(vcpu_.id().raw())},
      life_{world.life},
      recorder_{world.devices} {}

VcpuThread::~VcpuThread() { stop(); }

Result<> VcpuThread::start() {
  install_kick_handler();
  TRY(thread_, Thread::start(fmt::format("vcpu{}", vcpu_.id().raw()), [this] { body(); }));
  return {};
}

void VcpuThread::open_gate() noexcept {
  gate_.store(true, std::memory_order_release);
  gate_.notify_all();
}

void VcpuThread::stop() {
  vcpu_.request_exit();
  open_gate();
  mailbox_.release();
  thread_.signal(kick_signal());
  may_end_.store(true, std::memory_order_release);
  may_end_.notify_all();
  thread_.join();
}

void VcpuThread::ask_to_pause() RT {
  mailbox_.ask();
  vcpu_.request_exit();
  thread_.signal(kick_signal());
}

void VcpuThread::body() {
  unblock_kick();
  gate_.wait(false, std::memory_order_acquire);
  rusage before{};
  rusage after{};
  ::getrusage(RUSAGE_THREAD, &before);
  {
    const ThreadRecorder::Scope scope{recorder_};
    loop();
  }
  mailbox_.leave();
  ::getrusage(RUSAGE_THREAD, &after);
  usage_ = {after.ru_minflt - before.ru_minflt, after.ru_majflt - before.ru_majflt,
            after.ru_nivcsw - before.ru_nivcsw};
  may_end_.wait(false, std::memory_order_acquire);  // what the kernel counts for it can be read
}

void VcpuThread::loop() RT {
  const rt::Section section;
  while (!life_.ended()) {
    const kvm::ExitKind kind = vcpu_.run();
    exit_ = {.at = cycles(), .kind = record_kind(kind)};
    handle(kind);
    exit_.took = took_cycles(exit_.at, cycles());
    recorder_.put(exit_);
  }
}

void VcpuThread::handle(kvm::ExitKind kind) RT {
  using enum kvm::ExitKind;
  const Quiescence::Visit visit{reader_};
  switch (kind) {
    case pio: return do_pio(vcpu_.pio());
    case mmio: return do_mmio(vcpu_.mmio());
    case system_event: return do_system_event(vcpu_.system_event());
    case odd_access: return vcpu_.refuse_access();
    case interrupted: return attend_mailbox();
    case hlt: return;
    case shutdown: return end(Ending::crash);
    case internal_error:
    case entry_failed:
    case run_failed:
    case unknown: return end(Ending::internal_error);
  }
}

/// Where an access goes; noted in the record of this exit.
template <class A>
const Region<A>* VcpuThread::find(Bus<A>& bus, A addr, Width width, bool is_write) RT {
  const Region<A>* region = bus.find(addr, width);
  exit_.address = addr.raw();
  exit_.detail = access_detail(bytes(width), is_write);
  if (region != nullptr) [[likely]]
    exit_.device = region->id;
  return region;
}

template <class A>
void VcpuThread::access(const Region<A>* region, A addr, Width width, bool is_write,
                        std::byte* data) RT {
  if (!is_write)
    store_value(data, width,
                region == nullptr ? ~std::uint64_t{0} : region->read(addr, width, vcpu_.id()));
  else if (region != nullptr)
    region->write(addr, width, vcpu_.id(), load_value(data, width));
}

/// A pause comes as a request to exit; KVM has then done what was left of the last access (api.rst,
/// immediate_exit). The time that it takes is no exit's.
void VcpuThread::attend_mailbox() RT {
  if (!mailbox_.is_asked()) return;
  const rt::Allowed the_guest_stands_still;
  do {
    mailbox_.park();
    vcpu_.clear_exit_request();  // then look again: another request may have been meant
  } while (mailbox_.is_asked());
  if (life_.ended()) return;
  vcpu_.tell_of_pause();
  exit_.at = cycles();
}

void VcpuThread::do_pio(const kvm::PioExit& exit) RT {
  const auto* region = find(pio_, exit.port, exit.width, exit.is_write);
  std::byte* data = exit.data;
  for (std::uint32_t i = 0; i < exit.count; ++i) {  // string instructions: at most a page of data
    access(region, exit.port, exit.width, exit.is_write, data);
    data += bytes(exit.width);
  }
}

void VcpuThread::do_mmio(const kvm::MmioExit& exit) RT {
  const std::uint32_t step = is_width(exit.bytes) ? exit.bytes : 1;
  const auto width = static_cast<Width>(step);
  for (std::uint32_t i = 0; i < exit.bytes; i += step) {
    const auto* region = find(mmio_, exit.gpa + i, width, exit.is_write);
    access(region, exit.gpa + i, width, exit.is_write, exit.data + i);
  }
}

/// A suspended vCPU sleeps in its next KVM_RUN, where a stop finds it like any other.
void VcpuThread::do_system_event(kvm::SystemEvent event) RT {
  using enum kvm::SystemEvent;
  switch (event) {
    case power_off: return life_.request_power_off();
    case reset: return life_.request_reset();
    case crash: return end(Ending::crash);
    case suspend:
      if (vcpu_.suspend()) return;
      break;
    case wakeup:
      if (vcpu_.wake_up()) return;
      break;
    case other: break;
  }
  end(Ending::internal_error);
}

void VcpuThread::end(Ending ending) RT {
  const rt::Allowed the_run_is_over;
  if (!life_.ended()) failure_ = vcpu_.describe_failure();
  life_.request({ending});
}

}  // namespace takt
