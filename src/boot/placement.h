// SPDX-License-Identifier: Apache-2.0
// Ranges of guest-physical memory and where a loader finds room for a blob. Set-up only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "bus/guest_mem.h"

namespace takt {

/// [start, start + size). Does not wrap: whoever makes one has checked that.
struct GpaRange {
  Gpa start;
  std::uint64_t size = 0;
  [[nodiscard]] constexpr Gpa end() const { return start + size; }
  [[nodiscard]] constexpr bool overlaps(GpaRange o) const {
    return size != 0 && o.size != 0 && start < o.end() && o.start < end();
  }
  /// True for an address inside; written so that `start + size` is never needed.
  [[nodiscard]] constexpr bool contains(Gpa gpa) const {
    return gpa >= start && gpa - start < size;
  }
};

/// A range that is taken, and by what: "the command line".
struct NamedRange {
  GpaRange range;
  std::string_view name;
};

struct PlaceRequest {
  std::uint64_t size = 0;
  std::uint64_t align = 4096;  // a power of two
  Gpa below{~0ull};            // the blob ends at or below this address
};

/// The highest aligned address at which `size` bytes are RAM, end at or below `below`, are clear of
/// everything in `busy` and of the first MiB, in which an x86 guest finds structures of its own and
/// an arm64 guest has no RAM. Nothing when there is no such place.
[[nodiscard]] std::optional<Gpa> place_high(const GuestMem& mem, PlaceRequest request,
                                            std::span<const GpaRange> busy);

/// Finds room for an initrd with place_high() and copies it there. `below` as in PlaceRequest. The
/// error says how large it is and what --memory would do.
[[nodiscard]] Result<GpaRange> load_initrd(const GuestMem& mem, std::span<const std::byte> initrd,
                                           Gpa below, std::span<const GpaRange> busy);

/// An error unless a kernel's `range` is RAM and leaves everything in `taken`, which ascends,
/// alone.
[[nodiscard]] Result<> check_kernel_range(const GuestMem& mem, GpaRange range,
                                          std::span<const NamedRange> taken);

/// "17 MiB", rounded up; "3 KiB" and "12 bytes" for what is smaller.
[[nodiscard]] std::string size_text(std::uint64_t bytes);

/// "--memory 72M": the smallest whole number of MiB that has RAM up to `end`, from where the RAM of
/// `mem` begins and without a hole.
[[nodiscard]] std::string memory_option(const GuestMem& mem, Gpa end);

}  // namespace takt
