// SPDX-License-Identifier: Apache-2.0
// Writes trace events as JSON, for ui.perfetto.dev and chrome://tracing. Source: "Trace Event
// Format", Google, and the Perfetto documentation, "Chrome JSON format": times are microseconds
// with decimals, and the slices of one track must nest.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace takt {

/// A line in the picture. The numbers are the format's, not always the kernel's.
struct TraceTrack {
  std::int64_t pid = 0;
  std::int64_t tid = 0;
};

/// What an event tells beside its times, as the members of a JSON object.
class TraceArgs {
 public:
  using Value = std::variant<std::uint64_t, double, std::string_view>;

  TraceArgs() = default;
  TraceArgs(std::initializer_list<std::pair<std::string_view, Value>> members);
  /// `key` needs no escapes.
  void add(std::string_view key, Value value);
  [[nodiscard]] std::string_view text() const { return {text_.data(), text_.size()}; }

 private:
  fmt::memory_buffer text_;
};

/// Text is written as it comes, and not made of a tree for each event: somebody may ask for
/// thousands of events many times a second.
class TraceEvents {
 public:
  TraceEvents();
  void name_process(std::int64_t pid, std::string_view name);
  /// Tracks are shown in the order in which they were named.
  void name_track(TraceTrack track, std::string_view name);
  void slice(TraceTrack track, std::string_view name, std::uint64_t begin_ns, std::uint64_t end_ns,
             const TraceArgs& args);
  void instant(TraceTrack track, std::string_view name, std::uint64_t at_ns, const TraceArgs& args);
  /// From a slice of one track to one of another: each instant lies in its slice.
  void arrow(TraceTrack from, std::uint64_t from_ns, TraceTrack to, std::uint64_t to_ns);

  /// The whole, once; `about` becomes "otherData".
  [[nodiscard]] std::string finish(const nlohmann::ordered_json& about) &&;

 private:
  void begin(std::string_view phase, TraceTrack track, std::string_view name, std::uint64_t at_ns);
  void end(const TraceArgs& args = {});
  void name(std::string_view what, TraceTrack track, std::string_view name);

  fmt::memory_buffer text_;
  unsigned named_ = 0;
  unsigned arrows_ = 0;
};

}  // namespace takt
