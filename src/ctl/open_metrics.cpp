// SPDX-License-Identifier: Apache-2.0
#include "ctl/open_metrics.h"

#include <fmt/format.h>

#include <iterator>

namespace takt::ctl {
namespace {

constexpr unsigned first_bound_bits = 8;  // 256 ns
constexpr unsigned last_bound_bits = 34;  // 17 s

class Text {
 public:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    text_ += '\n';
  }
  void family(std::string_view name, std::string_view type, std::string_view unit,
              std::string_view help) {
    line("# TYPE {} {}", name, type);
    if (!unit.empty()) line("# UNIT {} {}", name, unit);
    line("# HELP {} {}", name, help);
  }
  std::string take() && { return std::move(text_); }

 private:
  std::string text_;
};

/// OpenMetrics 1.0.0, escaped-char. A program may call its threads what it likes.
std::string label(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    text += c == '\n' ? ' ' : c;
  }
  return text;
}

double seconds(std::uint64_t ns) { return static_cast<double>(ns) / 1e9; }

/// How many of `took` are in buckets that end at or below `ns`.
std::uint64_t samples_up_to(const HistogramCopy& took, CycleRate rate, std::uint64_t ns) {
  std::uint64_t sum = 0;
  for (std::size_t n = 0; n < took.counts.size(); ++n) {
    if (rate.to_ns(HistogramBuckets::least(n + 1) - 1) > ns) break;
    sum += took.counts[n];
  }
  return sum;
}

/// One thread's histogram of one kind; `thread` is the word for what it is.
void write_records(Text& text, const Statistics& all, std::string_view thread,
                   const TrackStatistics& track, const RecordStatistics& records) {
  constexpr std::string_view name = "takt_duration_seconds";
  const std::string labels =
      fmt::format(R"(vm="{}",{}="{}",kind="{}")", all.name, thread, track.name, records.name);
  for (unsigned bits = first_bound_bits; bits <= last_bound_bits; ++bits) {
    const std::uint64_t ns = std::uint64_t{1} << bits;
    text.line(R"({}_bucket{{{},le="{}"}} {})", name, labels, seconds(ns),
              samples_up_to(records.took, all.rate, ns));
  }
  text.line(R"({}_bucket{{{},le="+Inf"}} {})", name, labels, records.took.samples());
}

void write_maximum(Text& text, const Statistics& all, std::string_view thread,
                   const TrackStatistics& track, const RecordStatistics& records) {
  text.line(R"(takt_duration_max_seconds{{vm="{}",{}="{}",kind="{}"}} {})", all.name, thread,
            track.name, records.name, seconds(all.rate.to_ns(records.took.max)));
}

/// Calls `write` for what each vCPU and each server recorded.
template <class Write>
void for_each_kind(Text& text, const Statistics& all, Write write) {
  for (const TrackStatistics& vcpu : all.vcpus)
    for (const RecordStatistics& kind : vcpu.kinds) write(text, all, "vcpu", vcpu, kind);
  for (const TrackStatistics& server : all.servers)
    for (const RecordStatistics& kind : server.kinds) write(text, all, "server", server, kind);
}

void write_durations(Text& text, const Statistics& all) {
  text.family("takt_duration_seconds", "histogram", "seconds",
              "A vCPU's exits, from KVM_RUN's return until the guest could go on; a server's jobs "
              "and wake-ups.");
  for_each_kind(text, all, write_records);
  text.family("takt_duration_max_seconds", "gauge", "seconds", "The longest so far.");
  for_each_kind(text, all, write_maximum);
}

/// What the devices on the bus count of themselves.
void write_services(Text& text, const Statistics& all) {
  if (all.services.empty()) return;
  text.family("takt_device_service_seconds", "histogram", "seconds",
              "A network card's frames from arrival to interrupt and from doorbell to wire; a "
              "disk's requests.");
  for (const ServiceStatistics& service : all.services) {
    const std::string labels =
        fmt::format(R"(vm="{}",device="{}",what="{}")", all.name, service.device, service.what);
    for (unsigned bits = first_bound_bits; bits <= last_bound_bits; ++bits) {
      const std::uint64_t ns = std::uint64_t{1} << bits;
      text.line(R"(takt_device_service_seconds_bucket{{{},le="{}"}} {})", labels, seconds(ns),
                samples_up_to(service.took, all.rate, ns));
    }
    text.line(R"(takt_device_service_seconds_bucket{{{},le="+Inf"}} {})", labels,
              service.took.samples());
  }
  text.family("takt_device_service_max_seconds", "gauge", "seconds", "The longest so far.");
  for (const ServiceStatistics& service : all.services)
    text.line(R"(takt_device_service_max_seconds{{vm="{}",device="{}",what="{}"}} {})", all.name,
              service.device, service.what, seconds(all.rate.to_ns(service.took.max)));
}

struct ThreadMetric {
  std::string_view name;
  std::string_view unit;
  std::string_view help;
  std::uint64_t ThreadCounts::* count;
};

constexpr ThreadMetric thread_metrics[] = {
    {"takt_thread_run_seconds", "seconds", "Time on a CPU.", &ThreadCounts::run_ns},
    {"takt_thread_run_delay_seconds", "seconds", "Time runnable, waiting for a CPU.",
     &ThreadCounts::run_delay_ns},
    {"takt_thread_voluntary_switches", "", "Context switches.", &ThreadCounts::voluntary_switches},
    {"takt_thread_involuntary_switches", "", "Preemptions.", &ThreadCounts::involuntary_switches},
    {"takt_thread_minor_faults", "", "Page faults without I/O.", &ThreadCounts::minor_faults},
    {"takt_thread_major_faults", "", "Page faults with I/O.", &ThreadCounts::major_faults},
};

void write_threads(Text& text, const Statistics& all) {
  for (const ThreadMetric& metric : thread_metrics) {
    text.family(metric.name, "counter", metric.unit, metric.help);
    for (const ThreadStatistics& thread : all.threads) {
      const std::uint64_t count = thread.counts.*metric.count;
      text.line(R"({}_total{{vm="{}",thread="{}"}} {})", metric.name, all.name,
                label(thread.effective.name),
                metric.unit.empty() ? fmt::format("{}", count) : fmt::format("{}", seconds(count)));
    }
  }
}

void write_vm(Text& text, const Statistics& all) {
  text.family("takt_vm_paused", "gauge", "", "1 while the VM is paused.");
  text.line(R"(takt_vm_paused{{vm="{}"}} {})", all.name, all.state == "paused" ? 1 : 0);
  text.family("takt_unclaimed_accesses", "counter", "", "Guest accesses to where no device is.");
  text.line(R"(takt_unclaimed_accesses_total{{vm="{}",bus="pio"}} {})", all.name,
            all.unclaimed_pio);
  text.line(R"(takt_unclaimed_accesses_total{{vm="{}",bus="mmio"}} {})", all.name,
            all.unclaimed_mmio);
}

void write_back_pressure(Text& text, const Statistics& all) {
  text.family("takt_back_pressure", "counter", "", "Posted writes that found their ring full.");
  text.line(R"(takt_back_pressure_total{{vm="{}"}} {})", all.name, all.back_pressure);
}

}  // namespace

std::string to_open_metrics(const Statistics& all) {
  Text text;
  write_vm(text, all);
  write_durations(text, all);
  write_services(text, all);
  write_threads(text, all);
  write_back_pressure(text, all);
  text.line("# EOF");
  return std::move(text).take();
}

}  // namespace takt::ctl
