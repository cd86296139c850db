// SPDX-License-Identifier: Apache-2.0
// What one thread did: always on, written by that thread alone, which never waits; others copy.
#pragma once

#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "base/flight_ring.h"
#include "base/histogram.h"
#include "base/rt.h"
#include "record/record.h"

namespace takt {

class ThreadRecorder {
 public:
  static constexpr std::size_t remembered = 4096;

  /// `devices` is the highest DeviceId that records will name.
  explicit ThreadRecorder(std::size_t devices)
      : by_device_(devices + 1), devices_{static_cast<unsigned>(devices)} {
    budgets_.fill(no_budget);
  }

  /// Records of `kind` that took more cycles are kept in misses(), too. Before the thread starts.
  void set_budget(RecordKind kind, std::uint32_t cycles) {
    budgets_[std::to_underlying(kind)] = cycles;
  }
  static constexpr std::uint32_t no_budget = 0xffff'ffff;  // no record took more

  /// The recording thread only. A device beyond the highest is counted as none.
  void put(const Record& record) RT {
    const std::size_t bucket = HistogramBuckets::of(record.took);
    by_kind_[std::to_underlying(record.kind)].record_in(bucket, record.took, record.at);
    if (concerns_device(record))
      by_device_[record.device.raw()].record_in(bucket, record.took, record.at);
    ring_.put(record);
    if (record.took > budgets_[std::to_underlying(record.kind)]) [[unlikely]]
      misses_.put(record);
  }

  /// The calling thread's, or null: for code that many threads run. Set for the life of a Scope.
  [[nodiscard]] static ThreadRecorder* here() RT;
  class Scope {
   public:
    explicit Scope(ThreadRecorder& recorder) RT;
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
  };

  // Any thread.
  [[nodiscard]] HistogramCopy of(RecordKind kind) const {
    return by_kind_[std::to_underlying(kind)].copy();
  }
  /// Exits and jobs for a device, of all kinds.
  [[nodiscard]] HistogramCopy of(DeviceId device) const { return by_device_[device.raw()].copy(); }
  [[nodiscard]] std::size_t devices() const { return by_device_.size() - 1; }
  [[nodiscard]] std::vector<Record> last() const { return ring_.copy(); }
  /// How many records were over their budget, and the last of them.
  [[nodiscard]] std::uint64_t missed() const { return misses_.count(); }
  [[nodiscard]] std::vector<Record> misses() const { return misses_.copy(); }

 private:
  [[nodiscard]] bool concerns_device(const Record& record) const RT {
    const bool whole = record.kind == RecordKind::pio || record.kind == RecordKind::mmio ||
                       record.kind == RecordKind::job;
    return whole && record.device.raw() - 1u < devices_;  // none wraps around
  }

  std::array<Histogram, record_kinds> by_kind_;
  std::vector<Histogram> by_device_;
  const unsigned devices_;
  FlightRing<Record, remembered> ring_;
  std::array<std::uint32_t, record_kinds> budgets_;
  FlightRing<Record, 16> misses_;
};

/// Puts a record into the calling thread's recorder if it has one.
void put_record(const Record& record) RT;

}  // namespace takt
