// SPDX-License-Identifier: Apache-2.0
#include "record/thread_recorder.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace takt {
namespace {

constexpr DeviceId uart{1};

std::unique_ptr<ThreadRecorder> recorder_of_one_device() {
  return std::make_unique<ThreadRecorder>(1);
}

TEST(ThreadRecorder, AnExitCountsForItsKindAndForItsDevice) {
  const auto recorder = recorder_of_one_device();
  recorder->put({.at = 5, .took = 70, .kind = RecordKind::mmio, .device = uart});
  EXPECT_EQ(recorder->of(RecordKind::mmio).max, 70u);
  EXPECT_EQ(recorder->of(uart).max, 70u);
  EXPECT_EQ(recorder->of(uart).max_at, 5u);
  EXPECT_EQ(recorder->of(DeviceId{}).samples(), 0u);
}

TEST(ThreadRecorder, APartOfAnExitDoesNotCountForTheDeviceTwice) {
  const auto recorder = recorder_of_one_device();
  recorder->put({.took = 9, .kind = RecordKind::wait, .device = uart});
  EXPECT_EQ(recorder->of(RecordKind::wait).samples(), 1u);
  EXPECT_EQ(recorder->of(uart).samples(), 0u);
}

TEST(ThreadRecorder, ADeviceThatItDoesNotKnowIsKeptInTheRingOnly) {
  const auto recorder = recorder_of_one_device();
  recorder->put({.kind = RecordKind::job, .device = DeviceId{7}});
  ASSERT_EQ(recorder->last().size(), 1u);
  EXPECT_EQ(recorder->last()[0].device, DeviceId{7});
}

TEST(ThreadRecorder, IsTheThreadsOwnForTheLifeOfAScope) {
  const auto recorder = recorder_of_one_device();
  put_record({});
  {
    const ThreadRecorder::Scope scope{*recorder};
    put_record({.at = 1});
    std::thread{[] { put_record({.at = 2}); }}.join();
  }
  put_record({.at = 3});
  ASSERT_EQ(recorder->last().size(), 1u);
  EXPECT_EQ(recorder->last()[0].at, 1u);
}

TEST(ThreadRecorder, WhatTookLongerThanItsBudgetIsRemembered) {
  const auto recorder = recorder_of_one_device();
  recorder->set_budget(RecordKind::job, 50);
  recorder->put({.at = 1, .took = 50, .kind = RecordKind::job});
  recorder->put({.at = 2, .took = 51, .kind = RecordKind::job});
  recorder->put({.at = 3, .took = 99, .kind = RecordKind::mmio});
  EXPECT_EQ(recorder->missed(), 1u);
  ASSERT_EQ(recorder->misses().size(), 1u);
  EXPECT_EQ(recorder->misses()[0].at, 2u);
}

TEST(ThreadRecorder, WithoutABudgetNothingTakesTooLong) {
  const auto recorder = recorder_of_one_device();
  recorder->put({.took = 0xffff'ffff});
  EXPECT_EQ(recorder->missed(), 0u);
}

TEST(Record, KeepsWidthAndDirectionOfAnAccess) {
  const Record record{.detail = access_detail(8, true)};
  EXPECT_TRUE(record.is_write());
  EXPECT_EQ(record.width(), 8u);
}

TEST(Record, ACounterThatIsBehindAnotherCpusGivesNoDuration) {
  EXPECT_EQ(took_cycles(10, 9), 0u);
  EXPECT_EQ(took_cycles(0, 1ull << 40), 0xffff'ffffu);
}

}  // namespace
}  // namespace takt
