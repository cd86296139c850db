// SPDX-License-Identifier: Apache-2.0
// The guard against page faults in real-time sections, for guard builds. A software event of the
// kernel, PERF_COUNT_SW_PAGE_FAULTS with `sigtrap` (perf_event_open(2), Linux 5.13), counts the
// calling thread's faults in user space while it is in a section, and makes the first a SIGTRAP
// at the instruction. Where events are not permitted, getrusage(2) at the section's end tells that
// there were some, without saying where.
//
// What the kernel does on its own to a locked page is a fault like any other and a finding about
// the host: compaction (vm.compact_unevictable_allowed), NUMA balancing, KSM.
#pragma once

#include <cstdint>

#include "base/rt_guard.h"

namespace takt::rt {

enum class PageFaultWatch : std::uint8_t { off, at_section_end, at_once };

/// From now on a page fault in a section is a breach, for threads that enter one later. Call it
/// when all memory is locked: before, pages come one by one and are no fault of the code. Says so,
/// once, if `wanted` cannot be had. Does nothing in builds without guard.
void watch_page_faults(PageFaultWatch wanted = PageFaultWatch::at_once);
[[nodiscard]] PageFaultWatch page_fault_watch() noexcept;

// For Section and Allowed only.
void start_page_fault_watch_of_thread() noexcept;
void stop_page_fault_watch_of_thread() noexcept;

inline void start_page_fault_watch() noexcept {
  if constexpr (guard == Guard::ends_program) start_page_fault_watch_of_thread();
}

inline void stop_page_fault_watch() noexcept {
  if constexpr (guard == Guard::ends_program) stop_page_fault_watch_of_thread();
}

}  // namespace takt::rt
