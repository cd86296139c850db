// SPDX-License-Identifier: Apache-2.0
#include "boot/image_x86.h"

#include <gtest/gtest.h>

#include <string>

#include "boot/test_images_x86.h"
#include "boot/test_result.h"

namespace takt {
namespace {

using namespace test_images;
using namespace std::string_literals;

Result<ImageKind> identify_text(const std::string& text) {
  return identify(std::as_bytes(std::span{text}));
}

/// `magic` at `offset` of a file long enough to be a kernel.
Result<ImageKind> identify_magic(const std::string& magic, std::size_t offset = 0) {
  std::string text(2048, ' ');
  return identify_text(text.replace(offset, magic.size(), magic));
}

TEST(Identify, KnowsEachKind) {
  EXPECT_EQ(identify(bzimage()), ImageKind::bzimage);
  EXPECT_EQ(identify(pvh_elf()), ImageKind::pvh_elf);
  EXPECT_EQ(identify(multiboot_elf32()), ImageKind::multiboot_elf);
  EXPECT_EQ(identify(multiboot_elf64()), ImageKind::multiboot_elf);
  EXPECT_EQ(identify(multiboot_flat()), ImageKind::multiboot_flat);
}

TEST(Identify, AnElfWithBothIsPvh) {
  auto segments = pvh_segments();
  const Bytes header = multiboot_header();
  std::ranges::copy(header, segments[0].data.begin());
  EXPECT_EQ(identify(elf<Elf64>(0x10'0000, segments)), ImageKind::pvh_elf);
}

TEST(Identify, AnElfWithNeitherSaysSo) {
  auto segments = pvh_segments();
  segments.pop_back();
  EXPECT_TRUE(refused(identify(elf<Elf64>(0x10'0000, segments)),
                      "is an ELF file with neither a PVH note nor a Multiboot 1 header"));
}

TEST(Identify, AnEmptyFileSaysWhatTaktTakes) {
  EXPECT_TRUE(refused(identify({}), "is empty; takt takes a 64-bit x86 Linux bzImage"));
}

TEST(Identify, AnotherFileSaysWhatTaktTakes) {
  EXPECT_TRUE(refused(identify_magic("hello"), "is not a kernel; takt takes a 64-bit x86"));
}

TEST(Identify, AShortFileSaysSo) {
  EXPECT_TRUE(refused(identify_text("hello\n"), "has only 6 bytes"));
}

TEST(Identify, KernelsOfOtherMachinesAreNamed) {
  EXPECT_TRUE(refused(identify_magic("ARM\x64", 56), "is an arm64 Linux Image"));
  EXPECT_TRUE(refused(identify_magic("RSC\x05", 56), "is a RISC-V Linux Image"));
}

TEST(Identify, CompressedKernelsNameTheTool) {
  EXPECT_TRUE(refused(identify_magic("\x1f\x8b"), "is compressed by gzip; unpack it first"));
  EXPECT_TRUE(refused(identify_magic("\xfd"
                                     "7zXZ\0"s),
                      "xz -dc"));
  EXPECT_TRUE(refused(identify_magic("\x28\xb5\x2f\xfd"), "zstd -dc"));
}

TEST(Identify, OtherMistakesAreNamed) {
  EXPECT_TRUE(refused(identify_text("#!/bin/sh\n"), "is a script"));
  EXPECT_TRUE(refused(identify_magic("MZ"), "is an EFI or Windows program"));
  EXPECT_TRUE(refused(identify_magic("070701"), "give it as --initrd"));
  EXPECT_TRUE(refused(identify_magic("QFI\xfb"), "is a qcow2 disk image"));
}

TEST(Identify, AFlatMultibootImageWithoutAddressesIsRefused) {
  Bytes file = multiboot_header();
  file.resize(2048);
  EXPECT_TRUE(refused(identify(file), "neither an ELF file nor has it load addresses"));
}

}  // namespace
}  // namespace takt
