// SPDX-License-Identifier: Apache-2.0
// The options of a kernel's configuration that decide about time.
#pragma once

#include <array>
#include <string_view>

namespace takt::check {

inline constexpr std::array<std::string_view, 4> wanted_options{"NO_HZ_FULL", "RCU_NOCB_CPU",
                                                                "CPU_ISOLATION", "HIGH_RES_TIMERS"};

/// Each makes the kernel slower everywhere, or has paths without a bound.
inline constexpr std::array<std::string_view, 18> debug_options{"PROVE_LOCKING",
                                                                "LOCKDEP",
                                                                "DEBUG_LOCK_ALLOC",
                                                                "DEBUG_SPINLOCK",
                                                                "DEBUG_MUTEXES",
                                                                "LOCK_STAT",
                                                                "DEBUG_RT_MUTEXES",
                                                                "DEBUG_ATOMIC_SLEEP",
                                                                "DEBUG_PREEMPT",
                                                                "KASAN",
                                                                "KCSAN",
                                                                "KMSAN",
                                                                "UBSAN_TRAP",
                                                                "DEBUG_KMEMLEAK",
                                                                "DEBUG_OBJECTS",
                                                                "SLUB_DEBUG_ON",
                                                                "DEBUG_VM",
                                                                "GCOV_KERNEL"};

inline constexpr std::string_view rt_group_sched = "RT_GROUP_SCHED";

}  // namespace takt::check
