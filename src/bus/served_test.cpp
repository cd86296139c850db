// SPDX-License-Identifier: Apache-2.0
#include "bus/served.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "bus/serialized.h"
#include "bus/test_models.h"
#include "record/thread_recorder.h"

namespace takt {
namespace {

constexpr Access inline_register{.offset = 0x0, .width = Width::b4};
constexpr Access posted_register{.offset = 0x4, .width = Width::b4};
constexpr Access synchronous_register{.offset = 0x8, .width = Width::b4};

/// The test's thread is the server, unless a test starts another.
struct OneServed {
  Notebook notebook;
  CountingBell bell;
  Served served{notebook, DeviceId{1}, bell, 2};
  OneServed() { served.begin(); }

  void post(std::uint64_t value, VcpuId from = {}) {
    Access access = posted_register;
    access.from = from;
    served.write(access, value);
  }
};

TEST(Served, AnInlineReadNeedsNoServer) {
  OneServed t;
  EXPECT_EQ(t.served.read(inline_register), 0u);
  EXPECT_EQ(t.notebook.inline_reads, 1u);
  EXPECT_EQ(t.bell.rung, 0);
  EXPECT_EQ(t.served.work(), Worked::nothing);
}

TEST(Served, APostedWriteIsDoneByTheServerLater) {
  OneServed t;
  t.post(7);
  EXPECT_TRUE(t.notebook.written.empty());
  EXPECT_EQ(t.bell.rung, 1);
  EXPECT_EQ(t.served.work(), Worked::all);
  ASSERT_EQ(t.notebook.written.size(), 1u);
  EXPECT_EQ(t.notebook.written[0].value, 7u);
}

TEST(Served, PostedWritesOfSeveralVcpusAreDoneInTheOrderInWhichTheyWereMade) {
  OneServed t;
  t.post(1, VcpuId{1});
  t.post(2, VcpuId{0});
  t.post(3, VcpuId{1});
  EXPECT_EQ(t.served.work(), Worked::all);
  ASSERT_EQ(t.notebook.written.size(), 3u);
  for (std::uint64_t n = 0; n < 3; ++n) EXPECT_EQ(t.notebook.written[n].value, n + 1);
}

TEST(Served, WorksABoundedAmountInATurn) {
  OneServed t;
  for (unsigned n = 0; n < Served::jobs_in_a_turn + 1; ++n) t.post(n);
  EXPECT_EQ(t.served.work(), Worked::some);
  EXPECT_EQ(t.notebook.written.size(), Served::jobs_in_a_turn);
  EXPECT_EQ(t.served.work(), Worked::all);
}

/// Runs `client` on a thread of its own and serves until it has come to its end.
void serve_while(Served& served, auto client) {
  std::atomic<bool> over = false;
  std::thread thread{[&] {
    client();
    over = true;
  }};
  while (!over) served.work();
  thread.join();
}

TEST(Served, ASynchronousReadSeesThePostedWritesBeforeIt) {
  OneServed t;
  std::uint64_t seen = 0;
  serve_while(t.served, [&] {
    for (int n = 0; n < 5; ++n) t.post(1);
    seen = t.served.read(synchronous_register);
  });
  EXPECT_EQ(seen, 5u);
}

TEST(Served, AFullRingIsWaitedForAndCountedAndNothingIsLost) {
  OneServed t;
  constexpr std::size_t writes = Served::ring_entries + 3;
  std::thread vcpu{[&] {
    for (std::size_t n = 0; n < writes; ++n) t.post(n);
  }};
  while (t.served.back_pressure() == 0) std::this_thread::yield();
  while (t.notebook.written.size() < writes) t.served.work();
  vcpu.join();
  EXPECT_GE(t.served.back_pressure(), 1u);
  for (std::size_t n = 0; n < writes; ++n) EXPECT_EQ(t.notebook.written[n].value, n);
}

TEST(Served, JobsAndTheirTimeInTheRingAreRecorded) {
  OneServed t;
  const auto recorder = std::make_unique<ThreadRecorder>(1);
  const ThreadRecorder::Scope scope{*recorder};
  t.post(1);
  EXPECT_EQ(t.served.work(), Worked::all);
  EXPECT_EQ(recorder->of(RecordKind::queued).samples(), 1u);
  EXPECT_EQ(recorder->of(RecordKind::job).samples(), 1u);
  EXPECT_EQ(recorder->of(DeviceId{1}).samples(), 1u);
}

TEST(Serialized, DoesEverythingAtOnceOnTheCallersThread) {
  Notebook notebook;
  Serialized serialized{notebook};
  serialized.write(posted_register, 7);
  EXPECT_EQ(serialized.read(synchronous_register), 1u);
  EXPECT_EQ(serialized.read(inline_register), 0u);
  EXPECT_EQ(notebook.inline_reads, 1u);
}

}  // namespace
}  // namespace takt
