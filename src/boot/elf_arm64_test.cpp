// SPDX-License-Identifier: Apache-2.0
#include "boot/elf_arm64.h"

#include <gtest/gtest.h>

#include "boot/test_images_arm64.h"
#include "boot/test_ram.h"
#include "boot/test_result.h"

namespace takt {
namespace {

using namespace test_images;

constexpr Gpa ram_start{arm64_ram};

struct ElfArm32 : Elf32 {
  static constexpr Elf32_Half machine = EM_ARM;
};
struct ElfIlp32 : Elf32 {
  static constexpr Elf32_Half machine = EM_AARCH64;
};

template <class Class = ElfArm64>
Result<LoadedKernel> load(std::span<const Segment> segments, std::uint64_t entry = arm64_entry) {
  const TestRam ram{16_MiB, ram_start};
  return load_elf(ram.mem(), elf<Class>(entry, segments));
}

TEST(ElfArm64, IsLoadedToItsPhysicalAddressesAndEntered) {
  const TestRam ram{16_MiB, ram_start};
  const auto kernel = load_elf(ram.mem(), arm64_elf());
  ASSERT_TRUE(accepted(kernel));
  EXPECT_EQ(kernel->entry, arm64_ram + 0x8'0010);
  EXPECT_EQ(ram.bytes(ram_start + 0x8'0000, 0x400), pattern(0x400, 1));
  EXPECT_EQ(ram.bytes(ram_start + 0x9'0000, 0x80), pattern(0x80, 2));
  ASSERT_EQ(kernel->ranges.size(), 2u);
  EXPECT_EQ(kernel->ranges[1].size, 0x2000u);
}

TEST(ElfArm64, LinkedBelowRamSaysWhereRamStarts) {
  const std::vector<Segment> segments{{0x8'0000, 0x8'0000, pattern(64)}};
  EXPECT_TRUE(refused(load(segments, 0x8'0000), "link it at 0x40000000 or above"));
}

TEST(ElfArm64, LinkedBeyondRamNamesTheMemoryItNeeds) {
  const std::vector<Segment> segments{{arm64_ram + 16_MiB, arm64_ram + 16_MiB, pattern(64)}};
  EXPECT_TRUE(refused(load(segments, arm64_ram + 16_MiB), "use --memory 17M or more"));
}

TEST(ElfArm64, AVirtualEntryIsRefused) {
  EXPECT_TRUE(refused(load(arm64_segments(), 0xffff'8000'0800'0000),
                      "has its ELF entry at 0xffff800008000000, which is no instruction in what it "
                      "loads (physical addresses); link it anew, or for Linux use the Image"));
}

TEST(ElfArm64, AnEntryInTheBssIsRefused) {
  EXPECT_TRUE(refused(load(arm64_segments(), arm64_ram + 0x9'0080), "which is no instruction"));
}

TEST(ElfArm64, AnEntryBetweenInstructionsIsRefused) {
  EXPECT_TRUE(refused(load(arm64_segments(), arm64_entry + 2), "which is no instruction"));
}

TEST(ElfArm64, OfX86IsRefused) {
  EXPECT_TRUE(
      refused(load<Elf64>(arm64_segments()), "is an ELF file for x86-64; this machine is arm64"));
}

TEST(ElfArm64, Of32BitArmIsRefused) {
  EXPECT_TRUE(refused(load<ElfArm32>(arm64_segments()),
                      "is an ELF file for 32-bit Arm; this machine is arm64"));
}

TEST(ElfArm64, Ilp32IsRefused) {
  EXPECT_TRUE(refused(load<ElfIlp32>(arm64_segments()), "class does not go with its machine type"));
}

TEST(ElfArm64, BigEndianIsRefused) {
  const TestRam ram{16_MiB, ram_start};
  Bytes file = arm64_elf();
  set(file, EI_DATA, std::uint8_t{ELFDATA2MSB});
  EXPECT_TRUE(refused(load_elf(ram.mem(), file), "is a big-endian ELF file"));
}

TEST(ElfArm64, EveryPrefixIsRefused) {
  const TestRam ram{16_MiB, ram_start};
  const Bytes file = arm64_elf();
  for (std::size_t n = 0; n < file.size(); ++n)
    ASSERT_TRUE(refused(load_elf(ram.mem(), std::span{file}.first(n)), "")) << n;
}

}  // namespace
}  // namespace takt
