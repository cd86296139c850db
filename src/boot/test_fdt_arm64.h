// SPDX-License-Identifier: Apache-2.0
// A machine for tests of the device tree, and a reader of what was made of it.
#pragma once

#include <libfdt.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "boot/fdt_arm64.h"

namespace takt::test_fdt {

/// Everything that a board can have, with a GICv3.
inline FdtConfig board() {
  return {.cpus = {0x8000'0000, 0x8000'0001},
          .memory = {{Gpa{0x4000'0000}, 1_GiB}},
          .psci = FdtPsci::v1_0,
          .pmu = true,
          .gic = FdtGicV3{.distributor = {Gpa{0x800'0000}, 0x1'0000},
                          .redistributors = {{Gpa{0x80a'0000}, 0xf6'0000}},
                          .its = Gpa{0x808'0000}},
          .uart = FdtPl011{{.registers = {Gpa{0x900'0000}, 0x1000}, .irq = Gsi{1}}},
          .pl031 = FdtDevice{.registers = {Gpa{0x901'0000}, 0x1000}, .irq = Gsi{2}},
          .pl061 = FdtDevice{.registers = {Gpa{0x903'0000}, 0x1000}, .irq = Gsi{7}},
          .extra = {{"takt,debug-exit", {Gpa{0x904'0000}, 0x1000}},
                    {"takt,test-registers", {Gpa{0x905'0000}, 0x1000}}},
          .chosen = {.bootargs = "console=ttyAMA0",
                     .initrd = {Gpa{0x4800'0000}, 0x1234},
                     .rng_seed = std::array<std::byte, 32>{std::byte{7}},
                     .kaslr_seed = std::array<std::byte, 8>{std::byte{9}}}};
}

inline constexpr FdtPci pci{.ecam = Gpa{0x3f00'0000},
                            .io = Gpa{0x3eff'0000},
                            .mmio32 = {Gpa{0x1400'0000}, 0x2aff'0000},
                            .mmio64 = GpaRange{Gpa{0x80'0000'0000}, 512_GiB},
                            .first_irq = Gsi{32}};

/// With a host bridge and two virtio devices.
inline FdtConfig with_pci(FdtConfig config) {
  config.virtio_mmio = {{.registers = {Gpa{0xa10'0000}, 0x200}, .irq = Gsi{16}},
                        {.registers = {Gpa{0xa10'0200}, 0x200}, .irq = Gsi{17}}};
  config.pci = pci;
  return config;
}

/// The same with a GICv2 and its MSI frame, and the other UART.
inline FdtConfig gicv2_board() {
  FdtConfig config = board();
  config.gic = FdtGicV2{.distributor = {Gpa{0x800'0000}, 0x1'0000},
                        .cpu_interface = {Gpa{0x801'0000}, 0x1'0000},
                        .v2m = Gpa{0x802'0000}};
  config.uart = FdtNs16550a{.device = {.registers = {Gpa{0x900'0000}, 0x1000}, .irq = Gsi{1}},
                            .reg_shift = 2,
                            .reg_io_width = 4};
  return config;
}

/// Reads properties by path; nothing found is an empty value.
class Tree {
 public:
  explicit Tree(std::vector<std::byte> bytes) : bytes_{std::move(bytes)} {}

  [[nodiscard]] const std::vector<std::byte>& bytes() const { return bytes_; }
  [[nodiscard]] bool has(const std::string& path) const {
    return ::fdt_path_offset(bytes_.data(), path.c_str()) >= 0;
  }
  [[nodiscard]] bool has(const std::string& path, const char* property) const {
    const int node = ::fdt_path_offset(bytes_.data(), path.c_str());
    return node >= 0 && ::fdt_get_property(bytes_.data(), node, property, nullptr) != nullptr;
  }
  /// With the zeros between strings and at the end.
  [[nodiscard]] std::string raw(const std::string& path, const char* property) const {
    int size = 0;
    const int node = ::fdt_path_offset(bytes_.data(), path.c_str());
    const void* const at = ::fdt_getprop(bytes_.data(), node, property, &size);
    if (at == nullptr) return {};
    return {static_cast<const char*>(at), static_cast<std::size_t>(size)};
  }
  /// The first string.
  [[nodiscard]] std::string text(const std::string& path, const char* property) const {
    return raw(path, property).c_str();
  }
  [[nodiscard]] std::vector<std::uint32_t> cells(const std::string& path,
                                                 const char* property) const {
    std::vector<std::uint32_t> out;
    const std::string value = raw(path, property);
    for (std::size_t i = 0; i + 4 <= value.size(); i += 4) {
      std::uint32_t cell = 0;
      for (std::size_t k = 0; k < 4; ++k)
        cell = cell << 8 | static_cast<std::uint8_t>(value[i + k]);
      out.push_back(cell);
    }
    return out;
  }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace takt::test_fdt
