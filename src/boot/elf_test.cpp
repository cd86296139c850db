// SPDX-License-Identifier: Apache-2.0
#include "boot/elf.h"

#include <gtest/gtest.h>

#include "boot/elf_load.h"
#include "boot/elf_x86.h"
#include "boot/test_images_x86.h"
#include "boot/test_ram.h"
#include "boot/test_result.h"

namespace takt {
namespace {

using namespace test_images;

Bytes one_segment(Segment segment) { return elf<Elf64>(0, std::span{&segment, 1}); }

Bytes with_header(Bytes file, auto change) {
  Elf64_Ehdr header;
  std::memcpy(&header, file.data(), sizeof header);
  change(header);
  set(file, 0, header);
  return file;
}

TEST(Elf, SegmentsOfBothClassesReadTheSame) {
  const auto wide = ElfImage::parse(multiboot_elf64(), elf_x86);
  const auto narrow = ElfImage::parse(multiboot_elf32(), elf_x86);
  ASSERT_TRUE(accepted(wide));
  ASSERT_TRUE(accepted(narrow));
  EXPECT_EQ(narrow->entry(), wide->entry());
  ASSERT_EQ(narrow->loads().size(), 2u);
  EXPECT_EQ(narrow->loads()[1].paddr, 0x11'0000u);
  EXPECT_EQ(narrow->loads()[1].file_bytes, 0x80u);
  EXPECT_EQ(narrow->loads()[1].memory_bytes, 0x2000u);
  EXPECT_EQ(wide->loads()[1].memory_bytes, 0x2000u);
}

TEST(Elf, EveryPrefixIsRefused) {
  const Bytes file = pvh_elf();
  for (std::size_t n = 0; n < file.size(); ++n)
    ASSERT_TRUE(refused(ElfImage::parse(std::span{file}.first(n), elf_x86), "")) << n;
  EXPECT_TRUE(accepted(ElfImage::parse(file, elf_x86)));
}

TEST(Elf, EveryPrefixOfA32BitFileIsRefused) {
  const Bytes file = multiboot_elf32();
  for (std::size_t n = 0; n < file.size(); ++n)
    ASSERT_TRUE(refused(ElfImage::parse(std::span{file}.first(n), elf_x86), "")) << n;
  EXPECT_TRUE(accepted(ElfImage::parse(file, elf_x86)));
}

TEST(Elf, OfAnotherMachineNamesIt) {
  const auto set_machine = [](std::uint16_t m) {
    return with_header(pvh_elf(), [m](Elf64_Ehdr& h) { h.e_machine = m; });
  };
  EXPECT_TRUE(refused(ElfImage::parse(set_machine(EM_AARCH64), elf_x86),
                      "for arm64; this machine is x86-64"));
  EXPECT_TRUE(refused(ElfImage::parse(set_machine(EM_RISCV), elf_x86), "for RISC-V"));
  EXPECT_TRUE(refused(ElfImage::parse(set_machine(77), elf_x86), "for machine type 77"));
  EXPECT_TRUE(refused(ElfImage::parse(set_machine(EM_386), elf_x86), "class does not go with"));
}

TEST(Elf, WithoutAMachineIsNotTakenFor32Bit) {
  constexpr ElfTarget only_64_bit{.name = "x86-64", .machine64 = EM_X86_64};
  Bytes file = multiboot_elf32();
  set(file, offsetof(Elf32_Ehdr, e_machine), std::uint16_t{EM_NONE});
  EXPECT_TRUE(refused(ElfImage::parse(file, only_64_bit), "for machine type 0"));
}

TEST(Elf, BigEndianIsRefused) {
  const Bytes file =
      with_header(pvh_elf(), [](Elf64_Ehdr& h) { h.e_ident[EI_DATA] = ELFDATA2MSB; });
  EXPECT_TRUE(refused(ElfImage::parse(file, elf_x86), "big-endian"));
}

TEST(Elf, AnObjectFileIsRefused) {
  const Bytes file = with_header(pvh_elf(), [](Elf64_Ehdr& h) { h.e_type = ET_REL; });
  EXPECT_TRUE(refused(ElfImage::parse(file, elf_x86), "object file or kernel module"));
}

TEST(Elf, TooManyProgramHeadersAreRefused) {
  const Bytes file = with_header(pvh_elf(), [](Elf64_Ehdr& h) { h.e_phnum = 65; });
  EXPECT_TRUE(refused(ElfImage::parse(file, elf_x86), "has 65 ELF program headers"));
}

TEST(Elf, WithoutASegmentToLoadIsRefused) {
  EXPECT_TRUE(refused(ElfImage::parse(elf<Elf64>(0, {}), elf_x86), "nothing to load"));
}

TEST(Elf, OffsetsThatWrapAreRefused) {
  EXPECT_TRUE(
      refused(ElfImage::parse(with_header(pvh_elf(), [](Elf64_Ehdr& h) { h.e_phoff = ~0ull - 8; }),
                              elf_x86),
              "program header table"));
  EXPECT_TRUE(
      refused(ElfImage::parse(with_header(pvh_elf(), [](Elf64_Ehdr& h) { h.e_shoff = ~0ull - 8; }),
                              elf_x86),
              "section header table"));
}

TEST(Elf, ASegmentLargerInTheFileThanInMemoryIsRefused) {
  EXPECT_TRUE(refused(ElfImage::parse(one_segment({0, 0x10'0000, pattern(16), 8}), elf_x86),
                      "larger in the file than in memory"));
}

TEST(ElfNotes, AreFoundByOwnerAndType) {
  const Bytes file = pvh_elf();
  const auto image = ElfImage::parse(file, elf_x86);
  ASSERT_TRUE(accepted(image));
  EXPECT_EQ(image->find_note(file, "Xen", 18)->size(), 8u);
  EXPECT_EQ(image->find_note(file, "Linux", 0x100)->size(), 4u);
  EXPECT_FALSE(image->find_note(file, "Xen", 17));
  EXPECT_FALSE(image->find_note(file, "Xe", 18));
}

TEST(ElfNotes, ANoteLongerThanItsSegmentEndsTheSearch) {
  Bytes bad = note("Xen", 18, std::uint32_t{1});
  set(bad, 4, ~0u);  // descsz
  const std::vector<Segment> segments{{0, 0x10'0000, pattern(16)}, {0, 0, bad, 0, PT_NOTE}};
  const Bytes file = elf<Elf64>(0, segments);
  EXPECT_FALSE(ElfImage::parse(file, elf_x86)->find_note(file, "Xen", 18));
}

TEST(ElfNotes, AnOwnerLongerThanItsSegmentEndsTheSearch) {
  Bytes bad = note("Xen", 18, std::uint32_t{1});
  set(bad, 0, ~0u);  // namesz
  const std::vector<Segment> segments{{0, 0x10'0000, pattern(16)}, {0, 0, bad, 0, PT_NOTE}};
  const Bytes file = elf<Elf64>(0, segments);
  EXPECT_FALSE(ElfImage::parse(file, elf_x86)->find_note(file, "Xen", 18));
}

TEST(LoadSegments, CopiesTheFilesBytesAndLeavesTheRest) {
  const TestRam ram{16_MiB};
  const Bytes file = pvh_elf();
  const auto ranges = load_segments(ram.mem(), file, *ElfImage::parse(file, elf_x86), {});
  ASSERT_TRUE(accepted(ranges));
  ASSERT_EQ(ranges->size(), 2u);
  EXPECT_EQ((*ranges)[1].size, 0x4000u);
  EXPECT_EQ(ram.bytes(Gpa{0x10'0000}, 0x800), pattern(0x800, 1));
  EXPECT_EQ(ram.bytes(Gpa{0x20'0000}, 0x300), pattern(0x300, 2));
  EXPECT_EQ(ram.at<std::uint32_t>(Gpa{0x20'0300}), 0u);
}

TEST(LoadSegments, TwoThatOverlapAreRefusedBeforeAnyIsCopied) {
  const TestRam ram{16_MiB};
  const std::vector<Segment> segments{{0, 0x10'0000, pattern(16), 0x1000},
                                      {0, 0x10'0fff, pattern(16)}};
  const Bytes file = elf<Elf64>(0, segments);
  EXPECT_TRUE(refused(load_segments(ram.mem(), file, *ElfImage::parse(file, elf_x86), {}),
                      "two ELF segments that overlap at 0x100fff"));
  EXPECT_EQ(ram.at<std::uint64_t>(Gpa{0x10'0000}), 0u);
}

TEST(LoadSegments, AHugeOneIsRefusedAtOnce) {
  const TestRam ram{16_MiB};
  const Bytes file = one_segment({0, 0x10'0000, pattern(16), 1ull << 62});
  EXPECT_TRUE(refused(load_segments(ram.mem(), file, *ElfImage::parse(file, elf_x86), {}),
                      "not all guest memory"));
}

}  // namespace
}  // namespace takt
