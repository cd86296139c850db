// SPDX-License-Identifier: Apache-2.0
#include "base/rt_guard.h"

#include <execinfo.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <utility>

namespace takt::rt {

constinit std::atomic<void*> frozen_heap_end = nullptr;

namespace {

constinit std::array<std::atomic<std::uint64_t>, breach_kinds> counts{};

constexpr std::array<std::string_view, breach_kinds> names{"heap", "lock", "blocking call",
                                                           "address space", "page fault"};

/// The first call of backtrace(3) loads the unwinder, which allocates.
[[gnu::constructor]] void load_unwinder() {
  void* frame = nullptr;
  if (guard == Guard::ends_program) ::backtrace(&frame, 1);
}

/// One write: the line of another thread is not mixed in. By number: write(2) is watched.
void print(std::initializer_list<std::string_view> words) noexcept {
  std::array<iovec, 16> pieces{};
  std::size_t n = 0;
  for (const std::string_view word : words)
    pieces[n++] = {const_cast<char*>(word.data()), word.size()};
  ::syscall(SYS_writev, STDERR_FILENO, pieces.data(), n);
}

/// Frames as `program(function+offset)`, which addr2line(1) takes, unless stripped or static.
void print_stack() noexcept {
  std::array<void*, 64> frames{};
  const int n = ::backtrace(frames.data(), static_cast<int>(frames.size()));
  ::backtrace_symbols_fd(frames.data(), n, STDERR_FILENO);
}

/// Telling of a breach may touch any page.
void block_page_fault_signal() noexcept {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTRAP);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

/// The first breach is told; a thread that comes second waits for the end.
[[noreturn]] void end_program(Breach kind, std::string_view call, bool in_section) noexcept {
  block_page_fault_signal();
  static constinit std::atomic<bool> told = false;
  while (told.exchange(true)) ::pause();
  std::array<char, 16> thread{};
  ::prctl(PR_GET_NAME, thread.data());
  print({"takt: real-time guard: ", call, " (", names[std::to_underlying(kind)], ") ",
         in_section ? "in a real-time section" : "while the address space is frozen", ", thread ",
         thread.data(), "\n"});
  print_stack();
  std::abort();
}

}  // namespace

void breach(Breach kind, std::string_view call) noexcept {
  counts[std::to_underlying(kind)].fetch_add(1, std::memory_order_relaxed);
  if constexpr (guard != Guard::ends_program) return;
  const bool in_section = std::exchange(section_depth, 0) > 0 || kind == Breach::page_fault;
  frozen_heap_end.store(nullptr, std::memory_order_relaxed);  // the end may do anything
  end_program(kind, call, in_section);
}

std::uint64_t breaches(Breach kind) noexcept {
  return counts[std::to_underlying(kind)].load(std::memory_order_relaxed);
}

}  // namespace takt::rt
