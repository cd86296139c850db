// SPDX-License-Identifier: Apache-2.0
// What a vCPU's exits were and how long they took: always on, written by the vCPU's thread alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/cycles.h"
#include "base/flight_ring.h"
#include "base/histogram.h"
#include "base/rt.h"
#include "kvm/exit.h"

namespace takt {

/// One exit to user space. Times are cycles().
struct ExitRecord {
  std::uint64_t at = 0;       // when KVM_RUN returned
  std::uint64_t address = 0;  // a port, or a guest-physical address; else 0
  std::uint32_t took = 0;     // until everything was done and the guest could go on
  kvm::ExitKind kind = kvm::ExitKind::unknown;
  bool is_write = false;
  std::uint16_t width = 0;  // bytes of the access
};
static_assert(sizeof(ExitRecord) == 24);

class VcpuRecorder {
 public:
  static constexpr std::size_t kinds = std::to_underlying(kvm::ExitKind::unknown) + 1;
  static constexpr std::size_t remembered = 4096;

  /// The vCPU's thread only. Fills in `record.took`.
  void exit(ExitRecord& record, std::uint64_t end) RT {
    constexpr std::uint64_t most = 0xffff'ffff;
    const std::uint64_t took = end - record.at;
    record.took = static_cast<std::uint32_t>(took < most ? took : most);
    by_kind_[std::to_underlying(record.kind)].record(took, record.at);
    ring_.put(record);
  }

  // Any thread.
  [[nodiscard]] HistogramCopy histogram(kvm::ExitKind kind) const {
    return by_kind_[std::to_underlying(kind)].copy();
  }
  [[nodiscard]] std::vector<ExitRecord> last_exits() const { return ring_.copy(); }

 private:
  std::array<Histogram, kinds> by_kind_;
  FlightRing<ExitRecord, remembered> ring_;
};

}  // namespace takt
