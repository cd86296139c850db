// SPDX-License-Identifier: Apache-2.0
#include "host/tap_control.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <thread>

#include "host/tap_open.h"

namespace takt {
namespace {

/// An interface with two queues, in a network namespace of its own, and the host's end.
class TapControlTest : public testing::Test {
 protected:
  static constexpr unsigned flows = 64;

  static void SetUpTestSuite() {
    ready = ::unshare(CLONE_NEWNET) == 0 && ::access("/dev/net/tun", R_OK | W_OK) == 0;
    if (ready) std::ofstream{"/proc/sys/net/ipv6/conf/default/disable_ipv6"} << 1;
  }
  void SetUp() override {
    if (!ready) GTEST_SKIP() << "needs CAP_NET_ADMIN, CAP_SYS_ADMIN and /dev/net/tun";
    auto opened = open_tap("tkt0", 2);
    ASSERT_TRUE(opened) << opened.error().text;
    taps = std::move(*opened);
    control = *TapControl::start(std::array<const Fd* const, 2>{&taps[0], &taps[1]});
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = static_cast<int>(::if_nametoindex("tkt0"));
    ASSERT_EQ(::bind(wire.raw(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }

  /// UDP in IPv4, from a port of its own each: the kernel spreads flows.
  void put_flows() const {
    std::array<std::uint8_t, 60> frame{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};
    const std::array<std::uint8_t, 26> ip_and_udp{0x45, 0, 0, 46, 0, 1, 0, 0, 64, 17, 0, 0, 10,
                                                  0,    0, 1, 10, 0, 0, 2, 0, 0,  0,  7, 0, 26};
    std::ranges::copy(ip_and_udp, frame.begin() + 14);
    for (unsigned n = 0; n < flows; ++n) {
      frame[35] = static_cast<std::uint8_t>(n);
      ASSERT_EQ(::write(wire.raw(), frame.data(), frame.size()),
                static_cast<ssize_t>(frame.size()));
    }
  }
  [[nodiscard]] unsigned taken(const Fd& tap) const {
    std::array<char, 2000> room{};
    unsigned count = 0;
    while (::read(tap.raw(), room.data(), room.size()) > 0) ++count;
    return count;
  }
  void want_second(bool wanted) const {
    control->want_queue(1, wanted);
    while (!control->settled()) std::this_thread::yield();
  }

  static inline bool ready = false;
  std::vector<Fd> taps;
  std::unique_ptr<TapControl> control;
  Fd wire{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL))};
};

TEST_F(TapControlTest, TheHostsFramesComeByAllQueuesThatAreWanted) {
  put_flows();
  const unsigned first = taken(taps[0]);
  const unsigned second = taken(taps[1]);
  EXPECT_EQ(first + second, flows);
  EXPECT_GT(first, 0u);
  EXPECT_GT(second, 0u);

  want_second(false);
  put_flows();
  EXPECT_EQ(taken(taps[0]), flows);
  EXPECT_EQ(taken(taps[1]), 0u);

  want_second(true);
  put_flows();
  EXPECT_EQ(taken(taps[0]), first);
  EXPECT_EQ(taken(taps[1]), second);
}

}  // namespace
}  // namespace takt
