// SPDX-License-Identifier: Apache-2.0
#include "host/fresh_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

namespace takt {

FreshMemory::~FreshMemory() {
  if (!memory_.empty()) ::munmap(memory_.data(), memory_.size());
}

Result<> FreshMemory::reserve() {
  if (!memory_.empty()) return {};
  page_bytes_ = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t bytes = most_pages * page_bytes_;
  void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) return sys_error("mmap pages for the slow device");
  memory_ = {static_cast<std::byte*>(at), bytes};
  ::madvise(at, bytes,
            MADV_NOHUGEPAGE);  // a fault for each page, where the kernel knows larger ones
  return {};
}

void FreshMemory::touch(unsigned count) RT {
  if (memory_.empty()) return;
  const std::size_t pages = std::min<std::size_t>(count, most_pages);
  ::munlock(memory_.data(), pages * page_bytes_);
  ::madvise(memory_.data(), pages * page_bytes_, MADV_DONTNEED);
  for (std::size_t n = 0; n < pages; ++n)
    *static_cast<volatile std::byte*>(&memory_[n * page_bytes_]) = std::byte{1};
}

}  // namespace takt
