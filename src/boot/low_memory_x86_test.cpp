// SPDX-License-Identifier: Apache-2.0
#include "boot/low_memory_x86.h"

#include <gtest/gtest.h>

#include "boot/test_ram.h"
#include "boot/test_result.h"

namespace takt::low_memory {
namespace {

TEST(IdentityMap, MapsTheFirstAndTheLastPageOfEachGibToItself) {
  const TestRam ram{2_MiB};
  write_identity_map(ram.mem());
  EXPECT_EQ(ram.at<std::uint64_t>(pml4), pdpt.raw() | 3);
  EXPECT_EQ(ram.at<std::uint64_t>(pdpt), 0xb003u);
  EXPECT_EQ(ram.at<std::uint64_t>(pdpt + 24), 0xe003u);
  EXPECT_EQ(ram.at<std::uint64_t>(Gpa{0xb000}), 0x83u);
  EXPECT_EQ(ram.at<std::uint64_t>(Gpa{0xbff8}), 0x3fe0'0083u);
  EXPECT_EQ(ram.at<std::uint64_t>(Gpa{0xe000}), 0xc000'0083u);
  EXPECT_EQ(ram.at<std::uint64_t>(Gpa{0xeff8}), 0xffe0'0083u);
}

TEST(IdentityMap, TouchesNothingElse) {
  const TestRam ram{2_MiB};
  write_identity_map(ram.mem());
  EXPECT_EQ(ram.at<std::uint64_t>(pml4 + 8), 0u);
  EXPECT_EQ(ram.at<std::uint64_t>(pdpt + 32), 0u);
  EXPECT_EQ(ram.at<std::uint64_t>(Gpa{0xf000}), 0u);
  EXPECT_EQ(ram.at<std::uint64_t>(Gpa{0x8ff8}), 0u);
}

TEST(Gdt, HasCodeAndDataAtTheSelectorsOfTheBootProtocol) {
  const TestRam ram{2_MiB};
  const StartState start = write_gdt(ram.mem(), StartMode::long64);
  EXPECT_EQ(start.gdt, gdt);
  EXPECT_EQ(start.gdt_limit, 31);
  EXPECT_EQ(ram.at<std::uint64_t>(gdt), 0u);
  EXPECT_EQ(ram.at<std::uint64_t>(gdt + start_cs), 0x00af'9b00'0000'ffffu);
  EXPECT_EQ(ram.at<std::uint64_t>(gdt + start_ds), 0x00cf'9300'0000'ffffu);
}

TEST(Gdt, HasA32BitCodeSegmentInProtectedMode) {
  const TestRam ram{2_MiB};
  EXPECT_EQ(write_gdt(ram.mem(), StartMode::protected32).mode, StartMode::protected32);
  EXPECT_EQ(ram.at<std::uint64_t>(gdt + start_cs), 0x00cf'9b00'0000'ffffu);
}

TEST(WriteString, EndsItWithAZero) {
  const TestRam ram{2_MiB};
  ASSERT_TRUE(ram.mem().store(command_line, std::uint64_t{~0ull}));
  ASSERT_TRUE(accepted(write_string(ram.mem(), command_line, "abc", 3, "command line")));
  EXPECT_EQ(ram.text(command_line), "abc");
}

TEST(WriteString, OneThatIsTooLongIsRefused) {
  const TestRam ram{2_MiB};
  EXPECT_TRUE(refused(write_string(ram.mem(), command_line, "abcd", 3, "command line"),
                      "the command line has 4 bytes; this kernel takes at most 3"));
}

TEST(WriteString, AZeroInsideIsRefused) {
  const TestRam ram{2_MiB};
  EXPECT_TRUE(
      refused(write_string(ram.mem(), command_line, {"a\0b", 3}, 10, "command line"), "zero byte"));
}

TEST(KernelRange, FreePartsOfLowMemoryAreAllowed) {
  const TestRam ram{2_MiB};
  EXPECT_TRUE(accepted(check_kernel_range(ram.mem(), {Gpa{0x7000}, 0x1'9000}, taken)));
  EXPECT_TRUE(accepted(check_kernel_range(ram.mem(), {Gpa{0x3'1000}, 0x1000}, taken)));
  EXPECT_TRUE(accepted(check_kernel_range(ram.mem(), {Gpa{1_MiB}, 1_MiB}, taken)));
}

TEST(KernelRange, TheLastByteBeforeAStructureIsFreeAndItsFirstIsNot) {
  const TestRam ram{2_MiB};
  EXPECT_TRUE(accepted(check_kernel_range(ram.mem(), {Gpa{0x5fff}, 1}, taken)));
  EXPECT_TRUE(
      refused(check_kernel_range(ram.mem(), {Gpa{0x5fff}, 2}, taken), "the boot information"));
}

TEST(KernelRange, TheAcpiAreaIsNotForKernels) {
  const TestRam ram{2_MiB};
  EXPECT_TRUE(
      refused(check_kernel_range(ram.mem(), {Gpa{0xe'0000}, 1}, taken), "the BIOS and ACPI area"));
}

TEST(KernelRange, OneBeyondRamNamesTheMemoryItNeeds) {
  const TestRam ram{2_MiB};
  EXPECT_TRUE(refused(check_kernel_range(ram.mem(), {Gpa{1_MiB}, 2_MiB}, taken),
                      "not all guest memory (2 MiB); use --memory 3M or more"));
}

TEST(KernelRange, OneThatMoreMemoryWouldNotHelpSaysSo) {
  const TestRam ram{2_MiB};
  EXPECT_TRUE(
      refused(check_kernel_range(ram.mem(), {Gpa{0xffff'0000}, 1}, taken), "link it lower"));
}

TEST(KernelRange, OneThatWrapsIsRefused) {
  const TestRam ram{2_MiB};
  EXPECT_TRUE(refused(check_kernel_range(ram.mem(), {Gpa{~0ull - 1}, 4}, taken),
                      "past the end of the address space"));
}

}  // namespace
}  // namespace takt::low_memory
