// SPDX-License-Identifier: Apache-2.0
#include "vm/servers.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

namespace takt {
namespace {

constexpr std::uint32_t posted_register = 0;
constexpr std::uint32_t synchronous_register = 4;

/// Its work takes until the test lets it go on.
class Stuck : public Device {
 public:
  [[nodiscard]] std::string_view name() const override { return "stuck"; }
  [[nodiscard]] AccessRules rules() const override {
    static constexpr std::array<AccessRule, 1> rules{
        {{posted_register, posted_register + 3, Run::synchronous, Run::posted}}};
    return AccessRules{rules};
  }
  std::uint64_t read(Access) RT override {
    work();
    return 0;
  }
  void write(Access, std::uint64_t) RT override { work(); }

  std::atomic<bool> may_go_on = false;
  std::atomic<int> begun = 0;

 private:
  void work() RT {
    ++begun;
    while (!may_go_on) std::this_thread::yield();
  }
};

class Quick : public Device {
 public:
  [[nodiscard]] std::string_view name() const override { return "quick"; }
  std::uint64_t read(Access) RT override { return ++reads; }
  void write(Access, std::uint64_t) RT override {}
  std::uint64_t reads = 0;
};

Access at(std::uint32_t offset, std::uint32_t vcpu) {
  return {.offset = offset, .width = Width::b4, .from = VcpuId{vcpu}};
}

/// The device "slow" is stuck on its server, "uart" is quick on another: both by policy B.
struct TwoServers {
  VmConfig config = [] {
    VmConfig c;
    c.cpus = 2;
    c.testdev = true;
    c.devices["uart"].access = AccessPolicy::server;
    return c;
  }();
  Stuck stuck;
  Quick quick;
  Servers servers = *Servers::create(config);
  Guarded& slow = servers.guard(config, "slow", stuck);
  Guarded& uart = servers.guard(config, "uart", quick);
  TwoServers() { EXPECT_TRUE(servers.start()); }
  ~TwoServers() {
    stuck.may_go_on = true;
    servers.stop();
  }
};

TEST(Servers, ADeviceThatIsStuckDelaysNoOtherServer) {
  TwoServers t;
  std::thread vcpu1{[&] { t.slow.read(at(synchronous_register, 1)); }};
  while (t.stuck.begun == 0) std::this_thread::yield();
  for (std::uint64_t n = 1; n <= 1000; ++n) EXPECT_EQ(t.uart.read(at(0, 0)), n);
  EXPECT_EQ(t.stuck.begun, 1);
  t.stuck.may_go_on = true;
  vcpu1.join();
}

TEST(Servers, ADeviceThatIsStuckDelaysNoVcpuThatPosts) {
  TwoServers t;
  std::thread vcpu1{[&] { t.slow.read(at(synchronous_register, 1)); }};
  while (t.stuck.begun == 0) std::this_thread::yield();
  for (std::size_t n = 0; n < Served::ring_entries; ++n) t.slow.write(at(posted_register, 0), n);
  EXPECT_EQ(t.stuck.begun, 1);
  EXPECT_EQ(t.servers.back_pressure(), 0u);
  t.stuck.may_go_on = true;
  vcpu1.join();
  t.servers.stop();
  EXPECT_EQ(t.stuck.begun, 1 + static_cast<int>(Served::ring_entries));
}

TEST(Servers, ADeviceIsOnTheServerThatTheUserSays) {
  VmConfig config;
  config.testdev = true;
  config.devices["uart"].server = "slow";
  Servers servers = *Servers::create(config);
  EXPECT_EQ(&servers.loop_of(config, "uart"), &servers.loop_of(config, "slow"));
  EXPECT_NE(&servers.loop_of(config, "uart"), &servers.loop_of(config, "rtc"));
}

}  // namespace
}  // namespace takt
