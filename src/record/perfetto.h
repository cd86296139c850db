// SPDX-License-Identifier: Apache-2.0
// The last moments of a VM as a picture for ui.perfetto.dev: what its threads recorded, beside what
// the host did on its CPUs.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cycles.h"
#include "base/units.h"
#include "record/host_event.h"
#include "record/record.h"

namespace takt {

/// A thread and a copy of its ring.
struct RecordedThread {
  std::string name = {};
  pid_t tid = 0;
  std::vector<Record> records = {};
  bool from_its_start = false;  // nothing has been written over yet
};

struct VmTrace {
  std::string vm = {};
  pid_t pid = 0;
  std::uint64_t from_ns = 0;  // CLOCK_MONOTONIC_RAW: what ended earlier is left out
  std::uint64_t until_ns = 0;
  std::vector<RecordedThread> threads = {};
  std::vector<HostEvent> host = {};  // in order of time
  std::string host_missing = {};     // why there are none; "": the host was traced
  std::function<std::string_view(DeviceId)> device_name = {};
};

/// JSON (record/trace_events.h). Slices nest; one that was measured longer than the one around it,
/// by two CPUs' counters or because `took` is full, is cut and says so. "otherData" tells how far
/// back each thread's records go. Pure; takes about 5 us for each record and event.
[[nodiscard]] std::string perfetto_json(const VmTrace& trace, const TimeLine& line);

}  // namespace takt
