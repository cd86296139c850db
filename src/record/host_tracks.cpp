// SPDX-License-Identifier: Apache-2.0
#include "record/host_tracks.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "record/perfetto.h"

namespace takt {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t host_pid = 3 * HostTracks::most_pids;

TraceTrack thread_track(std::uint32_t cpu) { return {host_pid, std::int64_t{cpu} * 3 + 1}; }
TraceTrack irq_track(std::uint32_t cpu) { return {host_pid, std::int64_t{cpu} * 3 + 2}; }
TraceTrack softirq_track(std::uint32_t cpu) { return {host_pid, std::int64_t{cpu} * 3 + 3}; }

/// TIMER of "vec=1 [action=TIMER]".
std::string_view action_of(const HostEvent& softirq) {
  const std::string_view action = softirq.field("[action");
  return action.substr(0, action.find(']'));
}

/// The newest events from `from_ns` on.
std::span<const HostEvent> drawn_of(const VmTrace& trace) {
  const auto first = std::ranges::lower_bound(trace.host, trace.from_ns, {}, &HostEvent::at_ns);
  const std::span<const HostEvent> all{first, trace.host.end()};
  return all.last(std::min(all.size(), HostTracks::most_events));
}

}  // namespace

HostTracks::HostTracks(TraceEvents& events, const VmTrace& trace)
    : events_{events}, trace_{trace}, drawn_{drawn_of(trace)} {
  for (const RecordedThread& thread : trace.threads) in_guest_since_[thread.tid] = 0;
  for (const HostEvent& event : drawn_) cpus_.try_emplace(event.cpu, Cpu{.seen_ns = event.at_ns});
}

void HostTracks::draw() {
  if (drawn_.empty()) return;
  name_tracks();
  for (const HostEvent& event : drawn_) draw(event);
  draw_what_still_runs();
}

void HostTracks::name_tracks() {
  for (const RecordedThread& thread : trace_.threads) {
    const auto is_its = [&](const HostEvent& event) {
      return event.tid == thread.tid && event.name == "kvm_entry";
    };
    if (std::ranges::any_of(drawn_, is_its))
      events_.name_track({trace_.pid, 2 * most_pids + thread.tid}, thread.name + " in the guest");
  }
  events_.name_process(host_pid, "host");
  for (const auto& [number, cpu] : cpus_) {
    events_.name_track(thread_track(number), fmt::format("CPU {}", number));
    events_.name_track(irq_track(number), fmt::format("CPU {} interrupts", number));
    events_.name_track(softirq_track(number), fmt::format("CPU {} softirqs", number));
  }
}

void HostTracks::draw(const HostEvent& event) {
  Cpu& cpu = cpus_[event.cpu];
  if (event.name == "sched_switch") return draw_switch(event, cpu);
  if (event.name == "kvm_entry" || event.name == "kvm_exit") return draw_guest(event);
  if (event.name == "irq_handler_entry")
    return begin(cpu.irq, event, fmt::format("irq {} {}", event.field("irq"), event.field("name")));
  if (event.name == "local_timer_entry") return begin(cpu.irq, event, "local timer");
  if (event.name == "softirq_entry")
    return begin(cpu.softirq, event, fmt::format("softirq {}", action_of(event)));
  if (event.name == "irq_handler_exit" || event.name == "local_timer_exit")
    return end(cpu.irq, irq_track(event.cpu), event);
  if (event.name == "softirq_exit") return end(cpu.softirq, softirq_track(event.cpu), event);
  events_.instant(thread_track(event.cpu), event.name, event.at_ns,
                  {{"thread", event.thread}, {"details", event.details}});
}

/// Who ran up to now; an idle CPU is a gap.
void HostTracks::draw_switch(const HostEvent& event, Cpu& cpu) {
  if (event.field("prev_pid") != "0")
    events_.slice(thread_track(event.cpu), event.field("prev_comm"), cpu.seen_ns, event.at_ns,
                  {{"tid", event.field("prev_pid")},
                   {"prio", event.field("prev_prio")},
                   {"left", event.field("prev_state")}});
  cpu.seen_ns = event.at_ns;
  cpu.runs = event.field("next_pid") == "0" ? "" : event.field("next_comm");
}

void HostTracks::draw_guest(const HostEvent& event) {
  const auto since = in_guest_since_.find(event.tid);
  if (since == in_guest_since_.end()) return;
  if (event.name == "kvm_exit" && since->second != 0)
    events_.slice({trace_.pid, 2 * most_pids + event.tid}, "guest", since->second, event.at_ns,
                  {{"cpu", event.cpu}, {"exit", event.details}});
  since->second = event.name == "kvm_entry" ? event.at_ns : 0;
}

void HostTracks::begin(std::optional<Open>& open, const HostEvent& event, std::string_view name) {
  open = Open{.since_ns = event.at_ns, .name = std::string{name}, .details = event.details};
}

/// What began before the first event that is left is not drawn.
void HostTracks::end(std::optional<Open>& open, TraceTrack track, const HostEvent& event) {
  if (open)
    events_.slice(track, open->name, open->since_ns, event.at_ns,
                  {{"over", event.thread}, {"details", open->details}});
  open.reset();
}

void HostTracks::draw_what_still_runs() {
  const std::uint64_t last = drawn_.back().at_ns;
  for (const auto& [number, cpu] : cpus_)
    if (!cpu.runs.empty())
      events_.slice(thread_track(number), cpu.runs, cpu.seen_ns, last, {{"left", "runs"}});
}

Json HostTracks::about(const VmTrace& trace) {
  if (!trace.host_missing.empty()) return {{"missing", trace.host_missing}};
  const auto drawn = drawn_of(trace);
  Json json{{"events", drawn.size()}};
  if (!drawn.empty() && trace.until_ns > drawn.front().at_ns)
    json["goes_back_ms"] = static_cast<double>(trace.until_ns - drawn.front().at_ns) / 1e6;
  return json;
}

}  // namespace takt
