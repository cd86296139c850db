// SPDX-License-Identifier: Apache-2.0
// Little-endian fields at fixed offsets of a byte buffer: a file header or a structure that a guest
// is handed. The offsets stand in one table per structure, as in its specification.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

namespace takt {

/// A field of type T at `offset`.
template <class T>
struct At {
  std::size_t offset;
  /// Offset of the first byte behind the field.
  [[nodiscard]] constexpr std::size_t end() const { return offset + sizeof(T); }
};

/// True when [offset, offset + n) lies in `size` bytes, for any values.
[[nodiscard]] constexpr bool fits(std::uint64_t size, std::uint64_t offset, std::uint64_t n) {
  return offset <= size && size - offset >= n;
}

/// The field's value. The caller has checked that the buffer reaches to field.end().
template <class T>
[[nodiscard]] T get(std::span<const std::byte> from, At<T> field) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, from.data() + field.offset, sizeof value);
  return value;
}

template <class T>
void put(std::span<std::byte> to, At<T> field, std::type_identity_t<T> value) {
  std::memcpy(to.data() + field.offset, &value, sizeof value);
}

}  // namespace takt
