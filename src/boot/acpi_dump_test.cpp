// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "boot/acpi_tables.h"
#include "boot/acpi_test_board.h"
#include "boot/test_temp_dir.h"

namespace takt {
namespace {

using namespace acpi_test;
namespace fs = std::filesystem;

std::set<std::string> names_in(const fs::path& directory) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator{directory}) names.insert(entry.path().filename());
  return names;
}

TEST(DumpAcpi, WritesAFileForEachTableIntoADirectoryThatItCreates) {
  const TempDir temp;
  const auto dumped = dump_acpi(build(), (temp / "new").string());
  ASSERT_TRUE(dumped) << dumped.error().text;
  const std::set<std::string> expected{"xsdt.dat", "facp.dat",  "apic.dat",
                                       "dsdt.dat", "ssdt1.dat", "ssdt2.dat"};
  EXPECT_EQ(names_in(temp / "new"), expected);
}

TEST(DumpAcpi, AFileHoldsTheBytesThatTheGuestSees) {
  const TempDir temp;
  const AcpiImage image = build();
  ASSERT_TRUE(dump_acpi(image, (temp / "").string()));
  const View facp{image, "FACP"};
  EXPECT_EQ(temp.read("facp.dat"), facp.text(0, facp.size()));
}

TEST(DumpAcpi, NeverOverwritesAndTakesItsOwnFilesBack) {
  const TempDir temp;
  std::ofstream{temp / "dsdt.dat"} << "older";
  const auto dumped = dump_acpi(build(), (temp / "").string());
  ASSERT_FALSE(dumped);
  EXPECT_NE(dumped.error().text.find("dsdt.dat: File exists"), std::string::npos)
      << dumped.error().text;
  EXPECT_EQ(names_in(temp / ""), std::set<std::string>{"dsdt.dat"});
  EXPECT_EQ(fs::file_size(temp / "dsdt.dat"), 5u);
}

TEST(DumpAcpi, NamesADirectoryThatCannotBeCreated) {
  const TempDir temp;
  const std::string path = (temp / "missing/new").string();
  const auto dumped = dump_acpi(build(), path);
  ASSERT_FALSE(dumped);
  EXPECT_EQ(dumped.error().text,
            "dump ACPI tables: create directory " + path + ": No such file or directory");
}

}  // namespace
}  // namespace takt
