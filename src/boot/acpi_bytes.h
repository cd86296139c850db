// SPDX-License-Identifier: Apache-2.0
// Tables under construction: a vector of bytes that structures of acpi_layout.h are added to.
#pragma once

#include <cstddef>
#include <cstring>
#include <type_traits>
#include <vector>

namespace takt::acpi {

template <class T>
void append(std::vector<std::byte>& table, const T& part) {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) == 1);
  const std::size_t at = table.size();
  table.resize(at + sizeof part);
  std::memcpy(table.data() + at, &part, sizeof part);
}

template <class T>
[[nodiscard]] std::vector<std::byte> to_bytes(const T& whole) {
  std::vector<std::byte> table;
  append(table, whole);
  return table;
}

}  // namespace takt::acpi
