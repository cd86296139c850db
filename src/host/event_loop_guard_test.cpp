// SPDX-License-Identifier: Apache-2.0
// A server's thread is real-time: what its handlers and its work do is looked at.
#include <gtest/gtest.h>

#include <csignal>
#include <memory>

#include "base/rt_guard.h"
#include "host/event_loop.h"

namespace takt {
namespace {

std::unique_ptr<int> kept;

class EventLoopGuardDeathTest : public testing::Test {
 protected:
  void SetUp() override {
    if (rt::guard != rt::Guard::ends_program) GTEST_SKIP() << "no guard in this build";
  }
};

TEST_F(EventLoopGuardDeathTest, AHandlerThatAllocatesEndsTheProgram) {
  const auto allocate_in_handler = [] {
    auto loop = std::move(*EventLoop::create());
    const Fd ready = std::move(*make_eventfd());
    signal_eventfd(ready);
    const auto allocate = [](std::uint32_t) { kept = std::make_unique<int>(1); };
    auto watch = loop->watch(ready.raw(), EPOLLIN, DeviceId{}, allocate);
    loop->run();
  };
  EXPECT_EXIT(allocate_in_handler(), testing::KilledBySignal(SIGABRT),
              "malloc .heap. in a real-time section");
}

class Allocating : public Work {
 public:
  Worked work() RT override {
    kept = std::make_unique<int>(2);
    return Worked::all;
  }
};

TEST_F(EventLoopGuardDeathTest, WorkThatAllocatesEndsTheProgram) {
  const auto allocate_in_work = [] {
    auto loop = std::move(*EventLoop::create());
    Allocating work;
    loop->add(work);
    loop->run();
  };
  EXPECT_EXIT(allocate_in_work(), testing::KilledBySignal(SIGABRT),
              "malloc .heap. in a real-time section");
}

}  // namespace
}  // namespace takt
