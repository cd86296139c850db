// SPDX-License-Identifier: Apache-2.0
// Why a latency budget was missed: from a bundle to one paragraph. A pure function; the rules are
// in suspects_*.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "record/bundle.h"

namespace takt {

enum class Cause : std::uint8_t {
  host_thread,  // another thread had the CPU
  slow_device,  // a device's server took its time
  device_lock,  // another thread was in the device
  page_fault,   // memory that was not there
  interrupt,    // an interrupt, or its thread, had the CPU
  throttled,    // the kernel kept a real-time thread off its CPU
  idle_cpu,     // the CPU woke up slowly
  long_job,     // nobody else was involved
  unknown,
};
[[nodiscard]] std::string_view cause_name(Cause cause);  // "host thread"

struct Explanation {
  Cause cause = Cause::unknown;
  std::string text = {};  // what was late, why, and what to do: one paragraph without line ends
};

[[nodiscard]] Explanation explain(const Bundle& bundle);

/// What happened around it, a line for each thing, for people: in time relative to the miss, at
/// most `lines` of them.
[[nodiscard]] std::string time_line(const Bundle& bundle, std::size_t lines = 40);

/// The time that the miss was in: of a thread that could run and did not the longest such time that
/// the host's events show, otherwise what the miss says.
[[nodiscard]] Span late_span(const Bundle& bundle);

}  // namespace takt
