// SPDX-License-Identifier: Apache-2.0
// Guest memory for tests and fuzzers: as large as asked, and only what is touched costs anything.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "bus/guest_mem.h"

namespace takt {

/// One region of zeroed RAM.
class TestRam {
 public:
  explicit TestRam(std::uint64_t bytes, Gpa start = Gpa{0}) : bytes_{bytes} {
    void* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) VMM_BUG("no memory for a test");
    data_ = static_cast<std::byte*>(at);
    mem_ = GuestMem{{{start, {data_, bytes_}}}};
  }
  TestRam(const TestRam&) = delete;
  TestRam& operator=(const TestRam&) = delete;
  ~TestRam() { ::munmap(data_, bytes_); }

  [[nodiscard]] const GuestMem& mem() const { return mem_; }

  /// The value at `gpa`, which must be RAM.
  template <class T>
  [[nodiscard]] T at(Gpa gpa) const {
    const auto value = mem_.load<T>(gpa);
    if (!value) VMM_BUG("a test reads what is not RAM");
    return *value;
  }

  [[nodiscard]] std::vector<std::byte> bytes(Gpa gpa, std::uint64_t n) const {
    std::vector<std::byte> out(n);
    if (!mem_.read(gpa, out)) VMM_BUG("a test reads what is not RAM");
    return out;
  }

  /// The zero-terminated string at `gpa`.
  [[nodiscard]] std::string text(Gpa gpa) const {
    std::string out;
    for (; at<char>(gpa) != '\0'; gpa = gpa + 1) out += at<char>(gpa);
    return out;
  }

 private:
  std::uint64_t bytes_;
  std::byte* data_;
  GuestMem mem_;
};

}  // namespace takt
