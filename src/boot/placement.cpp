// SPDX-License-Identifier: Apache-2.0
#include "boot/placement.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "base/bits.h"

namespace takt {
namespace {

constexpr Gpa first_mib_end{1_MiB};

constexpr std::uint64_t align_down(std::uint64_t value, std::uint64_t power_of_two) {
  return value & ~(power_of_two - 1);
}

constexpr std::uint64_t in_mib(std::uint64_t bytes) { return bytes / 1_MiB + (bytes % 1_MiB != 0); }

/// The highest place in [low, high) that is clear of `busy`. Every turn of the loop goes below one
/// busy range for good, so there are at most busy.size() + 1 turns.
std::optional<Gpa> place_between(Gpa low, Gpa high, const PlaceRequest& request,
                                 std::span<const GpaRange> busy) {
  for (Gpa top = high; top > low && top - low >= request.size;) {
    const Gpa at{align_down(top.raw() - request.size, request.align)};
    if (at < low) return std::nullopt;
    const auto hit = std::ranges::find_if(
        busy, [&](const GpaRange& b) { return b.overlaps({at, request.size}); });
    if (hit == busy.end()) return at;
    top = hit->start;
  }
  return std::nullopt;
}

Gpa ram_start(const GuestMem& mem) {
  return mem.regions().empty() ? Gpa{} : mem.regions().front().start;
}

/// Where RAM would have to end for `size` bytes above everything that is busy now.
Gpa needed_end(const GuestMem& mem, std::uint64_t size, std::span<const GpaRange> busy) {
  Gpa end = std::max(first_mib_end, ram_start(mem));
  for (const GpaRange& b : busy) end = std::max(end, b.end());
  return Gpa{align_up(end.raw(), 4096)} + align_up(size, 4096);
}

/// What helps a kernel that wants memory where there is none.
std::string remedy(const GuestMem& mem, GpaRange range) {
  const Gpa start = ram_start(mem);
  if (range.start < start) return fmt::format("link it at {:#x} or above", start.raw());
  // On x86, RAM below 4 GiB ends at about 3 GiB whatever --memory is: more would not help.
  if (range.end() - start > 2_GiB) return "link it lower";
  return fmt::format("use {} or more", memory_option(mem, range.end()));
}

}  // namespace

std::optional<Gpa> place_high(const GuestMem& mem, PlaceRequest request,
                              std::span<const GpaRange> busy) {
  for (const RamRegion& region : mem.regions() | std::views::reverse) {
    const Gpa low = std::max(region.start, first_mib_end);
    const Gpa high = std::min(region.start + region.host.size(), request.below);
    if (const auto at = place_between(low, high, request, busy)) return at;
  }
  return std::nullopt;
}

Result<GpaRange> load_initrd(const GuestMem& mem, std::span<const std::byte> initrd, Gpa below,
                             std::span<const GpaRange> busy) {
  if (initrd.empty()) return usage_error("the initrd is empty; leave --initrd out or name another");
  const auto at = place_high(mem, {.size = initrd.size(), .below = below}, busy);
  if (at && mem.write(*at, initrd)) return GpaRange{*at, initrd.size()};
  const Gpa needed = needed_end(mem, initrd.size(), busy);
  if (needed > below)
    return usage_error(fmt::format(
        "the initrd ({}) does not fit between the kernel and {:#x}, the end of what this kernel "
        "can take; use a smaller one",
        size_text(initrd.size()), below.raw()));
  return usage_error(fmt::format(
      "the initrd ({}) does not fit beside the kernel in {} of guest memory; use {} or more",
      size_text(initrd.size()), size_text(mem.total_bytes()), memory_option(mem, needed)));
}

Result<> check_kernel_range(const GuestMem& mem, GpaRange range,
                            std::span<const NamedRange> taken) {
  if (~range.start.raw() < range.size)
    return usage_error(
        fmt::format("the kernel has {:#x} bytes to load at {:#x}, past the end of "
                    "the address space; the file is damaged",
                    range.size, range.start.raw()));
  for (const NamedRange& t : taken)
    if (range.overlaps(t.range))
      return usage_error(fmt::format(
          "the kernel wants to be at {:#x}-{:#x}, which overlaps {} at {:#x}-{:#x}; link it at {} "
          "or above",
          range.start.raw(), range.end().raw(), t.name, t.range.start.raw(), t.range.end().raw(),
          size_text(taken.back().range.end().raw())));
  if (mem.slice(range.start, range.size)) return {};
  return usage_error(fmt::format(
      "the kernel wants to be at {:#x}-{:#x}, which is not all guest memory ({}); {}",
      range.start.raw(), range.end().raw(), size_text(mem.total_bytes()), remedy(mem, range)));
}

std::string size_text(std::uint64_t bytes) {
  if (bytes < 1_KiB) return fmt::format("{} bytes", bytes);
  if (bytes < 1_MiB) return fmt::format("{} KiB", (bytes + 1_KiB - 1) / 1_KiB);
  return fmt::format("{} MiB", in_mib(bytes));
}

std::string memory_option(const GuestMem& mem, Gpa end) {
  return fmt::format("--memory {}M", in_mib(end - ram_start(mem)));
}

}  // namespace takt
