// SPDX-License-Identifier: Apache-2.0
// A VM that only remembers what it was told, for the tests.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "ctl/api.h"

namespace takt::ctl {

class FakeVm final : public ControlledVm {
 public:
  [[nodiscard]] bool is_paused() const override { return paused; }
  [[nodiscard]] Result<> pause() override {
    if (stuck) return env_error("vcpu0 does not stop");
    paused = true;
    return {};
  }
  void resume() override { paused = false; }
  [[nodiscard]] bool press_power_button() override {
    presses += has_button ? 1 : 0;
    return has_button;
  }
  void end(Outcome outcome) override { endings.push_back(outcome); }
  [[nodiscard]] Result<std::string> info() const override { return R"({"name": "fake"})"; }
  [[nodiscard]] Statistics statistics() const override { return counted; }
  [[nodiscard]] std::string trace(std::uint64_t last_ns) const override {
    return fmt::format(R"({{"last_ns": {}}})", last_ns);
  }
  [[nodiscard]] bool republish() override { return has_testdev; }
  [[nodiscard]] std::uint64_t memory() const override { return 512_MiB; }
  [[nodiscard]] bool set_balloon(std::uint64_t bytes) override {
    if (has_balloon) balloon = bytes;
    return has_balloon;
  }

  bool paused = false;
  bool stuck = false;
  bool has_button = true;
  bool has_testdev = true;
  bool has_balloon = true;
  std::uint64_t balloon = 0;
  int presses = 0;
  std::vector<Outcome> endings;
  Statistics counted{.name = "fake",
                     .state = "running",
                     .rate = CycleRate{1'000'000'000},
                     .since = 0,
                     .now = 2'000'000'000,
                     .vcpus = {},
                     .threads = {}};
};

/// One pio exit each of 300 ns, 300 ns and 5000 ns, and one thread.
inline Statistics some_statistics() {
  Statistics all = FakeVm{}.counted;
  Histogram took;
  took.record(300, 1);
  took.record(300, 2);
  took.record(5000, 1'500'000'000);
  const Record slowest{.at = 1'500'000'000, .address = 0x3f8, .detail = access_detail(1, true)};
  all.vcpus.push_back(
      {.name = "vcpu0", .kinds = {{.name = "pio", .took = took.copy(), .slowest = slowest}}});
  all.threads.push_back(
      {.effective = {.name = "vcpu0", .tid = 7, .policy = "fifo", .priority = 80, .cpus = {}},
       .counts = {.run_ns = 9, .run_delay_ns = 2500}});
  return all;
}

}  // namespace takt::ctl
