// SPDX-License-Identifier: Apache-2.0
// What a machine did in its last moments, beside what the host did.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <span>
#include <utility>

#include "record/perfetto.h"
#include "vm/devices.h"
#include "vm/machine.h"

namespace takt {
namespace {

RecordedThread recorded(const std::string& name, pid_t tid, const ThreadRecorder& recorder) {
  RecordedThread thread{.name = name, .tid = tid, .records = recorder.last()};
  thread.from_its_start = thread.records.size() < ThreadRecorder::remembered - 1;
  return thread;
}

void add_host(VmTrace& trace, const Ftrace* tracer, const std::string& missing) {
  if (tracer == nullptr) {
    trace.host_missing = missing;
  } else if (auto events = tracer->read(trace.from_ns)) {
    trace.host = std::move(*events);
  } else {
    trace.host_missing = events.error().text;
  }
}

}  // namespace

/// Before there is a VM, so that a wrong name is told at once; what the file holds stays until
/// there is something better.
Result<> Machine::open_trace_file() {
  if (!config_.trace_file) return {};
  auto file = open_file(*config_.trace_file, O_WRONLY | O_CREAT, 0644);
  if (!file) return in_context("trace-file", {file.error().text, Blame::usage});
  trace_file_ = std::move(*file);
  return {};
}

/// With a budget the host's events are worth having, but nobody has to run takt as root for it.
Result<> Machine::start_host_tracer() {
  if (!traces_host(config_)) return {};
  auto tracer = Ftrace::create(config_.name);
  if (tracer) {
    host_tracer_ = std::move(*tracer);
    return {};
  }
  host_tracer_missing_ = tracer.error().text;
  if (config_.trace_host == Switch::automatic) return {};
  return granted(config_, std::unexpected{tracer.error()});
}

std::string Machine::trace(std::uint64_t last_ns) const {
  const TimeLine line = cycle_clock_.line();
  const std::uint64_t now = line.ns_at(cycles());
  VmTrace trace{.vm = config_.name,
                .pid = ::getpid(),
                .from_ns = now > last_ns ? now - last_ns : 0,
                .until_ns = now,
                .device_name = DeviceNames{config_}};
  for (const auto& vcpu : vcpus_)
    trace.threads.push_back(recorded(vcpu->name(), vcpu->tid(), vcpu->recorder()));
  for (const auto& server : servers_.all())
    trace.threads.push_back(recorded(server->name(), server->tid(), server->recorder()));
  add_host(trace, host_tracer_.get(), host_tracer_missing_);
  return perfetto_json(trace, line);
}

/// The VM has ended as it has: that its trace cannot be written does not change that.
void Machine::write_trace_file() const {
  if (!trace_file_) return;
  const std::string json = trace(~std::uint64_t{0});
  (void)!::ftruncate(trace_file_.raw(), 0);  // a pipe has nothing to cut
  if (auto written = write_all(trace_file_, std::as_bytes(std::span{json})); !written)
    say(fmt::format("takt: trace-file {}: {}", *config_.trace_file, written.error().text));
}

}  // namespace takt
