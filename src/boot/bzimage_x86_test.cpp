// SPDX-License-Identifier: Apache-2.0
#include "boot/bzimage_x86.h"

#include <gtest/gtest.h>

#include <array>

#include "boot/image_x86.h"
#include "boot/low_memory_x86.h"
#include "boot/test_images_x86.h"
#include "boot/test_ram.h"
#include "boot/test_result.h"

namespace takt {
namespace {

using namespace test_images;

Bytes with(Bytes file, std::size_t offset, auto value) {
  set(file, offset, value);
  return file;
}

/// A field of the zero page.
template <class T>
T zero_page(const TestRam& ram, std::uint64_t offset) {
  return ram.at<T>(low_memory::zero_page + offset);
}

TEST(BzImage, StartsInLongModeAtTheSecondSectorOfTheCode) {
  const TestRam ram{16_MiB};
  const auto start = load_payload(ram.mem(), {.kernel = bzimage()});
  ASSERT_TRUE(accepted(start));
  EXPECT_EQ(start->mode, StartMode::long64);
  EXPECT_EQ(start->rip, 0x10'0200u);
  EXPECT_EQ(start->rsi, 0x7000u);
  EXPECT_EQ(start->cr3, Gpa{0x9000});
  EXPECT_EQ(ram.at<std::uint64_t>(start->cr3), 0xa003u);
}

TEST(BzImage, LoadsTheCodeAndNeitherSetupNorCertificates) {
  const TestRam ram{16_MiB};
  const Bytes file = bzimage();
  ASSERT_TRUE(accepted(load_payload(ram.mem(), {.kernel = file})));
  const auto code = file.begin() + bzimage_setup_bytes;
  EXPECT_EQ(ram.bytes(Gpa{1_MiB}, bzimage_code_bytes), Bytes(code, code + bzimage_code_bytes));
  EXPECT_EQ(ram.at<std::uint64_t>(Gpa{1_MiB + bzimage_code_bytes}), 0u);
}

TEST(BzImage, CopiesTheHeaderOnlyAsFarAsItSays) {
  const TestRam ram{16_MiB};
  Bytes file = with(bzimage(), 0x268, std::uint32_t{0x1234'5678});  // kernel_info_offset: inside
  set(file, 0x26c, std::uint32_t{~0u});                             // the first byte outside
  set(file, 0x1ed, ~0u);                                            // the bytes before
  ASSERT_TRUE(accepted(load_payload(ram.mem(), {.kernel = file})));
  EXPECT_EQ(zero_page<std::uint32_t>(ram, 0x268), 0x1234'5678u);
  EXPECT_EQ(zero_page<std::uint32_t>(ram, 0x26c), 0u);
  EXPECT_EQ(zero_page<std::uint32_t>(ram, 0x1ed), 0u);
}

TEST(BzImage, FillsInWhatTheBootLoaderOwes) {
  const TestRam ram{16_MiB};
  ASSERT_TRUE(accepted(load_payload(
      ram.mem(), {.kernel = bzimage(), .cmdline = "console=ttyS0", .rsdp = Gpa{0xe'0000}})));
  EXPECT_EQ(zero_page<std::uint8_t>(ram, 0x210), 0xff);  // type_of_loader
  EXPECT_EQ(zero_page<std::uint32_t>(ram, 0x214), 0x10'0000u);
  EXPECT_EQ(zero_page<std::uint32_t>(ram, 0x228), 0x2'0000u);
  EXPECT_EQ(zero_page<std::uint64_t>(ram, 0x070), 0xe'0000u);
  EXPECT_EQ(ram.text(Gpa{0x2'0000}), "console=ttyS0");
}

TEST(BzImage, GivesTheMemoryMapAsE820) {
  const TestRam ram{16_MiB};
  ASSERT_TRUE(accepted(load_payload(ram.mem(), {.kernel = bzimage()})));
  EXPECT_EQ(zero_page<std::uint8_t>(ram, 0x1e8), 3);
  EXPECT_EQ(zero_page<std::uint64_t>(ram, 0x2d0 + 40), 1_MiB);
  EXPECT_EQ(zero_page<std::uint64_t>(ram, 0x2d0 + 48), 15_MiB);
  EXPECT_EQ(zero_page<std::uint32_t>(ram, 0x2d0 + 56), 1u);
  EXPECT_EQ(zero_page<std::uint32_t>(ram, 0x2d0 + 36), 2u);
}

TEST(BzImage, PutsTheInitrdHigh) {
  const TestRam ram{16_MiB};
  const Bytes initrd = pattern(5000);
  ASSERT_TRUE(accepted(load_payload(ram.mem(), {.kernel = bzimage(), .initrd = initrd})));
  EXPECT_EQ(zero_page<std::uint32_t>(ram, 0x218), 16_MiB - 8192);
  EXPECT_EQ(zero_page<std::uint32_t>(ram, 0x21c), 5000u);
  EXPECT_EQ(ram.bytes(Gpa{16_MiB - 8192}, 5000), initrd);
}

TEST(BzImage, KeepsTheInitrdBelowTheKernelsLimit) {
  const TestRam ram{16_MiB};
  const Bytes file = with(bzimage(), 0x22c, std::uint32_t{8_MiB - 1});
  const Bytes initrd = pattern(4096);
  ASSERT_TRUE(accepted(load_payload(ram.mem(), {.kernel = file, .initrd = initrd})));
  EXPECT_EQ(zero_page<std::uint32_t>(ram, 0x218), 8_MiB - 4096);
}

TEST(BzImage, KeepsTheInitrdOutOfTheMemoryThatTheKernelStartsIn) {
  const TestRam ram{4_MiB};
  EXPECT_TRUE(accepted(load_payload(ram.mem(), {.kernel = bzimage(), .initrd = pattern(1_MiB)})));
  EXPECT_TRUE(refused(load_payload(ram.mem(), {.kernel = bzimage(), .initrd = pattern(1_MiB + 1)}),
                      "the initrd (2 MiB) does not fit"));
}

TEST(BzImage, IsLoadedAtThePreferredAddressAligned) {
  const TestRam ram{16_MiB};
  const Bytes file = with(with(bzimage(), 0x258, std::uint64_t{0x20'0001}), 0x230, 0x10'0000u);
  const auto start = load_payload(ram.mem(), {.kernel = file});
  ASSERT_TRUE(accepted(start));
  EXPECT_EQ(start->rip, 0x30'0200u);
}

TEST(BzImage, ThatIsNotRelocatableIsLoadedExactlyAtThePreferredAddress) {
  const TestRam ram{16_MiB};
  const Bytes file = with(with(bzimage(), 0x258, std::uint64_t{0x11'0000}), 0x230, 0x20'0000u);
  const auto start = load_payload(ram.mem(), {.kernel = with(file, 0x234, std::uint8_t{0})});
  ASSERT_TRUE(accepted(start));
  EXPECT_EQ(start->rip, 0x11'0200u);
}

TEST(BzImage, ThatNeedsMoreMemoryThanThereIsNamesTheAmount) {
  const TestRam ram{16_MiB};
  const Bytes file = with(bzimage(), 0x260, std::uint32_t{16_MiB});
  EXPECT_TRUE(
      refused(load_payload(ram.mem(), {.kernel = file}),
              "needs memory up to 0x1100000 to start, and the guest has 16 MiB; use --memory "
              "17M or more"));
}

TEST(BzImage, TakesACommandLineOfTheLengthInItsHeaderAndNotOneMore) {
  const TestRam ram{16_MiB};
  const std::string longest(2047, 'x');
  EXPECT_TRUE(accepted(load_payload(ram.mem(), {.kernel = bzimage(), .cmdline = longest})));
  EXPECT_TRUE(refused(load_payload(ram.mem(), {.kernel = bzimage(), .cmdline = longest + "y"}),
                      "the command line has 2048 bytes; this kernel takes at most 2047"));
}

TEST(BzImage, EveryPrefixOfASignedOneIsRefused) {
  const TestRam ram{16_MiB};
  const Bytes file = bzimage();
  for (std::size_t n = 0; n < file.size(); ++n)
    ASSERT_TRUE(refused(load_payload(ram.mem(), {.kernel = std::span{file}.first(n)}), "")) << n;
  EXPECT_TRUE(accepted(load_payload(ram.mem(), {.kernel = file})));
}

TEST(BzImage, EveryPrefixOfAnUnsignedOneIsRefused) {
  Bytes file = with(bzimage(), 0x40, std::uint32_t{0});  // no PE header
  file.resize(bzimage_setup_bytes + bzimage_code_bytes);
  for (std::size_t n = 0; n < file.size(); ++n)
    ASSERT_TRUE(refused(identify(std::span{file}.first(n)), "")) << n;
  EXPECT_TRUE(accepted(identify(file)));
}

TEST(BzImage, ThatIsCutShortSaysHowLongItShouldBe) {
  const Bytes file = bzimage();
  EXPECT_TRUE(
      refused(identify(std::span{file}.first(3000)),
              "is cut short: a bzImage of 6720 bytes by its header, but the file has 3000"));
}

TEST(BzImage, SetupSectsOfZeroMeansFour) {
  EXPECT_TRUE(accepted(identify(with(bzimage(), 0x1f1, std::uint8_t{0}))));
}

TEST(BzImage, For32BitIsRefused) {
  EXPECT_TRUE(
      refused(identify(with(bzimage(), 0x236, std::uint16_t{0})), "is a 32-bit x86 Linux kernel"));
}

TEST(BzImage, OfAnOldProtocolIsRefused) {
  EXPECT_TRUE(
      refused(identify(with(bzimage(), 0x206, std::uint16_t{0x20b})), "has boot protocol 2.11"));
}

TEST(BzImage, ZImageIsRefused) {
  EXPECT_TRUE(refused(identify(with(bzimage(), 0x211, std::uint8_t{0})), "is a zImage"));
}

TEST(BzImage, WithAHeaderThatCannotBeIsRefused) {
  EXPECT_TRUE(refused(identify(with(bzimage(), 0x201, std::uint8_t{0x20})), "a jump to = 0x222"));
  EXPECT_TRUE(refused(identify(with(bzimage(), 0x201, std::uint8_t{0xff})), "a jump to = 0x301"));
  EXPECT_TRUE(refused(identify(with(bzimage(), 0x1f4, 0u)), "syssize = 0x0"));
  EXPECT_TRUE(refused(identify(with(bzimage(), 0x230, 0u)), "pref_address"));
  EXPECT_TRUE(refused(identify(with(bzimage(), 0x258, std::uint64_t{0x1000})), "pref_address"));
  EXPECT_TRUE(refused(identify(with(bzimage(), 0x258, ~0ull)), "pref_address"));
  EXPECT_TRUE(refused(identify(with(bzimage(), 0x260, ~0u)), "init_size"));
}

}  // namespace
}  // namespace takt
