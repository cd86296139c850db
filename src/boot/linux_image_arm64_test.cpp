// SPDX-License-Identifier: Apache-2.0
#include "boot/linux_image_arm64.h"

#include <gtest/gtest.h>

#include "boot/test_images_arm64.h"
#include "boot/test_ram.h"
#include "boot/test_result.h"

namespace takt {
namespace {

using namespace test_images;

constexpr Gpa ram_start{arm64_ram};
constexpr PageSizes all_sizes{};

Bytes with(Bytes file, std::size_t offset, auto value) {
  set(file, offset, value);
  return file;
}

Result<LoadedKernel> load(const TestRam& ram, std::span<const std::byte> file) {
  return load_linux_image(ram.mem(), file, all_sizes);
}

TEST(LinuxImage, IsKnownByTheMagicNumberAt56) {
  EXPECT_TRUE(is_linux_image(linux_image()));
  EXPECT_FALSE(is_linux_image(with(linux_image(), 56, 0u)));
  const Bytes image = linux_image();
  EXPECT_FALSE(is_linux_image(std::span{image}.first(63)));
}

TEST(LinuxImage, IsEnteredAtItsFirstByteAtTheStartOfRam) {
  const TestRam ram{16_MiB, ram_start};
  const Bytes file = linux_image();
  const auto kernel = load(ram, file);
  ASSERT_TRUE(accepted(kernel));
  EXPECT_EQ(kernel->entry, arm64_ram);
  EXPECT_EQ(ram.bytes(ram_start, file.size()), file);
  ASSERT_EQ(kernel->ranges.size(), 1u);
  EXPECT_EQ(kernel->ranges[0].size, 0x1'0000u);
}

TEST(LinuxImage, IsPlacedByItsTextOffset) {
  const TestRam ram{16_MiB, ram_start};
  const auto kernel = load(ram, with(linux_image(), 8, std::uint64_t{0x8'0000}));
  ASSERT_TRUE(accepted(kernel));
  EXPECT_EQ(kernel->entry, arm64_ram + 0x8'0000);
}

TEST(LinuxImage, IsPlacedAt2MibWhenRamStartsBetween) {
  const TestRam ram{16_MiB, ram_start + 4096};
  const auto kernel = load(ram, linux_image());
  ASSERT_TRUE(accepted(kernel));
  EXPECT_EQ(kernel->entry, arm64_ram + 2_MiB);
}

TEST(LinuxImage, From316OrBeforeIsPlacedAt512Kib) {
  const TestRam ram{16_MiB, ram_start};
  const Bytes file = with(with(linux_image(), 16, std::uint64_t{0}), 8, 0x0800'0000'0000ull);
  const auto kernel = load(ram, file);
  ASSERT_TRUE(accepted(kernel));
  EXPECT_EQ(kernel->entry, arm64_ram + 0x8'0000);
  EXPECT_EQ(kernel->ranges[0].size, file.size());
}

TEST(LinuxImage, ATextOffsetThatCannotBeIsRefused) {
  const TestRam ram{16_MiB, ram_start};
  EXPECT_TRUE(refused(load(ram, with(linux_image(), 8, std::uint64_t{2_MiB})),
                      "has text_offset = 0x200000"));
  EXPECT_TRUE(refused(load(ram, with(linux_image(), 8, std::uint64_t{2})), "text_offset = 0x2"));
}

TEST(LinuxImage, BigEndianIsRefused) {
  const TestRam ram{16_MiB, ram_start};
  EXPECT_TRUE(refused(load(ram, with(linux_image(), 24, std::uint64_t{0xb})),
                      "is a big-endian arm64 Linux Image; take a little-endian one"));
}

TEST(LinuxImage, WithPagesThatTheCpuDoesNotHaveIsRefused) {
  const Bytes image_16k = with(linux_image(), 24, std::uint64_t{0xc});
  EXPECT_TRUE(accepted(LinuxImage::parse(image_16k, all_sizes)));
  EXPECT_TRUE(refused(LinuxImage::parse(image_16k, {.kib16 = false}),
                      "with 16 KiB pages, which this host's CPU does not have; take a kernel with "
                      "4 KiB pages (CONFIG_ARM64_4K_PAGES)"));
}

TEST(LinuxImage, TheLineAboutPagesNamesASizeThatTheCpuHas) {
  EXPECT_TRUE(refused(LinuxImage::parse(linux_image(), {.kib4 = false}), "CONFIG_ARM64_64K_PAGES"));
  EXPECT_TRUE(refused(LinuxImage::parse(linux_image(), {.kib4 = false, .kib64 = false}),
                      "CONFIG_ARM64_16K_PAGES"));
  EXPECT_TRUE(
      refused(LinuxImage::parse(with(linux_image(), 24, std::uint64_t{0xe}), {.kib64 = false}),
              "with 64 KiB pages"));
}

TEST(LinuxImage, OfUnspecifiedPagesIsTaken) {
  EXPECT_TRUE(accepted(LinuxImage::parse(with(linux_image(), 24, std::uint64_t{0}),
                                         {.kib4 = false, .kib16 = false, .kib64 = false})));
}

TEST(LinuxImage, EveryPrefixIsRefused) {
  const TestRam ram{16_MiB, ram_start};
  const Bytes file = linux_image();
  for (std::size_t n = LinuxImage::header_bytes; n < file.size(); ++n)
    ASSERT_TRUE(refused(load(ram, std::span{file}.first(n)), "is cut short")) << n;
}

TEST(LinuxImage, WithoutAPeHeaderIsTakenAsItIs) {
  const TestRam ram{16_MiB, ram_start};
  const Bytes file = with(linux_image(), 0, 0x1400'0400u);
  EXPECT_TRUE(accepted(load(ram, std::span{file}.first(100))));
}

TEST(LinuxImage, OneThatNeedsMoreMemoryThanThereIsNamesTheAmount) {
  const TestRam ram{16_MiB, ram_start};
  EXPECT_TRUE(refused(load(ram, with(linux_image(), 16, std::uint64_t{16_MiB + 1})),
                      "not all guest memory (16 MiB); use --memory 17M or more"));
}

TEST(LinuxImage, AnImageSizeNearTheEndOfTheAddressSpaceIsRefused) {
  const TestRam ram{16_MiB, ram_start};
  EXPECT_TRUE(refused(load(ram, with(linux_image(), 16, ~0ull)),
                      "past the end of the address space; the file is damaged"));
}

TEST(GzipImage, IsUnpackedToWhereTheImageWouldBe) {
  const TestRam ram{16_MiB, ram_start};
  const auto kernel = load_gzip_image(ram.mem(), gzip(linux_image()), all_sizes);
  ASSERT_TRUE(accepted(kernel));
  EXPECT_EQ(kernel->entry, arm64_ram);
  EXPECT_EQ(kernel->ranges[0].size, 0x1'0000u);
  EXPECT_EQ(ram.bytes(ram_start, linux_image_bytes), linux_image());
  EXPECT_EQ(ram.at<std::uint64_t>(ram_start + linux_image_bytes), 0u);
}

TEST(GzipImage, OfSomethingElseIsRefused) {
  const TestRam ram{16_MiB, ram_start};
  EXPECT_TRUE(refused(load_gzip_image(ram.mem(), gzip(pattern(5000)), all_sizes),
                      "what is in it is no arm64 Linux Image"));
  EXPECT_TRUE(refused(load_gzip_image(ram.mem(), gzip(pattern(5)), all_sizes),
                      "what is in it is no arm64 Linux Image"));
}

TEST(GzipImage, OfAnImageThatWasCutShortBeforeItWasCompressedIsRefused) {
  const TestRam ram{16_MiB, ram_start};
  const Bytes image = linux_image();
  EXPECT_TRUE(refused(load_gzip_image(ram.mem(), gzip(std::span{image}.first(0x1fff)), all_sizes),
                      "an arm64 Linux Image of 8192 bytes by its header, but there are 8191"));
}

TEST(GzipImage, EveryPrefixIsRefused) {
  const TestRam ram{16_MiB, ram_start};
  const Bytes file = gzip(linux_image());
  for (std::size_t n = 0; n < file.size(); ++n)
    ASSERT_TRUE(refused(load_gzip_image(ram.mem(), std::span{file}.first(n), all_sizes), "")) << n;
}

TEST(GzipImage, OneThatUnpacksToMoreThanTheGuestHasIsRefused) {
  const TestRam ram{4_MiB, ram_start};
  Bytes image = linux_image();
  image.resize(5_MiB);
  EXPECT_TRUE(refused(load_gzip_image(ram.mem(), gzip(image), all_sizes),
                      "unpacks to more than the guest's memory (4 MiB); use a larger --memory"));
}

TEST(GzipImage, OneThatUnpacksToMoreThanItsHeaderSaysHasTheMemory) {
  const TestRam ram{16_MiB, ram_start};
  Bytes image = linux_image();
  image.resize(1_MiB);
  const auto kernel = load_gzip_image(ram.mem(), gzip(image), all_sizes);
  ASSERT_TRUE(accepted(kernel));
  EXPECT_EQ(kernel->ranges[0].size, 1_MiB);
}

TEST(GzipImage, ABigEndianOneIsRefusedBeforeAnythingIsUnpacked) {
  const TestRam ram{16_MiB, ram_start};
  EXPECT_TRUE(refused(
      load_gzip_image(ram.mem(), gzip(with(linux_image(), 24, std::uint64_t{0xb})), all_sizes),
      "is a big-endian arm64 Linux Image"));
  EXPECT_EQ(ram.at<std::uint64_t>(ram_start), 0u);
}

}  // namespace
}  // namespace takt
