// SPDX-License-Identifier: Apache-2.0
// The machine that the ACPI tests describe, and ways to look into its tables.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "boot/acpi_tables.h"

namespace takt::acpi_test {

inline constexpr Gpa base{0xe'0000};
inline constexpr std::uint64_t room = 0x2'0000;  // to the end of the first MiB

/// Every number is one that no other field has.
inline AcpiConfig board(std::uint32_t cpus = 2) {
  return {.cpus = cpus,
          .com1 = true,
          .rtc = true,
          .sleep_control = Port{0x604},
          .sleep_status = Port{0x605},
          .sleep_type_s5 = 6,
          .reset = Port{0x606},
          .reset_value = 0x42};
}

inline constexpr AcpiPci pci{.ecam = Gpa{0xe120'0000},
                             .mmio32 = {Gpa{0xc100'0000}, 0x1800'0000},
                             .mmio64 = GpaRange{Gpa{0x123'4000'0000}, 0x56'0000'0000}};

/// The board with a host bridge. Its SSDT is the third.
inline AcpiConfig pci_board() {
  AcpiConfig config = board();
  config.pci = pci;
  return config;
}
inline AcpiConfig pci_board_without_mmio64() {
  AcpiConfig config = pci_board();
  config.pci->mmio64.reset();
  return config;
}

inline AcpiImage build(const AcpiConfig& config = board()) {
  auto image = build_acpi(config, base, room);
  EXPECT_TRUE(image) << image.error().text;
  return image ? *std::move(image) : AcpiImage{};
}

/// Null when there is no such table.
inline const AcpiTable* find(const AcpiImage& image, std::string_view name) {
  const auto it = std::ranges::find(image.tables, name, &AcpiTable::name);
  return it == image.tables.end() ? nullptr : &*it;
}

/// A table's bytes as a guest reads them.
class View {
 public:
  View(const AcpiImage& image, std::string_view name) {
    const AcpiTable* table = find(image, name);
    EXPECT_NE(table, nullptr) << name;
    if (table != nullptr) table_ = *table;
  }
  [[nodiscard]] std::size_t size() const { return table_.bytes.size(); }
  [[nodiscard]] Gpa at() const { return table_.at; }
  /// The little-endian number of `bytes` bytes at `offset`.
  [[nodiscard]] std::uint64_t number(std::size_t offset, std::size_t bytes) const {
    std::uint64_t value = 0;
    for (std::size_t i = bytes; i-- > 0;)
      value = value << 8 | std::to_integer<std::uint64_t>(table_.bytes.at(offset + i));
    return value;
  }
  [[nodiscard]] std::string text(std::size_t offset, std::size_t bytes) const {
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>(number(offset + i, 1));
    return text;
  }
  /// The sum of the first `bytes` bytes, modulo 256.
  [[nodiscard]] std::uint8_t sum(std::size_t bytes) const {
    std::uint8_t sum = 0;
    for (std::size_t i = 0; i < bytes; ++i) sum = static_cast<std::uint8_t>(sum + number(i, 1));
    return sum;
  }

 private:
  AcpiTable table_;
};

}  // namespace takt::acpi_test
