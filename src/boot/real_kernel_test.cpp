// SPDX-License-Identifier: Apache-2.0
// The loaders on a kernel that somebody else has built. TAKT_TEST_KERNEL names it: a bzImage.
// Without it the tests are skipped. (An ELF may have bytes behind its last table, as Linux's
// relocations; that those are missing cannot be seen.)
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "boot/image.h"
#include "boot/payload.h"
#include "boot/test_images.h"
#include "boot/test_ram.h"
#include "boot/test_result.h"

namespace takt {
namespace {

class RealKernel : public testing::Test {
 protected:
  void SetUp() override {
    const char* const path = std::getenv("TAKT_TEST_KERNEL");
    if (path == nullptr) GTEST_SKIP() << "TAKT_TEST_KERNEL is not set";
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

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

TEST_F(RealKernel, IsLoadedWithAnInitrd) {
  const TestRam ram{512_MiB};
  const auto initrd = test_images::pattern(3_MiB);
  const auto start =
      load_payload(ram.mem(), {.kernel = file(), .initrd = initrd, .cmdline = "console=ttyS0"});
  ASSERT_TRUE(accepted(start));
  EXPECT_NE(ram.at<std::uint64_t>(Gpa{start->rip}), 0u);
}

// All of them would be millions: the first and the last 64 KiB byte by byte, between them a sample.
TEST_F(RealKernel, PrefixesAreRefused) {
  constexpr std::size_t dense = 64 * 1024;
  constexpr std::size_t step = 4093;
  for (std::size_t n = 0; n < file().size();
       n += n < dense || file().size() - n <= dense + step ? 1 : step)
    ASSERT_TRUE(refused(identify(prefix(n)), "")) << n;
}

TEST_F(RealKernel, APrefixIsRefusedBeforeAnythingIsLoaded) {
  const TestRam ram{512_MiB};
  EXPECT_TRUE(refused(load_payload(ram.mem(), {.kernel = prefix(file().size() - 1)}), "cut short"));
  EXPECT_EQ(ram.bytes(Gpa{0}, 2_MiB), std::vector<std::byte>(2_MiB));
}

}  // namespace
}  // namespace takt
