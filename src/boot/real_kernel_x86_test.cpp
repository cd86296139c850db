// SPDX-License-Identifier: Apache-2.0
// The x86 loaders on a bzImage that TAKT_TEST_KERNEL names. (An ELF may have bytes behind its last
// table, as Linux's relocations; that those are missing cannot be seen.)
#include "boot/image_x86.h"
#include "boot/payload_x86.h"
#include "boot/test_images.h"
#include "boot/test_ram.h"
#include "boot/test_real_kernel.h"
#include "boot/test_result.h"

namespace takt {
namespace {

class RealKernel : public RealKernelTest {
 protected:
  RealKernel() : RealKernelTest{"TAKT_TEST_KERNEL"} {}
};

TEST_F(RealKernel, IsLoadedWithAnInitrd) {
  const TestRam ram{512_MiB};
  const auto initrd = test_images::pattern(3_MiB);
  const auto start =
      load_payload(ram.mem(), {.kernel = file(), .initrd = initrd, .cmdline = "console=ttyS0"});
  ASSERT_TRUE(accepted(start));
  EXPECT_NE(ram.at<std::uint64_t>(Gpa{start->rip}), 0u);
}

TEST_F(RealKernel, PrefixesAreRefused) {
  for (std::size_t n = 0; n < file().size(); n = next_prefix(n))
    ASSERT_TRUE(refused(identify(prefix(n)), "")) << n;
}

TEST_F(RealKernel, APrefixIsRefusedBeforeAnythingIsLoaded) {
  const TestRam ram{512_MiB};
  EXPECT_TRUE(refused(load_payload(ram.mem(), {.kernel = prefix(file().size() - 1)}), "cut short"));
  EXPECT_EQ(ram.bytes(Gpa{0}, 2_MiB), std::vector<std::byte>(2_MiB));
}

}  // namespace
}  // namespace takt
