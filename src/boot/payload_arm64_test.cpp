// SPDX-License-Identifier: Apache-2.0
#include "boot/payload_arm64.h"

#include <gtest/gtest.h>

#include <string>

#include "boot/test_fdt_arm64.h"
#include "boot/test_images_arm64.h"
#include "boot/test_images_x86.h"
#include "boot/test_ram.h"
#include "boot/test_result.h"

namespace takt {
namespace {

using namespace test_images;
using namespace std::string_literals;
using test_fdt::Tree;
using Cells = std::vector<std::uint32_t>;

constexpr Gpa ram_start{arm64_ram};

Result<StartState> load(const GuestMem& mem, std::span<const std::byte> kernel,
                        std::optional<std::span<const std::byte>> initrd = {}) {
  return load_payload(mem, {.kernel = kernel, .initrd = initrd, .fdt = test_fdt::board()});
}

/// What a file that is no kernel gets, with and without magic numbers.
Result<StartState> load_text(const std::string& magic, std::size_t offset = 0, bool flat = false) {
  const TestRam ram{16_MiB, ram_start};
  std::string text(2048, ' ');
  text.replace(offset, magic.size(), magic);
  return load_payload(
      ram.mem(),
      {.kernel = std::as_bytes(std::span{text}), .flat = flat, .fdt = test_fdt::board()});
}

/// The device tree that a guest finds by x0.
Tree tree_at(const GuestMem& mem, std::uint64_t x0) {
  std::vector<std::byte> bytes(sizeof(fdt_header));
  EXPECT_TRUE(mem.read(Gpa{x0}, bytes));
  bytes.resize(fdt_totalsize(static_cast<const void*>(bytes.data())));
  EXPECT_TRUE(mem.read(Gpa{x0}, bytes));
  EXPECT_EQ(fdt_check_full(bytes.data(), bytes.size()), 0);
  return Tree{std::move(bytes)};
}

TEST(LoadPayloadArm64, AnImageStartsWithTheDeviceTreeInX0) {
  const TestRam ram{64_MiB, ram_start};
  const auto start = load(ram.mem(), linux_image());
  ASSERT_TRUE(accepted(start));
  EXPECT_EQ(start->pc, arm64_ram);
  EXPECT_EQ(tree_at(ram.mem(), start->x0).text("/chosen", "bootargs"), "console=ttyAMA0");
}

TEST(LoadPayloadArm64, TheTreeHasTheMemoryThatThereIs) {
  std::vector<std::byte> low(4_MiB), high(8_MiB);
  const GuestMem mem{{{ram_start, low}, {Gpa{256_GiB}, high}}};
  const auto start = load(mem, linux_image());
  ASSERT_TRUE(accepted(start));
  const Tree tree = tree_at(mem, start->x0);
  EXPECT_EQ(tree.cells("/memory@40000000", "reg"), (Cells{0, 0x4000'0000, 0, 0x40'0000}));
  EXPECT_EQ(tree.cells("/memory@4000000000", "reg"), (Cells{0x40, 0, 0, 0x80'0000}));
}

TEST(LoadPayloadArm64, TheTreeCrossesNo2MibBoundaryAndIsWithin512MibOfTheKernel) {
  const TestRam ram{1_GiB, ram_start};
  const auto start = load(ram.mem(), linux_image());
  ASSERT_TRUE(accepted(start));
  const std::uint64_t size = tree_at(ram.mem(), start->x0).bytes().size();
  EXPECT_EQ(start->x0 % 8, 0u);
  EXPECT_EQ(start->x0 / 2_MiB, (start->x0 + size - 1) / 2_MiB);
  EXPECT_LE(start->x0 + size, arm64_ram + 512_MiB);
  EXPECT_GT(start->x0, arm64_ram + 511_MiB);
}

TEST(LoadPayloadArm64, TheTreeGoesFurtherUpWhenTheKernelTakesAllOf512Mib) {
  const TestRam ram{1_GiB, ram_start};
  Bytes image = linux_image();
  set(image, 16, std::uint64_t{512_MiB});
  const auto start = load(ram.mem(), image);
  ASSERT_TRUE(accepted(start));
  EXPECT_GE(start->x0, arm64_ram + 512_MiB);
}

TEST(LoadPayloadArm64, TheInitrdIsHighAndInTheTree) {
  const TestRam ram{64_MiB, ram_start};
  const Bytes initrd = pattern(5000);
  const auto start = load(ram.mem(), linux_image(), initrd);
  ASSERT_TRUE(accepted(start));
  const Gpa at = ram_start + (64_MiB - 8192);
  EXPECT_EQ(ram.bytes(at, 5000), initrd);
  const Tree tree = tree_at(ram.mem(), start->x0);
  EXPECT_EQ(tree.cells("/chosen", "linux,initrd-start"),
            (Cells{0, static_cast<std::uint32_t>(at.raw())}));
  EXPECT_EQ(tree.cells("/chosen", "linux,initrd-end"),
            (Cells{0, static_cast<std::uint32_t>(at.raw() + 5000)}));
  EXPECT_LT(start->x0, at.raw());
}

TEST(LoadPayloadArm64, WithoutAnInitrdTheTreeHasNone) {
  const TestRam ram{64_MiB, ram_start};
  const auto start = load(ram.mem(), linux_image());  // board() names one
  ASSERT_TRUE(accepted(start));
  EXPECT_FALSE(tree_at(ram.mem(), start->x0).has("/chosen", "linux,initrd-start"));
}

TEST(LoadPayloadArm64, TheInitrdStaysWithin32GibOfTheKernelsGib) {
  const TestRam low{16_MiB, ram_start};
  std::vector<std::byte> high(8_MiB), too_high(8_MiB);
  const auto low_bytes = low.mem().regions().front().host;
  const GuestMem mem{{{ram_start, low_bytes}, {Gpa{32_GiB}, high}, {Gpa{33_GiB}, too_high}}};
  const auto start = load(mem, linux_image(), pattern(4096));
  ASSERT_TRUE(accepted(start));
  EXPECT_EQ(tree_at(mem, start->x0).cells("/chosen", "linux,initrd-start"),
            (Cells{8, 8_MiB - 4096}));
}

TEST(LoadPayloadArm64, AnInitrdThatDoesNotFitNamesTheMemoryItNeeds) {
  const TestRam ram{4_MiB, ram_start};
  EXPECT_TRUE(refused(load(ram.mem(), linux_image(), Bytes(4_MiB)),
                      "the initrd (4 MiB) does not fit beside the kernel in 4 MiB of guest memory; "
                      "use --memory 5M or more"));
}

TEST(LoadPayloadArm64, ATreeThatDoesNotFitSaysSo) {
  const TestRam ram{4_MiB, ram_start};
  Bytes image = linux_image();
  set(image, 16, std::uint64_t{4_MiB});
  EXPECT_TRUE(refused(load(ram.mem(), image), "does not fit beside kernel and initrd in 4 MiB"));
}

TEST(LoadPayloadArm64, NothingOverlapsInAGuestThatIsJustLargeEnough) {
  const TestRam ram{4_MiB, ram_start};
  Bytes image = linux_image();
  set(image, 16, std::uint64_t{2_MiB});
  const Bytes initrd = pattern(2_MiB - 4096);
  const auto start = load(ram.mem(), image, initrd);
  ASSERT_TRUE(accepted(start));
  EXPECT_EQ(start->x0, arm64_ram + 2_MiB);
  EXPECT_EQ(ram.bytes(ram_start + 2_MiB + 4096, initrd.size()), initrd);
}

TEST(LoadPayloadArm64, EveryCompressionOfTheSameImageStartsAlike) {
  const TestRam ram{64_MiB, ram_start};
  for (const Bytes& file : {linux_image(), gzip(linux_image()), zboot(gzip(linux_image()))}) {
    const auto start = load(ram.mem(), file);
    ASSERT_TRUE(accepted(start));
    EXPECT_EQ(start->pc, arm64_ram);
    EXPECT_EQ(ram.bytes(ram_start, linux_image_bytes), linux_image());
  }
}

TEST(LoadPayloadArm64, AnElfFileIsEnteredAtItsEntry) {
  const TestRam ram{64_MiB, ram_start};
  const auto start = load(ram.mem(), arm64_elf());
  ASSERT_TRUE(accepted(start));
  EXPECT_EQ(start->pc, arm64_entry);
  EXPECT_EQ(tree_at(ram.mem(), start->x0).text("/psci", "method"), "hvc");
}

TEST(LoadPayloadArm64, AFlatBinaryIsLoadedOnlyWhenAsked) {
  EXPECT_TRUE(refused(load_text("hello"),
                      "is not a kernel; takt takes an arm64 Linux Image, also "
                      "one compressed by gzip, a 64-bit arm64 ELF file, or "
                      "with --flat a flat binary"));
  const auto start = load_text("hello", 0, true);
  ASSERT_TRUE(accepted(start));
  EXPECT_EQ(start->pc, arm64_ram + 0x8'0000);
}

TEST(LoadPayloadArm64, AnImageIsAnImageAlsoWhenAFlatBinaryIsAskedFor) {
  const TestRam ram{64_MiB, ram_start};
  const auto start =
      load_payload(ram.mem(), {.kernel = linux_image(), .flat = true, .fdt = test_fdt::board()});
  ASSERT_TRUE(accepted(start));
  EXPECT_EQ(start->pc, arm64_ram);
}

TEST(LoadPayloadArm64, AFlatBinaryLargerThanMemoryIsRefused) {
  const TestRam ram{4_MiB, ram_start};
  const auto start =
      load_payload(ram.mem(), {.kernel = Bytes(4_MiB), .flat = true, .fdt = test_fdt::board()});
  EXPECT_TRUE(refused(start, "use --memory 5M or more"));
}

TEST(LoadPayloadArm64, AnEmptyFileIsRefusedAlsoWhenItIsFlat) {
  const TestRam ram{4_MiB, ram_start};
  const Payload nothing{.flat = true, .fdt = test_fdt::board()};
  EXPECT_TRUE(refused(load_payload(ram.mem(), nothing), "is empty; takt takes an arm64"));
}

TEST(LoadPayloadArm64, LinuxGetsNoCommandLineThatItWouldCut) {
  const TestRam ram{64_MiB, ram_start};
  const Bytes image = linux_image();
  Payload payload{.kernel = image, .fdt = test_fdt::board()};
  payload.fdt.chosen.bootargs = std::string(2047, 'x');
  EXPECT_TRUE(accepted(load_payload(ram.mem(), payload)));
  payload.fdt.chosen.bootargs += 'y';
  EXPECT_TRUE(refused(load_payload(ram.mem(), payload),
                      "the command line has 2048 bytes; this kernel takes at most 2047"));
}

TEST(LoadPayloadArm64, OthersGetALongCommandLine) {
  const TestRam ram{64_MiB, ram_start};
  const Bytes file = arm64_elf();
  Payload payload{.kernel = file, .fdt = test_fdt::board()};
  payload.fdt.chosen.bootargs = std::string(100'000, 'x');
  EXPECT_TRUE(accepted(load_payload(ram.mem(), payload)));
}

TEST(LoadPayloadArm64, KernelsOfOtherMachinesAreNamed) {
  const TestRam ram{16_MiB, ram_start};
  EXPECT_TRUE(
      refused(load(ram.mem(), bzimage()), "is an x86 Linux bzImage; this machine is arm64"));
  EXPECT_TRUE(refused(load(ram.mem(), pvh_elf()), "is an ELF file for x86-64"));
  EXPECT_TRUE(refused(load_text("RSC\x05", 56), "is a RISC-V Linux Image; this machine is arm64"));
  EXPECT_TRUE(refused(load_text("\x18\x28\x6f\x01", 36), "is a 32-bit Arm Linux zImage"));
}

TEST(LoadPayloadArm64, CompressionsThatTaktDoesNotKnowNameTheTool) {
  EXPECT_TRUE(refused(load_text("\xfd"
                                "7zXZ\0"s),
                      "is compressed by xz; unpack it first (xz -dc FILE > Image)"));
  EXPECT_TRUE(refused(load_text("\x28\xb5\x2f\xfd"), "zstd -dc FILE > Image"));
  EXPECT_TRUE(refused(load_text("\x02\x21\x4c\x18"), "lz4 -dc FILE > Image"));
  EXPECT_TRUE(refused(load_text("BZh9"), "bzip2 -dc FILE > Image"));
}

TEST(LoadPayloadArm64, OtherMistakesAreNamed) {
  EXPECT_TRUE(refused(load_text("#!/bin/sh\n"), "is a script"));
  EXPECT_TRUE(refused(load_text("QFI\xfb"), "is a qcow2 disk image"));
  EXPECT_TRUE(refused(load_text("\x27\x05\x19\x56"), "is a U-Boot uImage"));
  EXPECT_TRUE(refused(load_text("MZ"), "is an EFI or Windows program"));
}

}  // namespace
}  // namespace takt
