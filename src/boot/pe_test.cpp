// SPDX-License-Identifier: Apache-2.0
#include "boot/pe.h"

#include <gtest/gtest.h>

#include "boot/test_images_x86.h"

namespace takt {
namespace {

using namespace test_images;

constexpr std::uint32_t header = 0x40;
constexpr std::uint16_t optional_bytes = 160;

/// A PE32+ file with one section, and its certificates behind.
Bytes pe() {
  Bytes file(0x400);
  set(file, 0, std::uint16_t{0x5a4d});
  set(file, 0x3c, header);
  set(file, header, std::uint32_t{0x4550});
  set(file, header + 6, std::uint16_t{1});
  set(file, header + 20, optional_bytes);
  set(file, header + 24, std::uint16_t{0x20b});
  set(file, header + 24 + 108, std::uint32_t{6});
  set(file, header + 24 + 112 + 32, std::uint32_t{0x400});
  set(file, header + 24 + 112 + 36, std::uint32_t{0x80});
  set(file, header + 24 + optional_bytes + 16, std::uint32_t{0x200});
  set(file, header + 24 + optional_bytes + 20, std::uint32_t{0x180});
  return file;
}

TEST(Pe, TheCertificatesEndWhereTheirDirectorySays) {
  EXPECT_EQ(pe_certificates_end(pe()), 0x480u);
  EXPECT_EQ(pe_certificates_end(bzimage()),
            bzimage_setup_bytes + bzimage_code_bytes + bzimage_certificate_bytes);
}

TEST(Pe, WithoutCertificatesTheyEndNowhere) {
  Bytes file = pe();
  set(file, header + 24 + 112 + 36, std::uint32_t{0});
  EXPECT_EQ(pe_certificates_end(file), 0u);
}

TEST(Pe, TheSectionsEndWithTheBytesOfTheLast) { EXPECT_EQ(pe_sections_end(pe()), 0x380u); }

TEST(Pe, ASectionOf4GibAt4GibDoesNotWrap) {
  Bytes file = pe();
  set(file, header + 24 + optional_bytes + 16, ~0u);
  set(file, header + 24 + optional_bytes + 20, ~0u);
  EXPECT_EQ(pe_sections_end(file), 0x1'ffff'fffeu);
}

TEST(Pe, SectionHeadersBehindTheEndOfTheFileSayWhereTheyEnd) {
  Bytes file = pe();
  set(file, header + 6, std::uint16_t{100});
  EXPECT_EQ(pe_sections_end(file), header + 24u + optional_bytes + 100 * 40);
}

TEST(Pe, AnotherFileHasNeither) {
  EXPECT_EQ(pe_sections_end({}), 0u);
  EXPECT_EQ(pe_sections_end(pattern(4096)), 0u);
  EXPECT_EQ(pe_certificates_end(pattern(4096)), 0u);
}

TEST(Pe, AHeaderBehindTheEndOfTheFileSaysWhereItEnds) {
  const Bytes file = pe();
  EXPECT_EQ(pe_sections_end(std::span{file}.first(header + 24)), header + 24u + 112 + 40);
}

TEST(Pe, AFileWithoutMzHasNoSections) {
  Bytes file = pe();
  set(file, 0, std::uint16_t{0});
  EXPECT_EQ(pe_sections_end(file), 0u);
}

}  // namespace
}  // namespace takt
