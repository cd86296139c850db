// SPDX-License-Identifier: Apache-2.0
// The process's address space while guests run: it does not change.
//
// An munmap, an mprotect, an madvise that gives pages back: each takes pages away that any CPU may
// have in its TLB, so the kernel interrupts every CPU on which a thread of this process runs, that
// is: every vCPU, in the guest or not, and waits for all of them. What only adds (mmap, brk, the
// stack of a new thread) holds mmap_lock for writing, which a page fault or a KVM request of
// another thread waits for, without inheritance. So everything is mapped before the guests start,
// and threads that allocate beside them, for JSON and the like, get their memory from a heap that
// has all its pages already.
#pragma once

#include <cstddef>
#include <string>

namespace takt {

/// What control threads may have allocated at any one time while a guest runs, with a margin. The
/// measured need is below 1 MiB.
inline constexpr std::size_t heap_reserve_bytes = std::size_t{8} << 20;

/// Makes malloc(3) one heap that never maps, trims or unmaps, and grows it by `bytes` at once. If
/// that is used up all the same, it grows by brk(2) in steps of a mebibyte: a breach. Set-up,
/// before the second thread and before memory is locked, which then brings the pages in.
void reserve_heap(std::size_t bytes = heap_reserve_bytes) noexcept;

/// While this object lives the address space is frozen: a call that changes it, by any thread, is a
/// breach (base/rt_guard.h). At the end the list of mappings is what it was at the start, or that
/// is one: this finds what the C library did inside itself. One at a time; set-up and stop only.
class FrozenAddressSpace {
 public:
  FrozenAddressSpace();
  ~FrozenAddressSpace();
  FrozenAddressSpace(const FrozenAddressSpace&) = delete;
  FrozenAddressSpace& operator=(const FrozenAddressSpace&) = delete;

 private:
  std::string mappings_;
};

}  // namespace takt
