// SPDX-License-Identifier: Apache-2.0
// How records and durations are said, and the time line.
#include <fmt/format.h>

#include <algorithm>

#include "record/schedule.h"
#include "record/suspects.h"

namespace takt {
namespace {

std::string access_text(const BundleRecord& record) {
  if (record.width == 0) return "event";
  return fmt::format("{} of {} {} at {:#x}", record.write ? "write" : "read", record.width,
                     record.width == 1 ? "byte" : "bytes", record.address);
}

std::string of_device(const BundleRecord& record) {
  return record.device.empty() ? "" : fmt::format(" (device {})", record.device);
}

struct Line {
  std::uint64_t at_ns = 0;
  std::size_t place = 0;  // of those of one instant
  std::string text = {};

  friend auto operator<=>(const Line&, const Line&) = default;
};

void add_records(std::vector<Line>& lines, const BundleThread& thread, Span span) {
  for (const BundleRecord* record : records_in(thread, span))
    lines.push_back(
        {record->at_ns, lines.size(),
         fmt::format("{:<15} {}, {}", thread.name, words_for(*record), us(record->took_ns))});
}

bool is_interesting(const HostEvent& event, const Bundle& bundle) {
  if (event.name == "page_fault_user") return thread_of(bundle, event.tid) != nullptr;
  return event.name.starts_with("sched_") || event.name.starts_with("irq_handler");
}

void add_events(std::vector<Line>& lines, const Bundle& bundle, Span span) {
  if (!bundle.host_events) return;
  const auto cpu = cpu_of(*bundle.host_events, bundle.miss.tid, span.until_ns);
  for (const HostEvent& event : *bundle.host_events)
    if (span.holds(event.at_ns) && is_interesting(event, bundle) && (!cpu || event.cpu == *cpu))
      lines.push_back({event.at_ns, lines.size(),
                       fmt::format("{:<15} cpu {} {}: {}", event.thread, event.cpu, event.name,
                                   event.details)});
}

/// The first and the last ones, and how many are left out between.
std::string joined(const std::vector<Line>& lines, std::uint64_t zero_ns, std::size_t most) {
  std::string text;
  for (std::size_t n = 0; n < lines.size(); ++n) {
    if (lines.size() > most && n == most / 2) {
      text += fmt::format("            ... {} more\n", lines.size() - most);
      n += lines.size() - most;
      if (n >= lines.size()) break;
    }
    const auto since = static_cast<double>(static_cast<std::int64_t>(lines[n].at_ns - zero_ns));
    text += fmt::format("{:>+11.1f} us  {}\n", since / 1000, lines[n].text);
  }
  return text;
}

}  // namespace

std::string us(std::uint64_t ns) { return fmt::format("{}.{} us", ns / 1000, ns % 1000 / 100); }

std::string words_for(const BundleRecord& record) {
  switch (record.kind) {
    case RecordKind::pio: return "port " + access_text(record) + of_device(record);
    case RecordKind::mmio: return "MMIO " + access_text(record) + of_device(record);
    case RecordKind::job:
      return fmt::format("job for device {} ({})", record.device, access_text(record));
    case RecordKind::wait: return "wait for the answer" + of_device(record);
    case RecordKind::wake: return "wake-up";
    case RecordKind::queued:
      return fmt::format("posted write behind {} others{}", record.address, of_device(record));
    case RecordKind::irq: return fmt::format("interrupt line {}", record.address);
    case RecordKind::system_event:
    case RecordKind::odd_access:
    case RecordKind::interrupted:
    case RecordKind::other_exit: break;
  }
  return fmt::format("exit ({})", record_kind_name(record.kind));
}

std::vector<const BundleRecord*> records_in(const BundleThread& thread, Span span) {
  std::vector<const BundleRecord*> found;
  for (const BundleRecord& record : thread.records)
    if (record.at_ns <= span.until_ns && record.span().until_ns >= span.from_ns)
      found.push_back(&record);
  return found;
}

std::string time_line(const Bundle& bundle, std::size_t lines) {
  const Span late = late_span(bundle);
  constexpr std::uint64_t margin_ns = 20'000;
  const Span shown{late.from_ns > margin_ns ? late.from_ns - margin_ns : 0,
                   late.until_ns + margin_ns};
  std::vector<Line> all;
  for (const BundleThread& thread : bundle.threads) add_records(all, thread, shown);
  add_events(all, bundle, shown);
  std::ranges::sort(all);
  return joined(all, late.from_ns, std::max<std::size_t>(lines, 2));
}

}  // namespace takt
