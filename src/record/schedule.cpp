// SPDX-License-Identifier: Apache-2.0
#include "record/schedule.h"

#include <algorithm>
#include <charconv>

namespace takt {
namespace {

bool names(const HostEvent& event, std::string_view key, std::int32_t tid) {
  return number_field(event, key) == tid;
}

bool is_switch(const HostEvent& event) { return event.name == "sched_switch"; }
bool is_waking(const HostEvent& event) {
  return event.name == "sched_waking" || event.name == "sched_wakeup";
}

/// The thread's way through ready_times(): asleep, ready since, or running.
class Follower {
 public:
  explicit Follower(std::int32_t tid) : tid_{tid} {}

  void see(const HostEvent& event) {
    if (is_switch(event) && names(event, "next_pid", tid_)) return runs(event);
    if (is_switch(event) && names(event, "prev_pid", tid_)) return leaves(event);
    if (is_waking(event) && names(event, "pid", tid_)) return woken(event);
  }
  [[nodiscard]] std::vector<Ready> take(std::uint64_t until_ns) {
    if (ready_) close(until_ns);
    return std::move(times_);
  }

 private:
  void runs(const HostEvent& event) {
    running_ = true;
    if (!ready_) return;
    ready_->cpu = event.cpu;
    close(event.at_ns);
  }
  /// In state R it still wants to run.
  void leaves(const HostEvent& event) {
    running_ = false;
    ready_.reset();
    if (!event.field("prev_state").starts_with('R')) return;
    ready_ = {.span = {.from_ns = event.at_ns}, .cpu = event.cpu, .preempted = true};
  }
  void woken(const HostEvent& event) {
    if (running_ || ready_) return;
    const auto cpu = number_field(event, "target_cpu");
    ready_ = {.span = {.from_ns = event.at_ns},
              .cpu = cpu && *cpu >= 0 ? static_cast<std::uint32_t>(*cpu) : event.cpu};
  }
  void close(std::uint64_t at_ns) {
    ready_->span.until_ns = at_ns;
    times_.push_back(*ready_);
    ready_.reset();
  }

  std::int32_t tid_;
  bool running_ = false;
  std::optional<Ready> ready_;
  std::vector<Ready> times_;
};

void add(std::vector<Ran>& all, const Ran& ran) {
  const auto it = std::ranges::find(all, ran.tid, &Ran::tid);
  if (it == all.end())
    all.push_back(ran);
  else
    it->ns += ran.ns;
}

/// One side of a switch, "prev_" or "next_", which had the CPU for `ns`.
Ran side(const HostEvent& event, const std::string& which, std::uint64_t ns) {
  return {.tid = static_cast<std::int32_t>(number_field(event, which + "pid").value_or(-1)),
          .thread = std::string{event.field(which + "comm")},
          .prio = static_cast<int>(number_field(event, which + "prio").value_or(0)),
          .ns = ns};
}

constexpr std::string_view entry_suffix = "_entry";

/// "irq_handler" of irq_handler_entry; "" for what is no interrupt's begin.
std::string_view interrupt_kind(std::string_view event) {
  if (!event.ends_with(entry_suffix)) return "";
  event.remove_suffix(entry_suffix.size());
  const bool known = event == "irq_handler" || event == "softirq" || event == "local_timer";
  return known ? event : "";
}

InterruptTime interrupt_of(const HostEvent& entry, std::uint64_t ns) {
  const std::string_view kind = interrupt_kind(entry.name);
  InterruptTime interrupt{.count = 1, .ns = ns};
  if (kind == "local_timer") {
    interrupt.name = "local timer";
  } else if (kind == "softirq") {
    const std::string_view action = entry.details;  // vec=3 [action=NET_RX]
    const std::size_t at = action.find("action=");
    std::string_view name = at == action.npos ? "" : action.substr(at + 7);
    interrupt.name = std::string{"softirq "} + std::string{name.substr(0, name.find(']'))};
  } else {
    interrupt.name = entry.field("name");
    interrupt.irq = entry.field("irq");
  }
  return interrupt;
}

void add(std::vector<InterruptTime>& all, InterruptTime interrupt) {
  const auto it = std::ranges::find_if(all, [&](const InterruptTime& other) {
    return other.name == interrupt.name && other.irq == interrupt.irq;
  });
  if (it == all.end()) {
    all.push_back(std::move(interrupt));
    return;
  }
  it->count += interrupt.count;
  it->ns += interrupt.ns;
}

}  // namespace

std::optional<std::int64_t> number_field(const HostEvent& event, std::string_view key) {
  const std::string_view text = event.field(key);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<Ready> ready_times(std::span<const HostEvent> events, std::int32_t tid,
                               std::uint64_t until_ns) {
  Follower thread{tid};
  for (const HostEvent& event : events) thread.see(event);
  return thread.take(until_ns);
}

/// Each switch ends the time of the thread that it switches away from.
std::vector<Ran> ran_on(std::span<const HostEvent> events, std::uint32_t cpu, Span span) {
  std::vector<Ran> all;
  std::uint64_t since = 0;
  const HostEvent* last = nullptr;
  for (const HostEvent& event : events) {
    if (!is_switch(event) || event.cpu != cpu) continue;
    const Span ran = span.cut({since, event.at_ns});
    if (ran.ns() != 0) add(all, side(event, "prev_", ran.ns()));
    since = event.at_ns;
    last = &event;
  }
  if (last == nullptr) return all;
  const Span rest = span.cut({since, span.until_ns});
  if (rest.ns() != 0) add(all, side(*last, "next_", rest.ns()));
  return all;
}

std::optional<std::uint32_t> cpu_of(std::span<const HostEvent> events, std::int32_t tid,
                                    std::uint64_t at_ns) {
  std::optional<std::uint32_t> cpu;
  for (const HostEvent& event : events) {
    if (event.at_ns > at_ns && cpu) break;
    const bool ran = event.tid == tid || (is_switch(event) && names(event, "next_pid", tid));
    if (ran) cpu = event.cpu;
  }
  return cpu;
}

std::vector<InterruptTime> interrupts_on(std::span<const HostEvent> events, std::uint32_t cpu,
                                         Span span) {
  std::vector<InterruptTime> all;
  std::vector<const HostEvent*> open;  // they nest: a hard one in a soft one
  for (const HostEvent& event : events) {
    if (event.cpu != cpu) continue;
    if (!interrupt_kind(event.name).empty()) open.push_back(&event);
    if (open.empty() || !event.name.ends_with("_exit")) continue;
    const std::string_view kind = interrupt_kind(open.back()->name);
    if (event.name.substr(0, event.name.size() - 5) != kind) continue;
    const Span taken = span.cut({open.back()->at_ns, event.at_ns});
    if (taken.ns() != 0) add(all, interrupt_of(*open.back(), taken.ns()));
    open.pop_back();
  }
  return all;
}

}  // namespace takt
