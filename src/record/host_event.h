// SPDX-License-Identifier: Apache-2.0
// Something that the host's kernel did, as its tracer tells it (Documentation/trace/events.rst).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace takt {

struct HostEvent {
  std::uint64_t at_ns = 0;  // CLOCK_MONOTONIC_RAW
  std::uint32_t cpu = 0;
  std::int32_t tid = 0;      // of the thread that ran there; 0: idle
  std::string thread = {};   // its name
  std::string name = {};     // "sched_switch"
  std::string details = {};  // "prev_comm=vcpu0 prev_pid=812 ..."

  /// The value of `key` in details, up to the next space; "" without. Values with spaces in them
  /// (names of threads) end at the next " key=".
  [[nodiscard]] std::string_view field(std::string_view key) const;
};

}  // namespace takt
