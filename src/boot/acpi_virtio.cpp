// SPDX-License-Identifier: Apache-2.0
#include "boot/acpi_virtio.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "boot/acpi_ssdt_virtio_aml.h"

namespace takt::acpi {
namespace {

// Name (VWIN, 0x08): NameOp, the name, BytePrefix, the number. 20.2.5.1, 20.2.3.
constexpr std::array<std::uint8_t, 7> declaration{0x08, 'V', 'W', 'I', 'N', 0x0a, 0x08};
constexpr auto found = std::ranges::search(aml::ssdt_virtio, declaration);
static_assert(found.size() == declaration.size());

}  // namespace

std::vector<std::byte> build_virtio_ssdt(unsigned windows) {
  const auto bytes = std::as_bytes(std::span{aml::ssdt_virtio});
  std::vector<std::byte> table{bytes.begin(), bytes.end()};
  constexpr auto at = found.end() - aml::ssdt_virtio.begin() - 1;
  table[static_cast<std::size_t>(at)] = static_cast<std::byte>(windows);
  return table;
}

}  // namespace takt::acpi
