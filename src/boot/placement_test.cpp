// SPDX-License-Identifier: Apache-2.0
#include "boot/placement.h"

#include <gtest/gtest.h>

#include <array>

#include "boot/test_ram.h"
#include "boot/test_result.h"

namespace takt {
namespace {

constexpr std::span<const GpaRange> nothing{};

TEST(PlaceHigh, PutsABlobAtTheEndOfRamOnAPage) {
  const TestRam ram{16_MiB};
  EXPECT_EQ(place_high(ram.mem(), {.size = 100}, nothing), Gpa{16_MiB - 4096});
}

TEST(PlaceHigh, StaysBelowTheLimit) {
  const TestRam ram{16_MiB};
  EXPECT_EQ(place_high(ram.mem(), {.size = 4096, .below = Gpa{8_MiB}}, nothing), Gpa{8_MiB - 4096});
  EXPECT_EQ(place_high(ram.mem(), {.size = 4096, .below = Gpa{8_MiB - 1}}, nothing),
            Gpa{8_MiB - 8192});
}

TEST(PlaceHigh, GoesBelowWhatIsBusyWhenThereIsNoRoomAbove) {
  const TestRam ram{16_MiB};
  const std::array busy{GpaRange{Gpa{4_MiB}, 1_MiB}, GpaRange{Gpa{10_MiB}, 6_MiB - 4096}};
  EXPECT_EQ(place_high(ram.mem(), {.size = 4096}, busy), Gpa{16_MiB - 4096});
  EXPECT_EQ(place_high(ram.mem(), {.size = 8192}, busy), Gpa{10_MiB - 8192});
  EXPECT_EQ(place_high(ram.mem(), {.size = 5_MiB}, busy), Gpa{5_MiB});
}

TEST(PlaceHigh, NeverUsesTheFirstMib) {
  const TestRam ram{2_MiB};
  EXPECT_EQ(place_high(ram.mem(), {.size = 1_MiB}, nothing), Gpa{1_MiB});
  EXPECT_EQ(place_high(ram.mem(), {.size = 1_MiB + 1}, nothing), std::nullopt);
}

TEST(PlaceHigh, FindsNothingForASizeNearTheEndOfTheAddressSpace) {
  const TestRam ram{16_MiB};
  EXPECT_EQ(place_high(ram.mem(), {.size = ~0ull}, nothing), std::nullopt);
  EXPECT_EQ(place_high(ram.mem(), {.size = ~0ull - 4096}, nothing), std::nullopt);
}

TEST(PlaceHigh, TakesTheHighestRegionThatTheLimitAllows) {
  std::vector<std::byte> low(4_MiB), high(1_MiB);
  const GuestMem mem{{{Gpa{0}, low}, {Gpa{4_GiB}, high}}};
  EXPECT_EQ(place_high(mem, {.size = 4096}, nothing), Gpa{4_GiB + 1_MiB - 4096});
  EXPECT_EQ(place_high(mem, {.size = 4096, .below = Gpa{4_GiB}}, nothing), Gpa{4_MiB - 4096});
}

TEST(LoadInitrd, CopiesTheBytes) {
  const TestRam ram{4_MiB};
  const std::array<std::byte, 3> initrd{std::byte{1}, std::byte{2}, std::byte{3}};
  const auto at = load_initrd(ram.mem(), initrd, Gpa{4_GiB}, nothing);
  ASSERT_TRUE(accepted(at));
  EXPECT_EQ(at->start, Gpa{4_MiB - 4096});
  EXPECT_EQ(at->size, 3u);
  EXPECT_EQ(ram.bytes(at->start, 3), std::vector(initrd.begin(), initrd.end()));
}

TEST(LoadInitrd, OneThatDoesNotFitNamesTheMemoryItNeeds) {
  const TestRam ram{16_MiB};
  const std::array kernel{GpaRange{Gpa{1_MiB}, 8_MiB}};
  const std::vector<std::byte> initrd(8_MiB + 1);
  EXPECT_TRUE(
      refused(load_initrd(ram.mem(), initrd, Gpa{2_GiB}, kernel),
              "the initrd (9 MiB) does not fit beside the kernel in 16 MiB of guest memory; "
              "use --memory 18M or more"));
}

TEST(LoadInitrd, OneThatDoesNotFitBelowTheKernelsLimitSaysThatMemoryDoesNotHelp) {
  const TestRam ram{16_MiB};
  const std::array kernel{GpaRange{Gpa{1_MiB}, 2_MiB}};
  const std::vector<std::byte> initrd(2_MiB);
  EXPECT_TRUE(refused(load_initrd(ram.mem(), initrd, Gpa{4_MiB}, kernel), "use a smaller one"));
}

TEST(LoadInitrd, AnEmptyOneIsRefused) {
  const TestRam ram{16_MiB};
  EXPECT_TRUE(refused(load_initrd(ram.mem(), {}, Gpa{4_GiB}, nothing), "the initrd is empty"));
}

TEST(LoadInitrd, CountsTheMemoryItNeedsFromWhereRamBegins) {
  const TestRam ram{16_MiB, Gpa{1_GiB}};
  const std::array kernel{GpaRange{Gpa{1_GiB}, 8_MiB}};
  const std::vector<std::byte> initrd(8_MiB + 1);
  EXPECT_TRUE(
      refused(load_initrd(ram.mem(), initrd, Gpa{2_GiB}, kernel), "use --memory 17M or more"));
}

TEST(CheckKernelRange, BelowWhereRamBeginsSaysWhereThatIs) {
  const TestRam ram{16_MiB, Gpa{1_GiB}};
  EXPECT_TRUE(refused(check_kernel_range(ram.mem(), {Gpa{1_MiB}, 4096}, {}),
                      "which is not all guest memory (16 MiB); link it at 0x40000000 or above"));
}

TEST(CheckKernelRange, BeyondTheEndOfRamNamesTheMemoryItNeeds) {
  const TestRam ram{16_MiB, Gpa{1_GiB}};
  EXPECT_TRUE(accepted(check_kernel_range(ram.mem(), {Gpa{1_GiB}, 16_MiB}, {})));
  EXPECT_TRUE(refused(check_kernel_range(ram.mem(), {Gpa{1_GiB}, 16_MiB + 1}, {}),
                      "use --memory 17M or more"));
}

TEST(CheckKernelRange, OnSomethingThatIsTakenNamesItAndWhatIsFree) {
  const TestRam ram{16_MiB};
  const std::array taken{NamedRange{{Gpa{4096}, 4096}, "the vectors"}};
  EXPECT_TRUE(refused(check_kernel_range(ram.mem(), {Gpa{0}, 4097}, taken),
                      "overlaps the vectors at 0x1000-0x2000; link it at 8 KiB or above"));
}

TEST(SizeText, RoundsUpToTheUnit) {
  EXPECT_EQ(size_text(12), "12 bytes");
  EXPECT_EQ(size_text(1025), "2 KiB");
  EXPECT_EQ(size_text(1_MiB), "1 MiB");
  EXPECT_EQ(size_text(1_MiB + 1), "2 MiB");
  EXPECT_EQ(size_text(~0ull), "17592186044416 MiB");
}

}  // namespace
}  // namespace takt
