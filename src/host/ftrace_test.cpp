// SPDX-License-Identifier: Apache-2.0
// With a directory that looks like the tracer's: what the kernel itself does is seen in the lab
// (test/lab_trace_test.py).
#include "host/ftrace.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "host/test_host_dir.h"

namespace takt {
namespace {

const std::string instances = "sys/kernel/tracing/instances/";

/// An instance that exists already.
struct FakeInstance {
  FakeInstance() {
    dir.has("i/tracing_on", "1");
    dir.has("i/trace_clock", "[local] global mono_raw boot\n");
    dir.has("i/events/sched/sched_switch/enable", "0");
    dir.has("i/events/irq/irq_handler_entry/enable", "0");
  }
  [[nodiscard]] std::string content(const std::string& file) const {
    std::ifstream in{dir.root() / "i" / file};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  TestHostDir dir;
};

TEST(Ftrace, SwitchesOnWhatTheKernelHas) {
  const FakeInstance fake;
  const auto ftrace = Ftrace::create_in(fake.dir.root() / "i");
  ASSERT_TRUE(ftrace) << ftrace.error().text;
  EXPECT_EQ(fake.content("trace_clock"), "mono_raw");
  EXPECT_EQ(fake.content("events/sched/sched_switch/enable"), "1");
  EXPECT_EQ(fake.content("events/irq/irq_handler_entry/enable"), "1");
  EXPECT_FALSE(std::filesystem::exists(fake.dir.root() / "i/events/kvm"));
  EXPECT_EQ(fake.content("tracing_on"), "1");
}

TEST(Ftrace, ReadsTheEventsSinceAnInstant) {
  const FakeInstance fake;
  const auto ftrace = Ftrace::create_in(fake.dir.root() / "i");
  ASSERT_TRUE(ftrace) << ftrace.error().text;
  std::string text;
  for (int n = 0; n < 5000; ++n)  // more than one piece
    text +=
        "   vcpu0-365     [000] d..1.     9." + std::to_string(100'000 + n) + ": kvm_entry: x\n";
  fake.dir.has("i/trace", text);
  const auto all = (*ftrace)->read();
  ASSERT_TRUE(all) << all.error().text;
  ASSERT_EQ(all->size(), 5000u);
  EXPECT_EQ(all->back().at_ns, 9'104'999'000u);
  const auto last = (*ftrace)->read(9'104'990'000);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->size(), 10u);
  EXPECT_EQ(fake.content("tracing_on"), "1") << "goes on after it was read";
}

TEST(Ftrace, AKernelWithoutTheClockIsRefused) {
  const FakeInstance fake;
  fake.dir.has("i/trace_clock", "[local] global mono\n");
  const auto ftrace = Ftrace::create_in(fake.dir.root() / "i");
  ASSERT_FALSE(ftrace);
  EXPECT_TRUE(ftrace.error().text.contains("no trace clock mono_raw")) << ftrace.error().text;
}

TEST(Ftrace, WithoutTracefsTheErrorSaysHowToMountIt) {
  const TestHostDir dir;
  dir.has("sys/kernel/tracing/nothing", "");
  const auto ftrace = Ftrace::create("vm", dir.root());
  ASSERT_FALSE(ftrace);
  EXPECT_TRUE(ftrace.error().text.contains("mount -t tracefs")) << ftrace.error().text;
}

TEST(Ftrace, ADirectoryThatIsNoTracersIsLeftAsItWas) {
  const TestHostDir dir;
  std::filesystem::create_directories(dir.root() / instances);
  EXPECT_FALSE(Ftrace::create("vm", dir.root()));
  EXPECT_TRUE(std::filesystem::is_empty(dir.root() / instances));
}

TEST(Ftrace, WhatADeadTaktLeftIsRemovedAndNothingElse) {
  const TestHostDir dir;
  const auto made = [&](const std::string& name) {
    const auto path = dir.root() / (instances + name);
    std::filesystem::create_directories(path);
    return path;
  };
  const auto dead = made("takt-vm-4194305");  // beyond the highest PID that Linux can give
  const auto ours = made("takt-vm-" + std::to_string(::getpid()));
  const auto alive = made("takt-other-" + std::to_string(::getppid()));
  const auto foreign = made("rtla");
  EXPECT_FALSE(Ftrace::create("vm", dir.root()));
  EXPECT_FALSE(std::filesystem::exists(dead));
  EXPECT_FALSE(std::filesystem::exists(ours));
  EXPECT_TRUE(std::filesystem::exists(alive));
  EXPECT_TRUE(std::filesystem::exists(foreign));
}

}  // namespace
}  // namespace takt
