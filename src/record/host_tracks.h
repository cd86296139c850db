// SPDX-License-Identifier: Apache-2.0
// What the host's tracer saw, drawn: for each CPU who ran and which interrupts it took, for each
// vCPU of ours when it was in the guest.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "record/host_event.h"
#include "record/trace_events.h"

namespace takt {

struct VmTrace;

class HostTracks {
 public:
  /// More than Linux can have (PID_MAX_LIMIT in include/linux/threads.h): tracks that are no
  /// thread's get numbers from here on.
  static constexpr std::int64_t most_pids = 4 * 1024 * 1024;
  /// The newest ones are drawn; each makes some 150 bytes.
  static constexpr std::size_t most_events = 200'000;

  HostTracks(TraceEvents& events, const VmTrace& trace);
  void draw();
  /// For "otherData": how many events there are and how far back they go, or why there are none.
  [[nodiscard]] static nlohmann::ordered_json about(const VmTrace& trace);

 private:
  struct Open {
    std::uint64_t since_ns = 0;
    std::string name = {};
    std::string details = {};
  };
  struct Cpu {
    std::uint64_t seen_ns = 0;  // the first event, or when the thread that runs began to
    std::string runs = {};      // "" until the first switch
    std::optional<Open> irq = {};
    std::optional<Open> softirq = {};
  };

  void name_tracks();
  void draw(const HostEvent& event);
  void draw_switch(const HostEvent& event, Cpu& cpu);
  void draw_guest(const HostEvent& event);
  void begin(std::optional<Open>& open, const HostEvent& event, std::string_view name);
  void end(std::optional<Open>& open, TraceTrack track, const HostEvent& event);
  void draw_what_still_runs();

  TraceEvents& events_;
  const VmTrace& trace_;
  std::span<const HostEvent> drawn_;
  std::map<std::uint32_t, Cpu> cpus_;
  std::map<std::int32_t, std::uint64_t> in_guest_since_;  // by vCPU's thread; 0: not
};

}  // namespace takt
