// SPDX-License-Identifier: Apache-2.0
// The host memory behind guest RAM: one memfd, so that later another process can map it too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "base/fd.h"
#include "base/result.h"

namespace takt {

enum class PageSize : std::uint8_t { base, huge_2m, huge_1g };

[[nodiscard]] std::uint64_t page_bytes(PageSize size);

struct RamConfig {
  std::uint64_t bytes = 0;  // a multiple of the page size
  PageSize pages = PageSize::base;
  bool prefault = false;  // every page is there before the guest runs
};

class GuestRam {
 public:
  /// Maps zeroed memory. The error says how much was asked for, and for huge pages how many the
  /// host has free and how to reserve more.
  static Result<GuestRam> create(const RamConfig& config);
  GuestRam() = default;
  GuestRam(GuestRam&& other) noexcept
      : fd_{std::move(other.fd_)}, bytes_{std::exchange(other.bytes_, {})} {}
  GuestRam& operator=(GuestRam&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  GuestRam(const GuestRam&) = delete;
  GuestRam& operator=(const GuestRam&) = delete;
  ~GuestRam();

  [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }
  /// The memfd; bytes() begins at its offset 0.
  [[nodiscard]] const Fd& fd() const { return fd_; }

 private:
  Fd fd_;
  std::span<std::byte> bytes_;
};

/// mlockall(2): all memory of this process now, and what it maps later.
[[nodiscard]] Result<> lock_all_memory();

}  // namespace takt
