// SPDX-License-Identifier: Apache-2.0
#include "boot/multiboot_x86.h"

#include <gtest/gtest.h>

#include "boot/image_x86.h"
#include "boot/low_memory_x86.h"
#include "boot/multiboot_header_x86.h"
#include "boot/test_images_x86.h"
#include "boot/test_ram.h"
#include "boot/test_result.h"

namespace takt {
namespace {

using namespace test_images;

std::uint32_t info(const TestRam& ram, std::uint64_t offset) {
  return ram.at<std::uint32_t>(low_memory::boot_info + offset);
}

std::string text(const TestRam& ram, std::uint64_t pointer_offset) {
  return ram.text(Gpa{info(ram, pointer_offset)});
}

Bytes one_segment(std::uint64_t entry, std::uint64_t vaddr, std::uint64_t paddr) {
  const std::vector<Segment> segments{{vaddr, paddr, multiboot_segments()[0].data}};
  return elf<Elf32>(entry, segments);
}

TEST(Multiboot, StartsInProtectedModeWithMagicAndInformation) {
  const TestRam ram{16_MiB};
  const auto start = load_payload(ram.mem(), {.kernel = multiboot_elf32()});
  ASSERT_TRUE(accepted(start));
  EXPECT_EQ(start->mode, StartMode::protected32);
  EXPECT_EQ(start->rip, multiboot_entry);
  EXPECT_EQ(start->rax, 0x2bad'b002u);
  EXPECT_EQ(start->rbx, 0x6000u);
  EXPECT_EQ(info(ram, 0), 0x24du);
  EXPECT_EQ(ram.bytes(Gpa{0x11'0000}, 0x80), pattern(0x80, 9));
}

TEST(Multiboot, A64BitElfStartsAlike) {
  const TestRam ram{16_MiB};
  const auto start = load_payload(ram.mem(), {.kernel = multiboot_elf64()});
  ASSERT_TRUE(accepted(start));
  EXPECT_EQ(start->mode, StartMode::protected32);
  EXPECT_EQ(start->rip, multiboot_entry);
}

TEST(Multiboot, TellsTheMemorySizes) {
  const TestRam ram{16_MiB};
  ASSERT_TRUE(accepted(load_payload(ram.mem(), {.kernel = multiboot_elf32()})));
  EXPECT_EQ(info(ram, 4), 639u);
  EXPECT_EQ(info(ram, 8), 15u * 1024);
}

TEST(Multiboot, TheMemoryMapHasSizesThatDoNotCountThemselves) {
  const TestRam ram{16_MiB};
  ASSERT_TRUE(accepted(load_payload(ram.mem(), {.kernel = multiboot_elf32()})));
  EXPECT_EQ(info(ram, 44), 3u * 24);
  const Gpa last = Gpa{info(ram, 48)} + 2 * 24;
  EXPECT_EQ(ram.at<std::uint32_t>(last), 20u);
  EXPECT_EQ(ram.at<std::uint64_t>(last + 4), 1_MiB);
  EXPECT_EQ(ram.at<std::uint64_t>(last + 12), 15_MiB);
  EXPECT_EQ(ram.at<std::uint32_t>(last + 20), 1u);
}

TEST(Multiboot, TheCommandLineFollowsTheNameOfTheKernel) {
  const TestRam ram{16_MiB};
  ASSERT_TRUE(accepted(load_payload(
      ram.mem(), {.kernel = multiboot_elf32(), .cmdline = "a b=c", .kernel_name = "probe.elf"})));
  EXPECT_EQ(text(ram, 16), "probe.elf a b=c");
}

TEST(Multiboot, WithoutANameTheCommandLineIsVerbatim) {
  const TestRam ram{16_MiB};
  ASSERT_TRUE(
      accepted(load_payload(ram.mem(), {.kernel = multiboot_elf32(), .cmdline = "a  b=c "})));
  EXPECT_EQ(text(ram, 16), "a  b=c ");
}

TEST(Multiboot, NamesTheLoader) {
  const TestRam ram{16_MiB};
  ASSERT_TRUE(accepted(load_payload(ram.mem(), {.kernel = multiboot_elf32()})));
  EXPECT_EQ(text(ram, 64), "takt");
}

TEST(Multiboot, TheInitrdIsTheModuleWithItsName) {
  const TestRam ram{16_MiB};
  const Bytes initrd = pattern(5000);
  ASSERT_TRUE(accepted(load_payload(
      ram.mem(), {.kernel = multiboot_elf32(), .initrd = initrd, .initrd_name = "env.txt"})));
  ASSERT_EQ(info(ram, 20), 1u);
  const Gpa module{info(ram, 24)};
  const Gpa start{ram.at<std::uint32_t>(module)};
  EXPECT_EQ(start, Gpa{16_MiB - 8192});
  EXPECT_EQ(ram.at<std::uint32_t>(module + 4) - start.raw(), 5000u);
  EXPECT_EQ(ram.text(Gpa{ram.at<std::uint32_t>(module + 8)}), "env.txt");
  EXPECT_EQ(ram.bytes(start, 5000), initrd);
}

TEST(Multiboot, WithoutAnInitrdThereAreNoModules) {
  const TestRam ram{16_MiB};
  ASSERT_TRUE(accepted(load_payload(ram.mem(), {.kernel = multiboot_elf32()})));
  EXPECT_EQ(info(ram, 20), 0u);
}

TEST(Multiboot, AVirtualEntryIsMovedToItsPhysicalAddress) {
  const TestRam ram{16_MiB};
  const auto start =
      load_payload(ram.mem(), {.kernel = one_segment(0xc010'0010, 0xc010'0000, 0x20'0000)});
  ASSERT_TRUE(accepted(start));
  EXPECT_EQ(start->rip, 0x20'0010u);
}

TEST(Multiboot, APhysicalEntryOfAKernelLinkedHighIsTakenAsItIs) {
  const TestRam ram{16_MiB};
  const auto start =
      load_payload(ram.mem(), {.kernel = one_segment(0x20'0010, 0xc010'0000, 0x20'0000)});
  ASSERT_TRUE(accepted(start));
  EXPECT_EQ(start->rip, 0x20'0010u);
}

TEST(Multiboot, AnEntryOutsideTheImageIsRefused) {
  const TestRam ram{16_MiB};
  EXPECT_TRUE(
      refused(load_payload(ram.mem(), {.kernel = one_segment(0x1000, 0x10'0000, 0x10'0000)}),
              "has its entry at 0x1000"));
}

TEST(Multiboot, ASegmentOnTheBootInformationIsRefused) {
  const TestRam ram{16_MiB};
  EXPECT_TRUE(refused(load_payload(ram.mem(), {.kernel = one_segment(0x6010, 0x6000, 0x6000)}),
                      "overlaps the boot information"));
}

TEST(Multiboot, AHeaderIsFoundUpToTheEndOfTheFirst8192Bytes) {
  Bytes file = pattern(8192 + 64);
  const Bytes header = multiboot_header();
  std::memcpy(file.data() + 8180, header.data(), 12);
  EXPECT_EQ((*find_multiboot_header(file))->offset, 8180u);
  file = pattern(8192 + 64);
  std::memcpy(file.data() + 8184, header.data(), 12);
  EXPECT_FALSE(*find_multiboot_header(file));
}

TEST(Multiboot, AHeaderThatIsNotAlignedIsNone) {
  Bytes file = pattern(64);
  std::memcpy(file.data() + 6, multiboot_header().data(), 12);
  EXPECT_FALSE(*find_multiboot_header(file));
}

TEST(Multiboot, AHeaderWithAWrongChecksumIsNone) {
  Bytes file = multiboot_header();
  set(file, 8, 1u);
  EXPECT_FALSE(*find_multiboot_header(file));
}

TEST(Multiboot, RequestsForAlignmentMemoryAndVideoAreTaken) {
  EXPECT_TRUE(accepted(find_multiboot_header(multiboot_header(0x7))));
  EXPECT_TRUE(accepted(find_multiboot_header(multiboot_header(0x8000'0000))));
}

TEST(Multiboot, AnUnknownRequiredFeatureIsRefused) {
  EXPECT_TRUE(refused(find_multiboot_header(multiboot_header(0x18)), "(flag bits 0x18)"));
}

TEST(MultibootFlat, IsLoadedByItsAddressFields) {
  const TestRam ram{16_MiB};
  const Bytes file = multiboot_flat({}, 0x40);
  const auto start = load_payload(ram.mem(), {.kernel = file});
  ASSERT_TRUE(accepted(start));
  EXPECT_EQ(start->rip, 0x10'0040u);
  EXPECT_EQ(ram.bytes(Gpa{0x10'0000}, 0x200), Bytes(file.begin() + 0x40, file.begin() + 0x240));
}

TEST(MultibootFlat, EveryPrefixIsRefused) {
  const TestRam ram{16_MiB};
  const Bytes file = multiboot_flat();
  for (std::size_t n = 0; n < file.size(); ++n)
    ASSERT_TRUE(refused(load_payload(ram.mem(), {.kernel = std::span{file}.first(n)}), "")) << n;
}

TEST(MultibootFlat, ALoadEndOfZeroMeansTheEndOfTheFile) {
  const TestRam ram{16_MiB};
  ASSERT_TRUE(accepted(load_payload(
      ram.mem(), {.kernel = multiboot_flat({.load_end_addr = 0, .bss_end_addr = 0})})));
  EXPECT_NE(ram.at<std::uint8_t>(Gpa{0x10'01ff}), 0);
}

TEST(MultibootFlat, TheModuleIsNotPutOnTheBss) {
  const TestRam ram{2_MiB};
  const Bytes file = multiboot_flat({.bss_end_addr = 0x1f'f001});
  EXPECT_TRUE(refused(load_payload(ram.mem(), {.kernel = file, .initrd = pattern(16)}),
                      "does not fit beside the kernel"));
}

TEST(MultibootFlat, AddressesThatCannotBeAreRefused) {
  const auto with = [](FlatFields fields) { return identify(multiboot_flat(fields)); };
  EXPECT_TRUE(refused(with({.header_addr = 0xf'ffff}), "load_addr is before"));
  EXPECT_TRUE(refused(with({.header_addr = 0x10'0021}), "load_addr is before"));
  EXPECT_TRUE(refused(with({.load_end_addr = 0x10'0000}), "load_end_addr is not above"));
  EXPECT_TRUE(refused(with({.bss_end_addr = 0x10'01ff}), "bss_end_addr is before"));
  EXPECT_TRUE(refused(with({.entry_addr = 0x10'0200}), "entry_addr is outside"));
  EXPECT_TRUE(refused(with({.entry_addr = 0xf'ffff}), "entry_addr is outside"));
}

TEST(MultibootFlat, AddressFieldsOfAnElfGoBeforeItsProgramHeaders) {
  Bytes text = multiboot_header(1u << 16);
  text.resize(12);
  text.resize(0x200);
  set(text, 12,
      FlatFields{.header_addr = 0x40'0000,
                 .load_addr = 0x40'0000,
                 .load_end_addr = 0x40'0200,
                 .bss_end_addr = 0,
                 .entry_addr = 0x40'0020});
  const std::vector<Segment> segments{{0x10'0000, 0x10'0000, text}};
  const Bytes file = elf<Elf32>(0x10'0020, segments);
  EXPECT_EQ(identify(file), ImageKind::multiboot_flat);
}

}  // namespace
}  // namespace takt
