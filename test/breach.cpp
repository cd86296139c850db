// SPDX-License-Identifier: Apache-2.0
// A library to preload: takt's KVM_RUN comes here, and when a vCPU has run a few times, it does on
// the vCPU's thread what real-time code must not do. TAKT_BREACH says what: heap, lock, blocking,
// mapping or page; anything else is nothing.
#include <linux/kvm.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdarg>
#include <cstdlib>
#include <string_view>

namespace {

constexpr std::size_t page_bytes = 4096;
constexpr int runs_before = 3;

const char* what_to_do = "nothing";
void* page = nullptr;
pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/// Reads the environment and maps a page, before takt locks and freezes its memory.
[[gnu::constructor]] void prepare() {
  if (const char* told = std::getenv("TAKT_BREACH")) what_to_do = told;
  page = ::mmap(nullptr, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/// Takes the page away again, although memory is locked; by number, so that the guard sees only
/// the touch.
void touch_absent_page() {
  ::syscall(SYS_munlock, page, page_bytes);
  ::syscall(SYS_madvise, page, page_bytes, MADV_DONTNEED);
  *static_cast<volatile char*>(page) = 1;
}

void breach() {
  const std::string_view what = what_to_do;
  if (what == "heap") {
    void* volatile block = std::malloc(8);
    std::free(block);
  } else if (what == "lock") {
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
  } else if (what == "blocking") {
    ::usleep(1);
  } else if (what == "mapping") {
    ::munmap(page, page_bytes);
  } else if (what == "page") {
    touch_absent_page();
  }
}

}  // namespace

extern "C" int ioctl(int fd, unsigned long request, ...) noexcept {
  static std::atomic<int> runs = 0;
  va_list rest;
  va_start(rest, request);
  void* const argument = va_arg(rest, void*);
  va_end(rest);
  if (request == KVM_RUN && ++runs == runs_before) breach();
  return static_cast<int>(::syscall(SYS_ioctl, fd, request, argument));
}
