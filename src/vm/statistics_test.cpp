// SPDX-License-Identifier: Apache-2.0
#include "vm/statistics.h"

#include "vm/devices.h"

#include <gtest/gtest.h>

#include <memory>

namespace takt {
namespace {

TEST(ThreadCounts, AreReadFromTheThreeFilesOfProc) {
  const ThreadCounts counts = parse_thread_counts(
      "5000 70 9\n",
      "12 (odd ) name) S 1 1 1 0 -1 4194368 11 0 3 0 6 7 0 0 20 0 5 0 100 0 0 0 0 0 0 0 0 0 0 0 0 "
      "0 "
      "0 0 -1 2 40 1 0 0 0\n",
      "Name:\todd\nvoluntary_ctxt_switches:\t21\nnonvoluntary_ctxt_switches:\t4\n");
  EXPECT_EQ(counts.run_ns, 5000u);
  EXPECT_EQ(counts.run_delay_ns, 70u);
  EXPECT_EQ(counts.minor_faults, 11u);
  EXPECT_EQ(counts.major_faults, 3u);
  EXPECT_EQ(counts.last_cpu, 2);
  EXPECT_EQ(counts.voluntary_switches, 21u);
  EXPECT_EQ(counts.involuntary_switches, 4u);
}

TEST(ThreadCounts, OfAKernelWithoutTheFilesAreZero) {
  const ThreadCounts counts = parse_thread_counts("", "", "");
  EXPECT_EQ(counts.run_delay_ns, 0u);
  EXPECT_EQ(counts.last_cpu, -1);
}

TEST(ThreadStatistics, OfThisThreadSayThatItRan) {
  const auto thread = thread_statistics(current_tid());
  ASSERT_TRUE(thread);
  EXPECT_GT(thread->counts.minor_faults, 0u);
  EXPECT_GE(thread->counts.last_cpu, 0);
}

TEST(TrackStatistics, HoldTheKindsThatOccurredWithTheSlowestAccess) {
  const auto recorder = std::make_unique<ThreadRecorder>(1);
  recorder->put({.at = 100, .address = 0x3f8, .took = 10, .kind = RecordKind::pio});
  recorder->put(
      {.at = 200, .address = 0x80, .took = 60, .kind = RecordKind::pio, .device = DeviceId{1}});
  const VmConfig config;
  const TrackStatistics track = track_statistics("vcpu0", *recorder, config);
  ASSERT_EQ(track.kinds.size(), 1u);
  EXPECT_EQ(track.kinds[0].name, "pio");
  EXPECT_EQ(track.kinds[0].took.max, 60u);
  ASSERT_TRUE(track.kinds[0].slowest);
  EXPECT_EQ(track.kinds[0].slowest->address, 0x80u);
  ASSERT_EQ(track.devices.size(), 1u);
  EXPECT_EQ(track.devices[0].name, device_name(config, DeviceId{1}));
}

}  // namespace
}  // namespace takt
