// SPDX-License-Identifier: Apache-2.0
#include "vm/statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "host/host_files.h"
#include "vm/devices.h"

namespace takt {
namespace {

constexpr std::size_t most_of_a_file = 4096;

std::uint64_t to_count(std::string_view word) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(parse_number(word).value_or(0), 0));
}

std::uint64_t word_at(const std::vector<std::string_view>& words, std::size_t n) {
  return n < words.size() ? to_count(words[n]) : 0;
}

std::uint64_t status_value(std::string_view status, std::string_view key) {
  for (const std::string_view line : lines_of(status))
    if (line.starts_with(key)) return to_count(trimmed(line.substr(key.size())));
  return 0;
}

std::optional<Record> find_record(std::span<const Record> records, std::uint64_t at) {
  const auto it = std::ranges::find(records, at, &Record::at);
  if (it == records.end()) return std::nullopt;
  return *it;
}

}  // namespace

ThreadCounts parse_thread_counts(std::string_view schedstat, std::string_view stat,
                                 std::string_view status) {
  const auto delays = words_of(schedstat);
  // The name in parentheses may hold anything; what follows the last one starts with field 3.
  const std::size_t end = stat.rfind(')');
  const auto fields = words_of(end == std::string_view::npos ? "" : stat.substr(end + 1));
  return {.run_ns = word_at(delays, 0),
          .run_delay_ns = word_at(delays, 1),
          .voluntary_switches = status_value(status, "voluntary_ctxt_switches:"),
          .involuntary_switches = status_value(status, "nonvoluntary_ctxt_switches:"),
          .minor_faults = word_at(fields, 10 - 3),
          .major_faults = word_at(fields, 12 - 3),
          .last_cpu = fields.size() > 39 - 3 ? static_cast<int>(word_at(fields, 39 - 3)) : -1};
}

Result<ThreadStatistics> thread_statistics(pid_t tid) {
  TRY(EffectiveThread effective, effective_thread(tid));
  const HostFiles host;
  const auto text = [&](std::string_view file) {
    return host.read(fmt::format("proc/self/task/{}/{}", tid, file), most_of_a_file).value_or("");
  };
  return ThreadStatistics{
      .effective = std::move(effective),
      .counts = parse_thread_counts(text("schedstat"), text("stat"), text("status"))};
}

TrackStatistics track_statistics(const std::string& name, const ThreadRecorder& recorder,
                                 const VmConfig& config) {
  TrackStatistics track{.name = name, .kinds = {}};
  const std::vector<Record> remembered = recorder.last();
  const DeviceNames names{config};
  const auto add = [&](std::vector<RecordStatistics>& to, std::string_view what,
                       const HistogramCopy& took) {
    if (took.samples() == 0) return;
    const auto slowest = find_record(remembered, took.max_at);
    to.push_back({what, took, slowest, slowest ? names(slowest->device) : ""});
  };
  for (std::size_t n = 0; n < record_kinds; ++n) {
    const auto kind = static_cast<RecordKind>(n);
    add(track.kinds, record_kind_name(kind), recorder.of(kind));
  }
  for (std::size_t n = 1; n <= recorder.devices(); ++n) {
    const DeviceId id{static_cast<std::uint16_t>(n)};
    add(track.devices, names(id), recorder.of(id));
  }
  return track;
}

}  // namespace takt
