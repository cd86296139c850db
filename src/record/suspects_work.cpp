// SPDX-License-Identifier: Apache-2.0
// What took the time of a thread that ran, or that waited for another of takt's threads.
#include <fmt/format.h>

#include <algorithm>

#include "record/schedule.h"
#include "record/suspects.h"

namespace takt {
namespace {

bool is_access(const BundleRecord& record) {
  return record.kind == RecordKind::pio || record.kind == RecordKind::mmio ||
         record.kind == RecordKind::job;
}

/// What `record`'s thread was waiting for a server with.
const BundleRecord* longest_wait(const Late& late) {
  const BundleRecord* found = nullptr;
  for (const BundleRecord* record : records_in(late.thread, late.span))
    if (record->kind == RecordKind::wait && (found == nullptr || record->took_ns > found->took_ns))
      found = record;
  return found;
}

bool waited(const BundleThread& thread, Span span) {
  return std::ranges::any_of(records_in(thread, span), [](const BundleRecord* record) {
    return record->kind == RecordKind::wait;
  });
}

struct Jobs {
  const BundleThread* server = nullptr;
  const BundleRecord* longest = nullptr;
  std::uint64_t count = 0;
  std::uint64_t ns = 0;  // within the span
};

/// What servers did for a device in a span.
Jobs jobs_for(const Bundle& bundle, const std::string& device, Span span) {
  Jobs jobs;
  for (const BundleThread& thread : bundle.threads) {
    if (thread.role != ThreadRole::server) continue;
    for (const BundleRecord* record : records_in(thread, span)) {
      if (record->kind != RecordKind::job || record->device != device) continue;
      ++jobs.count;
      jobs.ns += record->span().cut(span).ns();
      if (jobs.longest != nullptr && record->took_ns <= jobs.longest->took_ns) continue;
      jobs.longest = record;
      jobs.server = &thread;
    }
  }
  return jobs;
}

std::string jobs_text(const Jobs& jobs) {
  if (jobs.count == 1)
    return fmt::format("{} took {}", words_for(*jobs.longest), us(jobs.longest->took_ns));
  return fmt::format("{} jobs took {}, the longest {}", jobs.count, us(jobs.ns),
                     us(jobs.longest->took_ns));
}

struct Faults {
  std::uint64_t minor = 0, major = 0;
  std::uint64_t ns = 0;  // what they took, as far as one can tell
  bool exact = false;    // in the span; otherwise counted between two looks
};

/// What a fault costs is nowhere recorded. Without events: little, 0.5 to 2 us for a page that only
/// has to be cleared. With them: until the thread's next event, but not for long.
constexpr std::uint64_t minor_fault_ns = 2'000;
constexpr std::uint64_t longest_minor_fault_ns = 10'000;
constexpr std::uint64_t major_fault_ns = 100'000;

Faults traced_faults(const Late& late) {
  Faults faults{.exact = true};
  const HostEvent* last = nullptr;  // the fault that the thread is in
  const auto end = [&](std::uint64_t at_ns) {
    if (last == nullptr) return;
    faults.ns += std::min(Span{last->at_ns, at_ns}.ns(), longest_minor_fault_ns);
    last = nullptr;
  };
  for (const HostEvent& event : *late.bundle.host_events) {
    if (event.tid != late.thread.tid || !late.span.holds(event.at_ns)) continue;
    end(event.at_ns);
    if (event.name != "page_fault_user") continue;
    last = &event;
    ++faults.minor;
  }
  end(late.span.until_ns);
  return faults;
}

Faults faults_of(const Late& late) {
  Faults faults;
  if (late.bundle.host_events) faults = traced_faults(late);
  if (late.bundle.lately.cut(late.span).ns() == 0) return faults;
  constexpr std::uint64_t most = std::uint64_t{1} << 32;  // of any count that is not nonsense
  faults.major = std::min(late.thread.major_faults, most);
  faults.ns += faults.major * major_fault_ns;
  if (faults.minor != 0) return faults;
  faults.exact = false;
  faults.minor = std::min(late.thread.minor_faults, most);
  faults.ns += faults.minor * minor_fault_ns;
  return faults;
}

}  // namespace

std::optional<Suspect> hard_interrupt(const Late& late) {
  if (!late.bundle.host_events) return std::nullopt;
  const auto& events = *late.bundle.host_events;
  const auto cpu = cpu_of(events, late.thread.tid, late.span.until_ns);
  if (!cpu) return std::nullopt;
  const auto interrupts = interrupts_on(events, *cpu, late.span);
  const auto it = std::ranges::max_element(interrupts, {}, &InterruptTime::ns);
  if (it == interrupts.end()) return std::nullopt;
  Suspect suspect{.cause = Cause::interrupt, .ns = it->ns};
  suspect.text = fmt::format("The interrupt {}{} took CPU {} from {} {} times, for {} together.",
                             it->irq.empty() ? "" : it->irq + " of ", it->name, *cpu,
                             late.thread.name, it->count, us(it->ns));
  suspect.remedy =
      it->irq.empty()
          ? fmt::format("Keep work that raises it off CPU {} (isolcpus=, nohz_full=, takt check).",
                        *cpu)
          : fmt::format(
                "Move it to a CPU without vCPUs: write a list without CPU {} to "
                "/proc/irq/{}/smp_affinity_list.",
                *cpu, it->irq);
  return suspect;
}

std::optional<Suspect> page_faults(const Late& late) {
  const Faults faults = faults_of(late);
  if (faults.minor == 0 && faults.major == 0) return std::nullopt;
  return Suspect{
      .cause = Cause::page_fault,
      .ns = std::min(faults.ns, late.span.ns()),
      .text = fmt::format("{} had {}{} page fault{} {}.", late.thread.name, faults.minor,
                          faults.major == 0 ? "" : fmt::format(" minor and {} major", faults.major),
                          faults.minor + faults.major == 1 ? "" : "s",
                          faults.exact
                              ? "in that time"
                              : fmt::format("within {} around it", us(late.bundle.lately.ns()))),
      .remedy =
          "Lock and touch the memory before the guest starts (--mlock on, --prefault on); what "
          "a job needs is allocated before."};
}

/// Another thread that was in the same device first and left it during our access.
std::optional<Suspect> device_lock(const Late& late) {
  const auto own = records_in(late.thread, late.span);
  const auto mine = std::ranges::find_if(own, [&](const BundleRecord* record) {
    return is_access(*record) && !record->device.empty() && record->span().cut(late.span).ns() != 0;
  });
  if (mine == own.end() || waited(late.thread, late.span)) return std::nullopt;
  std::optional<Suspect> found;
  for (const BundleThread& other : late.bundle.threads) {
    if (other.tid == late.thread.tid) continue;
    for (const BundleRecord* theirs : records_in(other, (*mine)->span())) {
      const bool before = theirs->at_ns <= (*mine)->at_ns;
      if (!is_access(*theirs) || theirs->device != (*mine)->device || !before) continue;
      if (waited(other, theirs->span())) continue;
      const std::uint64_t ns = theirs->span().cut((*mine)->span()).ns();
      if (found && ns <= found->ns) continue;
      found =
          Suspect{.cause = Cause::device_lock,
                  .ns = ns,
                  .text = fmt::format(
                      "{} was in the device {} already and held its lock for {} of that time "
                      "({}, {}).",
                      other.name, theirs->device, us(ns), words_for(*theirs), us(theirs->took_ns)),
                  .remedy = fmt::format(
                      "Let the device's server do its work (--device {}:access=server), or "
                      "keep the other thread's accesses short.",
                      theirs->device)};
    }
  }
  return found;
}

/// The server itself may have been held up: then that is the cause, by way of the server.
std::optional<Suspect> slow_server(const Late& late) {
  const BundleRecord* wait = longest_wait(late);
  if (wait == nullptr) return std::nullopt;
  const Jobs jobs = jobs_for(late.bundle, wait->device, wait->span());
  const std::string begin = fmt::format("{} waited {} for the device {}", late.thread.name,
                                        us(wait->took_ns), wait->device);
  if (jobs.server == nullptr)
    return Suspect{.cause = Cause::slow_device,
                   .ns = wait->took_ns,
                   .text = begin + ", of whose jobs there is no record.",
                   .remedy = "Look at its server's place and priority."};
  const std::string text =
      fmt::format("{}: {} {}.", begin, "its server " + jobs.server->name + " was busy, and its",
                  jobs_text(jobs));
  if (auto behind = worst(own_rules, {late.bundle, *jobs.server, wait->span()}, wait->took_ns)) {
    behind->ns = wait->took_ns;
    behind->text = text + " " + behind->text;
    return behind;
  }
  return Suspect{
      .cause = Cause::slow_device,
      .ns = wait->took_ns,
      .text = text,
      .remedy =
          jobs.count > 1
              ? fmt::format("The server cannot keep up with what the guest posts: its ring was "
                            "full, or the access came after {} others. Give the server {} a "
                            "CPU of its own.",
                            jobs.count - 1, jobs.server->name)
              : fmt::format("Nothing held the server up: the job itself is long. Keep the "
                            "guest from waiting for the device {}, or raise the budget.",
                            wait->device)};
}

}  // namespace takt
