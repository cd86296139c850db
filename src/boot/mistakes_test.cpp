// SPDX-License-Identifier: Apache-2.0
#include "boot/mistakes.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "boot/test_result.h"

namespace takt {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

constexpr auto foreign = std::to_array<KnownFile>({{4, "VAX"sv, "is a VMS image"}});
constexpr auto mistakes = std::to_array<KnownFile>({{0, "#!"sv, "is a script of ours"}});
constexpr KernelFormats formats{.machine = "PDP-11",
                                .takes = "takt takes tapes",
                                .unpacked = "tape",
                                .foreign = foreign,
                                .mistakes = mistakes};

/// `magic` at `offset` of a file long enough to be a kernel.
Result<> refuse_magic(const std::string& magic, std::size_t offset = 0) {
  std::string text(2048, ' ');
  text.replace(offset, magic.size(), magic);
  return refuse(std::as_bytes(std::span{text}), formats);
}

TEST(Mistakes, EveryLineEndsWithWhatTaktTakes) {
  EXPECT_TRUE(refused(refuse_magic("hello"), "is not a kernel; takt takes tapes"));
  EXPECT_TRUE(refused(refuse_magic("QFI\xfb"), "is a qcow2 disk image; takt takes tapes"));
  EXPECT_TRUE(refused(Result<>{refuse({}, formats)}, "is empty; takt takes tapes"));
}

TEST(Mistakes, AKernelOfAnotherMachineNamesBoth) {
  EXPECT_TRUE(refused(refuse_magic("VAX", 4), "is a VMS image; this machine is PDP-11"));
  EXPECT_TRUE(refused(refuse_magic("RSC\x05", 56), "is a RISC-V Linux Image; this machine is"));
}

TEST(Mistakes, TheArchitecturesOwnLineComesFirst) {
  EXPECT_TRUE(refused(refuse_magic("#!/bin/sh"), "is a script of ours"));
}

TEST(Mistakes, ACompressedFileNamesTheToolAndTheResult) {
  EXPECT_TRUE(refused(refuse_magic("\x1f\x8b"),
                      "is compressed by gzip; unpack it first (gzip -dc FILE > tape)"));
  EXPECT_TRUE(refused(refuse_magic("\x89LZO\0"s), "lzop -dc FILE > tape"));
}

TEST(Mistakes, AShortFileSaysHowShort) {
  const std::string text = "hello\n";
  EXPECT_TRUE(refused(Result<>{refuse(std::as_bytes(std::span{text}), formats)},
                      "has only 6 bytes, no kernel is that short (cut short?)"));
}

TEST(HasMagic, LooksNoFurtherThanTheFile) {
  const std::string text = "abc";
  const auto file = std::as_bytes(std::span{text});
  EXPECT_TRUE(has_magic(file, 1, "bc"));
  EXPECT_FALSE(has_magic(file, 2, "cd"));
  EXPECT_FALSE(has_magic(file, ~std::size_t{0}, "a"));
}

}  // namespace
}  // namespace takt
