// SPDX-License-Identifier: Apache-2.0
// Guest RAM through checked accessors. There is no MMIO in this view, so a device that does DMA
// can never re-enter a device. No raw pointer leaves this class except to the loaders and to KVM.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "base/rt.h"
#include "base/units.h"

namespace takt {

/// A piece of guest-physical address space that is RAM, and where it is in this process.
struct RamRegion {
  Gpa start;
  std::span<std::byte> host;
};

/// The guest's RAM: disjoint regions, ascending. Built before any vCPU runs and constant after
/// that, so every function may be called from any thread. The guest writes at any time: what is
/// copied out once is what must be checked and used; never read the same field twice.
class GuestMem {
 public:
  GuestMem() = default;
  /// `regions` are ascending and do not touch each other's addresses.
  explicit GuestMem(std::vector<RamRegion> regions) : regions_{std::move(regions)} {}

  /// The host bytes behind [gpa, gpa + n), or nothing when not all of it is RAM of one region.
  [[nodiscard]] std::optional<std::span<std::byte>> slice(Gpa gpa, std::uint64_t n) const RT;

  /// Copies a T out once. Nothing when [gpa, gpa + sizeof(T)) is not RAM.
  template <class T>
  [[nodiscard]] std::optional<T> load(Gpa gpa) const RT {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto from = slice(gpa, sizeof(T));
    if (!from) return std::nullopt;
    T value;
    std::memcpy(&value, from->data(), sizeof value);
    return value;
  }

  /// Copies `value` in. False, and nothing written, when the range is not RAM.
  template <class T>
  [[nodiscard]] bool store(Gpa gpa, const T& value) const RT {
    static_assert(std::is_trivially_copyable_v<T>);
    return write(gpa, std::as_bytes(std::span{&value, 1}));
  }

  [[nodiscard]] bool write(Gpa gpa, std::span<const std::byte> data) const RT;
  [[nodiscard]] bool read(Gpa gpa, std::span<std::byte> data) const RT;

  [[nodiscard]] std::span<const RamRegion> regions() const RT { return regions_; }
  [[nodiscard]] std::uint64_t total_bytes() const RT;

 private:
  std::vector<RamRegion> regions_;
};

}  // namespace takt
