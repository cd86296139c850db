// SPDX-License-Identifier: Apache-2.0
// What a running VM has counted, as a copy that stands still. Taken by Machine::snapshot() from the
// recorders and from /proc: no thread of the VM is asked, stopped or interrupted for it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cycles.h"
#include "base/histogram.h"
#include "base/result.h"
#include "base/thread.h"
#include "record/thread_recorder.h"
#include "vm/config.h"

namespace takt {

/// What the kernel counted for a thread since it started (proc(5): schedstat, stat, status).
struct ThreadCounts {
  std::uint64_t run_ns = 0;
  std::uint64_t run_delay_ns = 0;  // runnable, and waiting for its CPU
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  int last_cpu = -1;
};

struct ThreadStatistics {
  EffectiveThread effective;
  ThreadCounts counts;
};

/// What a thread recorded of one kind, or for one device; durations in cycles.
struct RecordStatistics {
  std::string_view name;
  HistogramCopy took;
  std::optional<Record> slowest = {};  // absent when the ring has lost it
  std::string_view slowest_device = {};
};

/// Of a vCPU or a device server.
struct TrackStatistics {
  std::string name;
  std::vector<RecordStatistics> kinds;         // that occurred
  std::vector<RecordStatistics> devices = {};  // that it did something for
};

/// What a device on the bus counts of itself, in cycles: a network card from a frame's arrival to
/// its interrupt and from the guest's doorbell to the wire, a disk from the request to its status.
struct ServiceStatistics {
  std::string_view device;
  std::string_view what;
  HistogramCopy took;
};

struct Statistics {
  std::string name;
  std::string_view state;  // running, paused
  CycleRate rate{1};
  std::uint64_t since = 0;  // cycles() when the VM was created
  std::uint64_t now = 0;    // cycles() of this copy
  std::vector<TrackStatistics> vcpus;
  std::vector<TrackStatistics> servers = {};
  std::vector<ThreadStatistics> threads;
  std::vector<ServiceStatistics> services = {};
  std::uint64_t unclaimed_pio = 0;
  std::uint64_t unclaimed_mmio = 0;
  std::uint64_t back_pressure = 0;  // posted writes that found their ring full
};

/// From the texts of /proc/PID/task/TID/schedstat, stat and status; what one of them lacks is 0.
[[nodiscard]] ThreadCounts parse_thread_counts(std::string_view schedstat, std::string_view stat,
                                               std::string_view status);
/// Of a thread of this process. Off the real-time path: reads /proc.
[[nodiscard]] Result<ThreadStatistics> thread_statistics(pid_t tid);
/// Names of devices in it are `config`'s.
[[nodiscard]] TrackStatistics track_statistics(const std::string& name,
                                               const ThreadRecorder& recorder,
                                               const VmConfig& config);

/// One object. Times are in nanoseconds, `max_at_ns` since the VM was created.
[[nodiscard]] std::string to_json(const Statistics& statistics);

}  // namespace takt
