// SPDX-License-Identifier: Apache-2.0
#include "boot/payload_x86.h"

#include <gtest/gtest.h>

#include "boot/low_memory_x86.h"
#include "boot/test_images_x86.h"
#include "boot/test_ram.h"
#include "boot/test_result.h"

namespace takt {
namespace {

using namespace test_images;

TEST(LoadPayload, TooLittleMemoryIsRefused) {
  const TestRam ram{1_MiB};
  EXPECT_TRUE(refused(load_payload(ram.mem(), {.kernel = bzimage()}),
                      "guest memory of 1 MiB cannot hold a kernel; use --memory 2M or more"));
}

TEST(LoadPayload, TooManyReservedRangesAreRefused) {
  const TestRam ram{16_MiB};
  std::vector<GpaRange> reserved;
  for (std::uint64_t i = 0; i < 126; ++i) reserved.push_back({Gpa{4_GiB + i * 2_MiB}, 1_MiB});
  EXPECT_TRUE(refused(load_payload(ram.mem(), {.kernel = bzimage(), .reserved = reserved}),
                      "more than 128 entries"));
  reserved.pop_back();
  EXPECT_TRUE(accepted(load_payload(ram.mem(), {.kernel = bzimage(), .reserved = reserved})));
}

TEST(LoadPayload, AFullMemoryMapStaysInItsPlace) {
  const TestRam ram{16_MiB};
  std::vector<GpaRange> reserved;
  for (std::uint64_t i = 0; i < 125; ++i) reserved.push_back({Gpa{4_GiB + i * 2_MiB}, 1_MiB});
  ASSERT_TRUE(accepted(load_payload(ram.mem(), {.kernel = pvh_elf(), .reserved = reserved})));
  EXPECT_EQ(ram.at<std::uint64_t>(low_memory::info_memory_map + 127 * 24), 4_GiB + 248_MiB);
  EXPECT_EQ(ram.at<std::uint64_t>(low_memory::zero_page), 0u);
}

TEST(LoadPayload, WritesNothingIntoTheAcpiArea) {
  const TestRam ram{16_MiB};
  ASSERT_TRUE(ram.mem().store(low_memory::acpi_tables, std::uint64_t{0x2052'5450'2044'5352}));
  ASSERT_TRUE(accepted(load_payload(ram.mem(), {.kernel = bzimage(), .initrd = pattern(100)})));
  EXPECT_EQ(ram.at<std::uint64_t>(low_memory::acpi_tables), 0x2052'5450'2044'5352u);
}

TEST(LoadPayload, AnInitrdThatDoesNotFitIsRefusedByEveryLoader) {
  const TestRam ram{4_MiB};
  const Bytes initrd = pattern(4_MiB);
  const auto load = [&](const Bytes& kernel) {
    return load_payload(ram.mem(), {.kernel = kernel, .initrd = initrd});
  };
  EXPECT_TRUE(refused(load(bzimage()), "the initrd (4 MiB) does not fit"));
  EXPECT_TRUE(refused(load(pvh_elf()), "the initrd (4 MiB) does not fit"));
  EXPECT_TRUE(refused(load(multiboot_elf32()), "the initrd (4 MiB) does not fit"));
  EXPECT_TRUE(refused(load(multiboot_flat()), "the initrd (4 MiB) does not fit"));
}

}  // namespace
}  // namespace takt
