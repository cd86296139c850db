// SPDX-License-Identifier: Apache-2.0
// Tables under construction: a vector of bytes that structures of acpi_layout.h are added to.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

namespace takt::acpi {

template <class T>
void append(std::vector<std::byte>& table, const T& part) {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) == 1);
  const auto bytes = std::as_bytes(std::span{&part, 1});
  table.insert(table.end(), bytes.begin(), bytes.end());
}

template <class T>
[[nodiscard]] std::vector<std::byte> to_bytes(const T& whole) {
  std::vector<std::byte> table;
  append(table, whole);
  return table;
}

}  // namespace takt::acpi
