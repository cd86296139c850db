// SPDX-License-Identifier: Apache-2.0
#include "record/perfetto.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "record/host_tracks.h"
#include "record/trace_text.h"

namespace takt {
namespace {

using Json = nlohmann::ordered_json;

constexpr TimeLine nanoseconds{0, 0, CycleRate{1'000'000'000}};  // a cycle is one
constexpr DeviceId uart{1};
constexpr pid_t vcpu0 = 11;
constexpr pid_t console = 12;

VmTrace trace_of(std::vector<Record> vcpu_records, std::vector<Record> server_records = {}) {
  return {.vm = "test",
          .pid = 10,
          .until_ns = 1'000'000,
          .threads = {{.name = "vcpu0", .tid = vcpu0, .records = std::move(vcpu_records)},
                      {.name = "console", .tid = console, .records = std::move(server_records)}},
          .device_name = [](DeviceId id) -> std::string_view { return id == uart ? "uart" : ""; }};
}

Json drawn(const VmTrace& trace) { return Json::parse(perfetto_json(trace, nanoseconds)); }

/// The events of one kind on one track.
std::vector<Json> events_of(const Json& json, const std::string& phase, std::int64_t tid) {
  std::vector<Json> found;
  for (const Json& event : json["traceEvents"])
    if (event["ph"] == phase && event["tid"] == tid) found.push_back(event);
  return found;
}

TEST(Perfetto, AnExitIsASliceWithItsDeviceAndAddress) {
  const Json json = drawn(trace_of({{.at = 5000,
                                     .address = 0x3f8,
                                     .took = 2500,
                                     .kind = RecordKind::pio,
                                     .detail = access_detail(1, true),
                                     .device = uart}}));
  const auto slices = events_of(json, "X", vcpu0);
  ASSERT_EQ(slices.size(), 1u);
  EXPECT_EQ(slices[0]["name"], "pio write uart");
  EXPECT_EQ(slices[0]["ts"], 5.0);
  EXPECT_EQ(slices[0]["dur"], 2.5);
  EXPECT_EQ(slices[0]["pid"], 10);
  EXPECT_EQ(slices[0]["args"]["address"], "0x3f8");
  EXPECT_EQ(slices[0]["args"]["width"], 1);
}

TEST(Perfetto, TracksHaveTheNamesOfTheThreads) {
  const Json json = drawn(trace_of({}));
  const auto names = events_of(json, "M", vcpu0);
  ASSERT_EQ(names.size(), 2u);
  EXPECT_EQ(names[0]["name"], "thread_name");
  EXPECT_EQ(names[0]["args"]["name"], "vcpu0");
  EXPECT_EQ(names[1]["name"], "thread_sort_index");
}

/// A wait is put before the exit that it is a part of.
TEST(Perfetto, TheOuterSliceComesFirst) {
  const Json json =
      drawn(trace_of({{.at = 110, .took = 50, .kind = RecordKind::wait, .device = uart},
                      {.at = 100, .took = 100, .kind = RecordKind::mmio, .device = uart}}));
  const auto slices = events_of(json, "X", vcpu0);
  ASSERT_EQ(slices.size(), 2u);
  EXPECT_EQ(slices[0]["name"], "mmio read uart");
  EXPECT_EQ(slices[1]["name"], "wait uart");
}

TEST(Perfetto, APartThatIsLongerThanTheWholeIsCutAndSaysSo) {
  const Json json =
      drawn(trace_of({{.at = 110, .took = 120, .kind = RecordKind::wait, .device = uart},
                      {.at = 100, .took = 100, .kind = RecordKind::mmio, .device = uart}}));
  const auto slices = events_of(json, "X", vcpu0);
  ASSERT_EQ(slices.size(), 2u);
  EXPECT_EQ(slices[1]["dur"], 0.09);
  EXPECT_EQ(slices[1]["args"]["measured_us"], 0.12);
  EXPECT_FALSE(slices[0].contains("args") && slices[0]["args"].contains("measured_us"));
}

TEST(Perfetto, AnInterruptLineIsAnInstant) {
  const Json json = drawn(
      trace_of({{.at = 100, .address = 4, .took = 30, .kind = RecordKind::irq, .detail = 1}}));
  const auto instants = events_of(json, "i", vcpu0);
  ASSERT_EQ(instants.size(), 1u);
  EXPECT_EQ(instants[0]["name"], "irq 4");
  EXPECT_EQ(instants[0]["s"], "t");
  EXPECT_EQ(instants[0]["args"]["level"], 1);
  EXPECT_EQ(instants[0]["args"]["took_us"], 0.03);
}

/// A bell may ring while the server works: on the same track the two would overlap.
TEST(Perfetto, AWakeUpHasATrackOfItsOwn) {
  const Json json =
      drawn(trace_of({}, {{.at = 100, .took = 100, .kind = RecordKind::job, .device = uart},
                          {.at = 150, .took = 100, .kind = RecordKind::wake}}));
  EXPECT_EQ(events_of(json, "X", console).size(), 1u);
  const auto wakes = events_of(json, "X", HostTracks::most_pids + console);
  ASSERT_EQ(wakes.size(), 1u);
  EXPECT_EQ(wakes[0]["dur"], 0.1);
}

TEST(Perfetto, AnArrowLeadsFromTheExitToTheJobThatItPosted) {
  const Json json = drawn(
      trace_of({{.at = 90, .took = 5, .kind = RecordKind::mmio, .device = uart},
                {.at = 100, .took = 50, .kind = RecordKind::mmio, .device = uart},
                {.at = 190, .took = 20, .kind = RecordKind::mmio, .device = DeviceId{2}}},
               {{.at = 120, .address = 3, .took = 80, .kind = RecordKind::queued, .device = uart},
                {.at = 201,
                 .took = 10,
                 .kind = RecordKind::job,
                 .detail = access_detail(4, true),
                 .device = uart},
                {.at = 200, .took = 10, .kind = RecordKind::queued, .device = uart},
                {.at = 212,
                 .took = 10,
                 .kind = RecordKind::job,
                 .detail = access_detail(4, true),
                 .device = uart}}));
  const auto begins = events_of(json, "s", vcpu0);
  const auto ends = events_of(json, "f", console);
  ASSERT_EQ(begins.size(), 1u) << "the second was posted in no exit for its device";
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(begins[0]["ts"], 0.12);
  EXPECT_EQ(ends[0]["ts"], 0.201);
  EXPECT_EQ(ends[0]["bp"], "e");
  EXPECT_EQ(begins[0]["id"], ends[0]["id"]);
  const auto jobs = events_of(json, "X", console);
  ASSERT_EQ(jobs.size(), 2u);
  EXPECT_EQ(jobs[0]["args"]["posted_before_us"], 0.08);
  EXPECT_EQ(jobs[0]["args"]["jobs_before_it"], 3);
}

TEST(Perfetto, WhatEndedBeforeTheWindowIsLeftOut) {
  VmTrace trace = trace_of({{.at = 100, .took = 50, .kind = RecordKind::mmio},
                            {.at = 200, .took = 50, .kind = RecordKind::mmio}});
  trace.from_ns = 240;
  trace.host = parse_trace("  a-1       [000] d..2.     0.000000: kvm_set_irq: gsi 4\n");
  const Json json = drawn(trace);
  EXPECT_EQ(events_of(json, "X", vcpu0).size(), 1u);
  EXPECT_EQ(json["otherData"]["host"]["events"], 0);
}

TEST(Perfetto, TellsHowFarBackEachThreadGoes) {
  VmTrace trace = trace_of({{.at = 400'000, .kind = RecordKind::mmio}});
  trace.threads[0].from_its_start = true;
  trace.host_missing = "not permitted";
  const Json about = drawn(trace)["otherData"];
  EXPECT_EQ(about["vm"], "test");
  EXPECT_EQ(about["threads"][0]["goes_back_ms"], 0.6);
  EXPECT_EQ(about["threads"][0]["from_its_start"], true);
  EXPECT_FALSE(about["threads"][1].contains("goes_back_ms"));
  EXPECT_EQ(about["host"]["missing"], "not permitted");
}

TEST(Perfetto, ThreadsOfTheHostAreSlicesOnTheirCpu) {
  VmTrace trace = trace_of({});
  trace.host = parse_trace(
      "  a-1   [001] d..2. 0.000010: sched_waking: comm=vcpu0 pid=11 prio=19 target_cpu=001\n"
      "  a-1   [001] d..2. 0.000020: sched_switch: prev_comm=a b prev_pid=1 prev_prio=120 "
      "prev_state=S ==> next_comm=vcpu0 next_pid=11 next_prio=19\n"
      "  vcpu0-11 [001] d..2. 0.000050: sched_switch: prev_comm=vcpu0 prev_pid=11 prev_prio=19 "
      "prev_state=S ==> next_comm=swapper/1 next_pid=0 next_prio=120\n"
      "  <idle>-0 [001] d..2. 0.000070: sched_switch: prev_comm=swapper/1 prev_pid=0 prev_prio=120 "
      "prev_state=R ==> next_comm=c next_pid=3 next_prio=120\n"
      "  c-3   [001] d..2. 0.000090: page_fault_user: address=0x1 ip=0x2 error_code=0x14\n");
  const Json json = drawn(trace);
  const std::int64_t cpu1 = 4;
  const auto slices = events_of(json, "X", cpu1);
  ASSERT_EQ(slices.size(), 3u) << json.dump(1);
  EXPECT_EQ(slices[0]["name"], "a b");
  EXPECT_EQ(slices[0]["ts"], 10.0);
  EXPECT_EQ(slices[1]["name"], "vcpu0");
  EXPECT_EQ(slices[1]["ts"], 20.0);
  EXPECT_EQ(slices[1]["dur"], 30.0);
  EXPECT_EQ(slices[1]["args"]["prio"], "19");
  EXPECT_EQ(slices[2]["name"], "c");
  EXPECT_EQ(slices[2]["dur"], 20.0) << "it ran until the last event";
  EXPECT_EQ(events_of(json, "i", cpu1).size(), 2u);
}

TEST(Perfetto, InterruptsOfTheHostAreSlices) {
  VmTrace trace = trace_of({});
  trace.host = parse_trace(
      "  a-1   [000] d.h1. 0.000005: irq_handler_exit: irq=9 ret=handled\n"
      "  a-1   [000] d.h1. 0.000010: irq_handler_entry: irq=2 name=IPI\n"
      "  a-1   [000] d.h1. 0.000012: irq_handler_exit: irq=2 ret=handled\n"
      "  a-1   [000] d.h1. 0.000020: local_timer_entry: vector=236\n"
      "  a-1   [000] d.h1. 0.000023: local_timer_exit: vector=236\n"
      "  k-2   [000] ..s.2 0.000024: softirq_entry: vec=1 [action=TIMER]\n"
      "  k-2   [000] ..s.2 0.000029: softirq_exit: vec=1 [action=TIMER]\n");
  const Json json = drawn(trace);
  const auto irqs = events_of(json, "X", 2);
  ASSERT_EQ(irqs.size(), 2u);
  EXPECT_EQ(irqs[0]["name"], "irq 2 IPI");
  EXPECT_EQ(irqs[0]["dur"], 2.0);
  EXPECT_EQ(irqs[1]["name"], "local timer");
  const auto softirqs = events_of(json, "X", 3);
  ASSERT_EQ(softirqs.size(), 1u);
  EXPECT_EQ(softirqs[0]["name"], "softirq TIMER");
}

TEST(Perfetto, OurVcpusTimesInTheGuestAreSlices) {
  VmTrace trace = trace_of({});
  trace.host = parse_trace(
      "  vcpu0-11 [001] d..2. 0.000010: kvm_entry: vcpu 0, rip 0x1\n"
      "  other-77 [000] d..2. 0.000011: kvm_entry: vcpu 0, rip 0x1\n"
      "  vcpu0-11 [001] d..2. 0.000030: kvm_exit: vcpu 0 reason npf rip 0x1\n"
      "  other-77 [000] d..2. 0.000032: kvm_exit: vcpu 0 reason npf rip 0x1\n");
  const Json json = drawn(trace);
  const auto slices = events_of(json, "X", 2 * HostTracks::most_pids + vcpu0);
  ASSERT_EQ(slices.size(), 1u);
  EXPECT_EQ(slices[0]["name"], "guest");
  EXPECT_EQ(slices[0]["dur"], 20.0);
  EXPECT_EQ(slices[0]["args"]["exit"], "vcpu 0 reason npf rip 0x1");
  EXPECT_TRUE(events_of(json, "X", 2 * HostTracks::most_pids + 77).empty());
}

TEST(Perfetto, ANameThatIsNoUtf8IsStillJson) {
  VmTrace trace = trace_of({});
  trace.host =
      parse_trace("  \xff\"-1   [000] d..2. 0.000010: sched_waking: comm=\xfe\\ pid=11 prio=19\n");
  EXPECT_EQ(drawn(trace)["otherData"]["host"]["events"], 1);
}

TEST(Perfetto, TheNewestOfTooManyEventsAreDrawn) {
  VmTrace trace = trace_of({});
  trace.host.resize(HostTracks::most_events + 10);
  for (std::size_t n = 0; n < trace.host.size(); ++n) {
    trace.host[n].at_ns = n;
    trace.host[n].name = "irq_handler_exit";  // draws nothing: this is about the choice
  }
  const Json json = drawn(trace);
  EXPECT_EQ(json["otherData"]["host"]["events"], HostTracks::most_events);
  EXPECT_EQ(json["otherData"]["host"]["goes_back_ms"], (1'000'000.0 - 10) / 1e6);
}

}  // namespace
}  // namespace takt
