// SPDX-License-Identifier: Apache-2.0
// The run-time guards: what real-time code must not do is noticed when it does it.
//
// The program defines the C library's functions anew (rt_guard_heap.cpp, _locks.cpp, _calls.cpp,
// _memory.cpp): each looks at two words, the thread's section depth and whether the address space
// is frozen, and calls the C library. A breach ends the program with one line and a stack trace
// in builds with TAKT_RT_GUARD (debug and lab builds), and is counted in all others. Sanitizers
// define the same functions themselves: in their builds there is no guard.
//
// Not seen: what the C library calls inside itself without going through its own symbols (stdio's
// write(2), say; most of it is reached by functions that are watched), and system calls by
// number. tools/check_rt.py keeps syscall(2) to the files that need it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace takt::rt {

enum class Breach : std::uint8_t { heap, lock, blocking_call, address_space, page_fault };
inline constexpr std::size_t breach_kinds = 5;

/// What happens at a breach.
enum class Guard : std::uint8_t { ends_program, counts, absent };
#if defined(TAKT_RT_GUARD_ABSENT)
inline constexpr Guard guard = Guard::absent;
#elif defined(TAKT_RT_GUARD)
inline constexpr Guard guard = Guard::ends_program;
#else
inline constexpr Guard guard = Guard::counts;
#endif

/// `call` names what was done. Any thread, any context, a signal handler too; no allocation.
void breach(Breach kind, std::string_view call) noexcept;

/// How many were counted since the program started. Any thread.
[[nodiscard]] std::uint64_t breaches(Breach kind) noexcept;

extern constinit thread_local int section_depth;      // written by rt.cpp only
extern constinit std::atomic<void*> frozen_heap_end;  // nullptr unless the address space is frozen

}  // namespace takt::rt
