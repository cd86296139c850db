// SPDX-License-Identifier: Apache-2.0
#include "boot/pvh_x86.h"

#include <gtest/gtest.h>

#include "boot/image_x86.h"
#include "boot/low_memory_x86.h"
#include "boot/test_images_x86.h"
#include "boot/test_ram.h"
#include "boot/test_result.h"

namespace takt {
namespace {

using namespace test_images;

template <class T>
T info(const TestRam& ram, std::uint64_t offset) {
  return ram.at<T>(low_memory::boot_info + offset);
}

/// A PVH kernel with a note of this content.
template <class Desc>
Bytes pvh_with(Desc desc) {
  auto segments = pvh_segments();
  segments[2].data = note("Xen", 18, desc);
  return elf<Elf64>(0, segments);
}

TEST(Pvh, StartsInProtectedModeWithTheStartInfoInEbx) {
  const TestRam ram{16_MiB};
  const auto start = load_payload(ram.mem(), {.kernel = pvh_elf()});
  ASSERT_TRUE(accepted(start));
  EXPECT_EQ(start->mode, StartMode::protected32);
  EXPECT_EQ(start->rip, pvh_entry);
  EXPECT_EQ(start->rbx, 0x6000u);
  EXPECT_EQ(start->gdt, low_memory::gdt);
  EXPECT_EQ(info<std::uint32_t>(ram, 0), 0x336e'c578u);
  EXPECT_EQ(info<std::uint32_t>(ram, 4), 1u);
}

TEST(Pvh, HandsOverCommandLineAndRsdp) {
  const TestRam ram{16_MiB};
  ASSERT_TRUE(accepted(
      load_payload(ram.mem(), {.kernel = pvh_elf(), .cmdline = "quiet", .rsdp = Gpa{0xe'0000}})));
  EXPECT_EQ(ram.text(Gpa{info<std::uint64_t>(ram, 24)}), "quiet");
  EXPECT_EQ(info<std::uint64_t>(ram, 32), 0xe'0000u);
}

TEST(Pvh, HandsOverTheMemoryMap) {
  const TestRam ram{16_MiB};
  ASSERT_TRUE(accepted(load_payload(ram.mem(), {.kernel = pvh_elf()})));
  const Gpa map{info<std::uint64_t>(ram, 40)};
  EXPECT_EQ(info<std::uint32_t>(ram, 48), 3u);
  EXPECT_EQ(ram.at<std::uint64_t>(map + 8), 0x9'fc00u);
  EXPECT_EQ(ram.at<std::uint32_t>(map + 24 + 16), 2u);
  EXPECT_EQ(ram.at<std::uint64_t>(map + 48), 1_MiB);
  EXPECT_EQ(ram.at<std::uint64_t>(map + 56), 15_MiB);
}

TEST(Pvh, TheInitrdIsTheOnlyModule) {
  const TestRam ram{16_MiB};
  const Bytes initrd = pattern(300);
  ASSERT_TRUE(accepted(load_payload(ram.mem(), {.kernel = pvh_elf(), .initrd = initrd})));
  EXPECT_EQ(info<std::uint32_t>(ram, 12), 1u);
  const Gpa list{info<std::uint64_t>(ram, 16)};
  EXPECT_EQ(ram.at<std::uint64_t>(list + 8), 300u);
  EXPECT_EQ(ram.bytes(Gpa{ram.at<std::uint64_t>(list)}, 300), initrd);
}

TEST(Pvh, WithoutAnInitrdThereIsNoModule) {
  const TestRam ram{16_MiB};
  ASSERT_TRUE(accepted(load_payload(ram.mem(), {.kernel = pvh_elf()})));
  EXPECT_EQ(info<std::uint32_t>(ram, 12), 0u);
  EXPECT_EQ(info<std::uint64_t>(ram, 16), 0u);
}

TEST(Pvh, TheInitrdIsNotPutOnTheBssOfTheKernel) {
  const TestRam ram{2_MiB + 0x4000};
  EXPECT_TRUE(accepted(load_payload(ram.mem(), {.kernel = pvh_elf(), .initrd = pattern(64)})));
  const Gpa list{info<std::uint64_t>(ram, 16)};
  EXPECT_EQ(ram.at<std::uint64_t>(list), 2_MiB - 4096);
}

TEST(Pvh, ANoteOfFourBytesIsTaken) {
  const TestRam ram{16_MiB};
  const auto start = load_payload(ram.mem(), {.kernel = pvh_with(std::uint32_t{0x10'0000})});
  ASSERT_TRUE(accepted(start));
  EXPECT_EQ(start->rip, 0x10'0000u);
}

TEST(Pvh, ANoteOfAnotherSizeIsRefused) {
  EXPECT_TRUE(refused(identify(pvh_with(std::uint16_t{0})), "has a PVH note of 2 bytes"));
}

TEST(Pvh, AnEntryOutsideTheSegmentsIsRefused) {
  EXPECT_TRUE(
      refused(identify(pvh_with(std::uint32_t{0x10'0800})), "has its PVH entry at 0x100800"));
  EXPECT_TRUE(refused(identify(pvh_with(~0ull)), "outside what it loads"));
}

TEST(Pvh, EveryPrefixIsRefused) {
  const TestRam ram{16_MiB};
  const Bytes file = pvh_elf();
  for (std::size_t n = 0; n < file.size(); ++n)
    ASSERT_TRUE(refused(load_payload(ram.mem(), {.kernel = std::span{file}.first(n)}), "")) << n;
}

}  // namespace
}  // namespace takt
