// SPDX-License-Identifier: Apache-2.0
#include "base/rt_page_faults.h"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstring>

#include "base/fd.h"

namespace takt::rt {
namespace {

constinit std::atomic<PageFaultWatch> watch = PageFaultWatch::off;

Fd open_page_fault_event() noexcept {
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = PERF_TYPE_SOFTWARE;
  attr.config = PERF_COUNT_SW_PAGE_FAULTS;
  attr.sample_period = 1;
  attr.sample_type = PERF_SAMPLE_ADDR;
  attr.disabled = 1;
  attr.exclude_kernel = 1;
  attr.exclude_hv = 1;
  attr.remove_on_exec = 1;
  attr.sigtrap = 1;
  return Fd{
      static_cast<int>(::syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC))};
}

/// The address is the one that was accessed.
void on_trap(int, siginfo_t* info, void*) {
  std::array<char, 40> text{"access to 0x"};
  char* const digits = text.data() + std::strlen(text.data());
  const auto end = std::to_chars(digits, text.data() + text.size(),
                                 reinterpret_cast<std::uintptr_t>(info->si_addr), 16);
  breach(Breach::page_fault, {text.data(), end.ptr});
}

void handle_trap() {
  struct sigaction action{};
  action.sa_sigaction = on_trap;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGTRAP, &action, nullptr);
}

/// While the signal is blocked the kernel would deliver it late, with another stack.
void unblock_trap() noexcept {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTRAP);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

long faults_of_thread() noexcept {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_minflt + usage.ru_majflt;
}

class ThreadWatch {
 public:
  void start() noexcept {
    how_ = watch.load(std::memory_order_acquire);
    if (how_ == PageFaultWatch::at_once) start_event();
    if (how_ == PageFaultWatch::at_section_end) before_ = faults_of_thread();
  }

  void stop() noexcept {
    if (how_ == PageFaultWatch::at_once) ::ioctl(event_.raw(), PERF_EVENT_IOC_DISABLE, 0);
    if (how_ == PageFaultWatch::at_section_end && faults_of_thread() != before_)
      breach(Breach::page_fault, "an access, noticed at the section's end,");
    how_ = PageFaultWatch::off;
  }

 private:
  void start_event() noexcept {
    if (!event_) {
      event_ = open_page_fault_event();
      unblock_trap();
    }
    ::ioctl(event_.raw(), PERF_EVENT_IOC_ENABLE, 0);
  }

  Fd event_;
  long before_ = 0;
  PageFaultWatch how_ = PageFaultWatch::off;
};

thread_local ThreadWatch thread_watch;

}  // namespace

void watch_page_faults(PageFaultWatch wanted) {
  if constexpr (guard != Guard::ends_program) return;
  if (wanted == PageFaultWatch::at_once && !open_page_fault_event()) {
    say("takt: real-time guard: page faults are noticed at the end of a section only (" +
        sys_error("perf_event_open").error().text +
        "; needs CAP_PERFMON, or a kernel.perf_event_paranoid of at most 2)");
    wanted = PageFaultWatch::at_section_end;
  }
  if (wanted == PageFaultWatch::at_once) handle_trap();
  watch.store(wanted, std::memory_order_release);
}

PageFaultWatch page_fault_watch() noexcept { return watch.load(std::memory_order_acquire); }

void start_page_fault_watch_of_thread() noexcept { thread_watch.start(); }
void stop_page_fault_watch_of_thread() noexcept { thread_watch.stop(); }

}  // namespace takt::rt
