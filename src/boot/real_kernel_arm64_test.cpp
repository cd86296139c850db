// SPDX-License-Identifier: Apache-2.0
// The arm64 loaders on an Image that TAKT_TEST_KERNEL_ARM64 names.
#include "boot/linux_image_arm64.h"
#include "boot/payload_arm64.h"
#include "boot/test_fdt_arm64.h"
#include "boot/test_images_arm64.h"
#include "boot/test_ram.h"
#include "boot/test_real_kernel.h"
#include "boot/test_result.h"

namespace takt {
namespace {

constexpr Gpa ram_start{test_images::arm64_ram};

class RealKernelArm64 : public RealKernelTest {
 protected:
  RealKernelArm64() : RealKernelTest{"TAKT_TEST_KERNEL_ARM64"} {}

  [[nodiscard]] static Result<StartState> load(const GuestMem& mem,
                                               std::span<const std::byte> kernel) {
    static const auto initrd = test_images::pattern(3_MiB);
    return load_payload(mem, {.kernel = kernel, .initrd = initrd, .fdt = test_fdt::board()});
  }
};

TEST_F(RealKernelArm64, IsLoadedWithAnInitrd) {
  const TestRam ram{512_MiB, ram_start};
  const auto start = load(ram.mem(), file());
  ASSERT_TRUE(accepted(start));
  EXPECT_EQ(ram.at<std::uint32_t>(Gpa{start->pc} + 56), 0x644d'5241u);
}

TEST_F(RealKernelArm64, InAGzipFileIsTheSame) {
  const TestRam plain{512_MiB, ram_start};
  const TestRam zipped{512_MiB, ram_start};
  const auto start = load(plain.mem(), file());
  const auto same = load(zipped.mem(), test_images::gzip(file()));
  ASSERT_TRUE(accepted(start));
  ASSERT_TRUE(accepted(same));
  EXPECT_EQ(same->pc, start->pc);
  EXPECT_EQ(same->x0, start->x0);
  EXPECT_EQ(zipped.bytes(ram_start, 64_MiB), plain.bytes(ram_start, 64_MiB));
}

TEST_F(RealKernelArm64, PrefixesAreRefused) {
  const TestRam ram{512_MiB, ram_start};
  for (std::size_t n = 0; n < file().size(); n = next_prefix(n))
    ASSERT_TRUE(refused(load(ram.mem(), prefix(n)), "")) << n;
}

}  // namespace
}  // namespace takt
