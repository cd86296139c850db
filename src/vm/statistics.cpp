// SPDX-License-Identifier: Apache-2.0
#include "vm/statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "host/host_files.h"

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

std::optional<ExitRecord> find_record(std::span<const ExitRecord> records, std::uint64_t at) {
  const auto it = std::ranges::find(records, at, &ExitRecord::at);
  if (it == records.end()) return std::nullopt;
  return *it;
}

}  // namespace

std::string_view exit_kind_name(kvm::ExitKind kind) {
  using enum kvm::ExitKind;
  switch (kind) {
    case pio: return "pio";
    case mmio: return "mmio";
    case system_event: return "system_event";
    case odd_access: return "odd_access";
    case interrupted: return "interrupted";
    case hlt: return "hlt";
    case shutdown: return "shutdown";
    case internal_error: return "internal_error";
    case entry_failed: return "entry_failed";
    case run_failed: return "run_failed";
    case unknown: break;
  }
  return "unknown";
}

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

VcpuStatistics vcpu_statistics(const std::string& name, const VcpuRecorder& recorder) {
  VcpuStatistics statistics{.name = name, .exits = {}};
  const std::vector<ExitRecord> remembered = recorder.last_exits();
  for (std::size_t n = 0; n < VcpuRecorder::kinds; ++n) {
    const auto kind = static_cast<kvm::ExitKind>(n);
    const HistogramCopy took = recorder.histogram(kind);
    if (took.samples() == 0) continue;
    statistics.exits.push_back({.kind = exit_kind_name(kind),
                                .took = took,
                                .slowest = find_record(remembered, took.max_at)});
  }
  return statistics;
}

}  // namespace takt
