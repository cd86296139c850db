// SPDX-License-Identifier: Apache-2.0
// Several vCPUs, one server: for the thread sanitizer, and for the promises about order.
#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "bus/served.h"
#include "bus/test_models.h"

namespace takt {
namespace {

constexpr std::size_t vcpus = 3;

Access at(std::uint64_t offset, std::size_t vcpu) {
  return {.offset = offset, .width = Width::b4, .from = VcpuId{static_cast<std::uint32_t>(vcpu)}};
}

struct ThreadsOnOneServer {
  Notebook notebook;
  CountingBell bell;
  Served served{notebook, DeviceId{1}, bell, vcpus};

  /// Runs `vcpu(n)` on a thread for each vCPU, and the server here.
  void run(auto vcpu) {
    served.begin();
    std::atomic<std::size_t> running = vcpus;
    std::array<std::thread, vcpus> threads;
    for (std::size_t n = 0; n < vcpus; ++n)
      threads[n] = std::thread{[&, n] {
        vcpu(n);
        --running;
      }};
    while (running != 0)
      if (served.work() == Worked::nothing) std::this_thread::yield();
    for (std::thread& thread : threads) thread.join();
    while (served.work() != Worked::nothing) continue;
  }
};

TEST(ServedThreads, EachVcpusWritesComeInProgramOrder) {
  constexpr std::uint64_t writes = 2000;
  ThreadsOnOneServer t;
  t.run([&](std::size_t n) {
    for (std::uint64_t i = 0; i < writes; ++i) {
      t.served.write(at(i % 7 == 0 ? 0x8 : 0x4, n), n << 32 | i);
      if (i % 97 == 0) (void)t.served.read(at(0x8, n));
    }
  });
  std::array<std::uint64_t, vcpus> next{};
  std::uint64_t wrong = 0;
  for (const auto& entry : t.notebook.written)
    wrong += (entry.value & 0xffff'ffff) != next[entry.value >> 32]++;
  EXPECT_EQ(t.notebook.written.size(), writes * vcpus);
  EXPECT_EQ(wrong, 0u);
}

/// A driver's lock in the guest: whoever has it posts a number one higher than the one before it.
TEST(ServedThreads, WhatOneVcpuPostedBeforeAnotherBeganIsDoneFirst) {
  constexpr std::uint64_t writes = 3000;
  ThreadsOnOneServer t;
  std::atomic<std::uint64_t> turn = 0;
  t.run([&](std::size_t n) {
    while (true) {
      const std::uint64_t now = turn.load(std::memory_order_acquire);
      if (now >= writes) return;
      if (now % vcpus != n) {
        std::this_thread::yield();
        continue;
      }
      t.served.write(at(0x4, n), now);
      turn.store(now + 1, std::memory_order_release);
    }
  });
  std::uint64_t wrong = 0;
  for (std::uint64_t i = 0; i < t.notebook.written.size(); ++i)
    wrong += t.notebook.written[i].value != i;
  EXPECT_EQ(t.notebook.written.size(), writes);
  EXPECT_EQ(wrong, 0u);
}

}  // namespace
}  // namespace takt
