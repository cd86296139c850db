// SPDX-License-Identifier: Apache-2.0
// A kernel that somebody else has built: the environment names it. Without it tests are skipped.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <span>

namespace takt {

class RealKernelTest : public testing::Test {
 protected:
  explicit RealKernelTest(const char* variable) : variable_{variable} {}

  void SetUp() override {
    const char* const path = std::getenv(variable_);
    if (path == nullptr) GTEST_SKIP() << variable_ << " is not set";
    const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
    ASSERT_GE(fd, 0) << path;
    struct stat status = {};
    ASSERT_EQ(::fstat(fd, &status), 0);
    size_ = static_cast<std::size_t>(status.st_size);
    void* const at = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
    ::close(fd);
    ASSERT_NE(at, MAP_FAILED);
    data_ = static_cast<const std::byte*>(at);
  }

  [[nodiscard]] std::span<const std::byte> file() const { return {data_, size_}; }
  [[nodiscard]] std::span<const std::byte> prefix(std::size_t n) const { return file().first(n); }

  /// Prefixes to refuse. All of them would be millions: the first and the last 64 KiB byte by byte,
  /// between them a sample.
  [[nodiscard]] std::size_t next_prefix(std::size_t n) const {
    constexpr std::size_t dense = 64 * 1024;
    constexpr std::size_t step = 4093;
    return n + (n < dense || size_ - n <= dense + step ? 1 : step);
  }

 private:
  const char* variable_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace takt
