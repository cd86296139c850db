// SPDX-License-Identifier: Apache-2.0
#include "record/perfetto.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "record/host_tracks.h"
#include "record/trace_events.h"

namespace takt {
namespace {

using Json = nlohmann::ordered_json;

bool is_access(RecordKind kind) { return kind == RecordKind::pio || kind == RecordKind::mmio; }

double us(std::uint64_t ns) { return static_cast<double>(ns) / 1000; }

/// A record on the line of time.
struct Slice {
  std::uint64_t begin_ns = 0;
  std::uint64_t end_ns = 0;
  std::uint64_t measured_ns = 0;
  const Record* record = nullptr;
  const Record* queued = nullptr;  // of a job: how it lay before
};

/// In the order of their beginnings, the outer before the inner (which has been recorded first),
/// and nested: an inner one ends where the outer ends.
void nest(std::vector<Slice>& slices) {
  std::ranges::sort(slices, [](const Slice& a, const Slice& b) {
    if (a.begin_ns != b.begin_ns) return a.begin_ns < b.begin_ns;
    return a.end_ns != b.end_ns ? a.end_ns > b.end_ns : a.record > b.record;
  });
  std::vector<std::uint64_t> open;  // ends of those around
  for (Slice& slice : slices) {
    while (!open.empty() && open.back() <= slice.begin_ns) open.pop_back();
    if (!open.empty()) slice.end_ns = std::min(slice.end_ns, open.back());
    open.push_back(slice.end_ns);
  }
}

class Picture {
 public:
  Picture(const VmTrace& trace, const TimeLine& line) : trace_{trace}, line_{line} {}

  std::string draw() {
    events_.name_process(trace_.pid, "takt " + trace_.vm);
    for (const RecordedThread& thread : trace_.threads) lanes_.push_back(lane_of(thread));
    for (const Lane& lane : lanes_) draw(lane);
    HostTracks{events_, trace_}.draw();
    return std::move(events_).finish(about());
  }

 private:
  /// What a thread did, and beside it when it was to wake up: a bell may ring while the thread is
  /// still at work, so these do not nest with the rest.
  struct Lane {
    const RecordedThread& thread;
    std::vector<Slice> done = {};
    std::vector<Slice> wakes = {};
    std::vector<Slice> accesses = {};  // those of done that a vCPU made
  };

  Slice slice_of(const Record& record) const {
    const std::uint64_t begin = line_.ns_at(record.at);
    const std::uint64_t end = line_.ns_at(record.at + record.took);
    return {.begin_ns = begin, .end_ns = end, .measured_ns = end - begin, .record = &record};
  }

  Lane lane_of(const RecordedThread& thread) const {
    Lane lane{.thread = thread};
    std::vector<Slice> queued;
    for (const Record& record : thread.records) {
      const Slice slice = slice_of(record);
      if (slice.end_ns < trace_.from_ns) continue;
      if (record.kind == RecordKind::queued)
        queued.push_back(slice);
      else
        (record.kind == RecordKind::wake ? lane.wakes : lane.done).push_back(slice);
    }
    nest(lane.done);
    nest(lane.wakes);
    for (const Slice& slice : queued) give_to_its_job(slice.end_ns, *slice.record, lane.done);
    std::ranges::copy_if(lane.done, std::back_inserter(lane.accesses),
                         [](const Slice& slice) { return is_access(slice.record->kind); });
    return lane;
  }

  /// The job is what the server began next.
  static void give_to_its_job(std::uint64_t end_ns, const Record& queued,
                              std::vector<Slice>& done) {
    const auto job = std::ranges::lower_bound(done, end_ns, {}, &Slice::begin_ns);
    if (job == done.end() || job->record->kind != RecordKind::job) return;
    if (job->record->device == queued.device) job->queued = &queued;
  }

  void draw(const Lane& lane) {
    const TraceTrack track{trace_.pid, lane.thread.tid};
    const TraceTrack wakes{trace_.pid, HostTracks::most_pids + lane.thread.tid};
    events_.name_track(track, lane.thread.name);
    for (const Slice& slice : lane.done) draw(track, slice);
    if (!lane.wakes.empty()) events_.name_track(wakes, lane.thread.name + " waking up");
    for (const Slice& slice : lane.wakes) draw(wakes, slice);
  }

  [[nodiscard]] std::string name_of(const Record& record) const {
    std::string name{record_kind_name(record.kind)};
    if (is_access(record.kind) || record.width() != 0)
      if (record.kind != RecordKind::irq) name += record.is_write() ? " write" : " read";
    const std::string_view device = trace_.device_name ? trace_.device_name(record.device) : "";
    if (!device.empty()) name += fmt::format(" {}", device);
    return name;
  }

  [[nodiscard]] TraceArgs args_of(const Slice& slice) const {
    const Record& record = *slice.record;
    TraceArgs args;
    if (record.width() != 0) {
      args.add("address", fmt::format("{:#x}", record.address));
      args.add("width", record.width());
    }
    if (slice.measured_ns != slice.end_ns - slice.begin_ns)
      args.add("measured_us", us(slice.measured_ns));
    if (slice.queued != nullptr) {
      args.add("posted_before_us", us(line_.rate().to_ns(slice.queued->took)));
      args.add("jobs_before_it", slice.queued->address);
    }
    return args;
  }

  void draw(TraceTrack track, const Slice& slice) {
    const Record& record = *slice.record;
    if (record.kind == RecordKind::irq)
      events_.instant(
          track, fmt::format("irq {}", record.address), slice.begin_ns,
          {{"gsi", record.address}, {"level", record.detail}, {"took_us", us(slice.measured_ns)}});
    else
      events_.slice(track, name_of(record), slice.begin_ns, slice.end_ns, args_of(slice));
    if (slice.queued != nullptr) draw_way(line_.ns_at(slice.queued->at), track, slice);
  }

  /// An arrow from the vCPU's exit that posted a job at `posted_ns`.
  void draw_way(std::uint64_t posted_ns, TraceTrack track, const Slice& job) {
    for (const Lane& lane : lanes_) {
      const auto after = std::ranges::upper_bound(lane.accesses, posted_ns, {}, &Slice::begin_ns);
      if (after == lane.accesses.begin()) continue;
      const Slice& exit = *std::prev(after);
      if (posted_ns <= exit.end_ns && exit.record->device == job.record->device)
        events_.arrow({trace_.pid, lane.thread.tid}, posted_ns, track, job.begin_ns);
    }
  }

  [[nodiscard]] Json about() const {
    Json threads = Json::array();
    for (const Lane& lane : lanes_) {
      const auto& records = lane.thread.records;
      Json row{{"name", lane.thread.name}, {"records", records.size()}};
      row["from_its_start"] = lane.thread.from_its_start;
      if (!records.empty()) {
        const std::uint64_t first = line_.ns_at(records.front().at);
        row["goes_back_ms"] =
            static_cast<double>(trace_.until_ns > first ? trace_.until_ns - first : 0) / 1e6;
      }
      threads.push_back(std::move(row));
    }
    return {{"vm", trace_.vm},
            {"clock", "CLOCK_MONOTONIC_RAW"},
            {"until_us", us(trace_.until_ns)},
            {"threads", std::move(threads)},
            {"host", HostTracks::about(trace_)}};
  }

  const VmTrace& trace_;
  const TimeLine& line_;
  TraceEvents events_;
  std::vector<Lane> lanes_;
};

}  // namespace

std::string perfetto_json(const VmTrace& trace, const TimeLine& line) {
  return Picture{trace, line}.draw();
}

}  // namespace takt
