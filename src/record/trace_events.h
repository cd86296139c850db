// SPDX-License-Identifier: Apache-2.0
// Writes trace events as JSON, for ui.perfetto.dev and chrome://tracing. Source: "Trace Event
// Format", Google, and the Perfetto documentation, "Chrome JSON format": times are microseconds
// with decimals, and the slices of one track must nest.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace takt {

/// A line in the picture. The numbers are the format's, not always the kernel's.
struct TraceTrack {
  std::int64_t pid = 0;
  std::int64_t tid = 0;
};

class TraceEvents {
 public:
  using Args = nlohmann::ordered_json;  // an object, or null for none

  TraceEvents();
  void name_process(std::int64_t pid, std::string_view name);
  /// Tracks are shown in the order in which they were named.
  void name_track(TraceTrack track, std::string_view name);
  void slice(TraceTrack track, std::string_view name, std::uint64_t begin_ns, std::uint64_t end_ns,
             const Args& args);
  void instant(TraceTrack track, std::string_view name, std::uint64_t at_ns, const Args& args);
  /// From a slice of one track to one of another: each instant lies in its slice.
  void arrow(TraceTrack from, std::uint64_t from_ns, TraceTrack to, std::uint64_t to_ns);

  /// The whole, once; `about` becomes "otherData".
  [[nodiscard]] std::string finish(const Args& about) &&;

 private:
  void add(const Args& event);

  std::string text_;
  int named_ = 0;
  int arrows_ = 0;
};

}  // namespace takt
