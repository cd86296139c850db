// SPDX-License-Identifier: Apache-2.0
#include "host/tap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

#include "base/rt.h"

namespace takt {
namespace {

using Frame = std::vector<std::uint8_t>;

/// Of the type for local experiments, IEEE 802: nobody on the host answers.
Frame frame_of(std::size_t bytes) {
  Frame frame(bytes);
  for (std::size_t n = 0; n < bytes; ++n) frame[n] = static_cast<std::uint8_t>(n);
  std::fill_n(frame.begin(), 6, std::uint8_t{0xff});
  frame[6] = 2;
  frame[12] = 0x88;
  frame[13] = 0xb5;
  return frame;
}

iovec piece(Frame& frame, std::size_t from, std::size_t bytes) {
  return {.iov_base = frame.data() + from, .iov_len = bytes};
}

/// The host's end of an interface.
struct Wire {
  Fd socket{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL))};
  explicit Wire(const std::string& name) {
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = static_cast<int>(::if_nametoindex(name.c_str()));
    EXPECT_EQ(::bind(socket.raw(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const timeval limit{.tv_sec = 5, .tv_usec = 0};
    EXPECT_EQ(::setsockopt(socket.raw(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
  }
  /// Frames have a FrameHeader from now on. False under QEMU's user mode, which does not know it.
  [[nodiscard]] bool take_headers() const {
    const int on = 1;
    return ::setsockopt(socket.raw(), SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) == 0;
  }
  void put(const Frame& frame) const {
    EXPECT_EQ(::write(socket.raw(), frame.data(), frame.size()),
              static_cast<ssize_t>(frame.size()));
  }
  [[nodiscard]] Frame take() const {
    Frame frame(70000);
    const ssize_t n = ::read(socket.raw(), frame.data(), frame.size());
    frame.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    return frame;
  }
};

/// What a device does, in a section of the guards.
struct Device {
  std::unique_ptr<EventLoop> loop = *EventLoop::create();
  std::vector<std::unique_ptr<Tap>> taps;
  explicit Device(const std::string& name, unsigned queues = 1) {
    auto opened = Tap::open(name, queues, *loop, DeviceId{1});
    EXPECT_TRUE(opened) << opened.error().text;
    if (opened) taps = std::move(*opened);
  }
  bool send(const FrameHeader& header, std::span<const iovec> pieces) {
    const rt::Section section;
    return taps[0]->send(header, pieces);
  }
  std::optional<FramePort::Received> receive(std::span<const iovec> pieces) {
    const rt::Section section;
    return taps[0]->receive(pieces);
  }
  void allow(const FrameOffloads& offloads) {
    {
      const rt::Section section;
      taps[0]->set_receive_offloads(offloads);
    }
    while (!taps[0]->control().settled()) std::this_thread::yield();
  }
};

/// A device's work, which ends the loop when it has a frame.
struct Receiver : Work {
  Device& device;
  Frame room = Frame(2000);
  std::optional<FramePort::Received> got;
  explicit Receiver(Device& of) : device{of} {}
  Worked work() RT override {
    const std::array pieces{iovec{.iov_base = room.data(), .iov_len = room.size()}};
    if (!got) got = device.taps[0]->receive(pieces);
    if (!got) return Worked::nothing;
    device.loop->stop();
    device.taps[0]->want_receive(false);
    return Worked::all;
  }
};

class TapTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    ready = ::unshare(CLONE_NEWNET) == 0 && ::access("/dev/net/tun", R_OK | W_OK) == 0;
    if (ready) std::ofstream{"/proc/sys/net/ipv6/conf/default/disable_ipv6"} << 1;
  }
  void SetUp() override {
    if (!ready) GTEST_SKIP() << "needs CAP_NET_ADMIN, CAP_SYS_ADMIN and /dev/net/tun";
  }
  static inline bool ready = false;
};

/// An interface as an administrator leaves it behind, until it is deleted.
struct Persistent {
  Fd fd = *open_file("/dev/net/tun", O_RDWR);
  Persistent(const char* name, int flags) {
    ifreq request{};
    std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    request.ifr_flags = static_cast<short>(flags);
    EXPECT_EQ(::ioctl(fd.raw(), TUNSETIFF, &request), 0);
  }
  void leave() {
    EXPECT_EQ(::ioctl(fd.raw(), TUNSETPERSIST, 1UL), 0);
    Fd{std::move(fd)};
  }
};

void delete_interface(const char* name) {
  struct {
    nlmsghdr header{.nlmsg_len = sizeof(nlmsghdr) + sizeof(ifinfomsg),
                    .nlmsg_type = RTM_DELLINK,
                    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
                    .nlmsg_seq = 1,
                    .nlmsg_pid = 0};
    ifinfomsg info{};
  } request;
  request.info.ifi_index = static_cast<int>(::if_nametoindex(name));
  const Fd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
  EXPECT_EQ(::send(socket.raw(), &request, sizeof request, 0), ssize_t{sizeof request});
  std::array<char, 256> answer{};
  EXPECT_GT(::recv(socket.raw(), answer.data(), answer.size(), 0), 0);
}

TEST_F(TapTest, AFrameThatIsSentInPiecesComesOutOfTheInterface) {
  Device device{"tkt0"};
  const Wire wire{"tkt0"};
  Frame frame = frame_of(100);
  EXPECT_TRUE(device.send({}, std::array{piece(frame, 0, 14), piece(frame, 14, 86)}));
  EXPECT_EQ(wire.take(), frame);
  EXPECT_EQ(device.taps[0]->send_drops(), 0u);
}

TEST_F(TapTest, AFrameFromTheHostFillsThePiecesInOrder) {
  Device device{"tkt0"};
  const Wire wire{"tkt0"};
  const Frame frame = frame_of(100);
  wire.put(frame);
  Frame room(120);
  const auto got = device.receive(std::array{piece(room, 0, 14), piece(room, 14, 106)});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->bytes, 100u);
  EXPECT_FALSE(got->truncated);
  EXPECT_EQ(got->header.gso_type, FrameHeader::gso_none);
  room.resize(100);
  EXPECT_EQ(room, frame);
}

TEST_F(TapTest, AFrameThatFillsThePiecesIsWholeAndALongerOneIsNot) {
  Device device{"tkt0"};
  const Wire wire{"tkt0"};
  Frame room(100);
  wire.put(frame_of(100));
  auto got = device.receive(std::array{piece(room, 0, 100)});
  EXPECT_EQ(got->bytes, 100u);
  EXPECT_FALSE(got->truncated);
  wire.put(frame_of(101));
  got = device.receive(std::array{piece(room, 0, 100)});
  EXPECT_EQ(got->bytes, 100u);
  EXPECT_TRUE(got->truncated);
}

TEST_F(TapTest, WithoutAFrameThereIsNothing) {
  Device device{"tkt0"};
  Frame room(100);
  EXPECT_FALSE(device.receive(std::array{piece(room, 0, 100)}));
}

TEST_F(TapTest, AServerThatSleepsIsWokenByAFrame) {
  Device device{"tkt0"};
  Receiver receiver{device};
  device.loop->add(receiver);
  device.taps[0]->want_receive(true);
  std::thread server{[&] { device.loop->run(); }};
  const Wire wire{"tkt0"};
  wire.put(frame_of(60));
  server.join();
  ASSERT_TRUE(receiver.got);
  EXPECT_EQ(receiver.got->bytes, 60u);
}

TEST_F(TapTest, AnInterfaceThatWasMadeGoesWithItsTap) {
  {
    const Device device{"tkt0"};
    EXPECT_NE(::if_nametoindex("tkt0"), 0u);
  }
  EXPECT_EQ(::if_nametoindex("tkt0"), 0u);
}

TEST_F(TapTest, TheQueuesOfOneInterfaceAreTapsOfTheirOwn) {
  Device device{"tkt0", 3};
  ASSERT_EQ(device.taps.size(), 3u);
  const Wire wire{"tkt0"};
  Frame frame = frame_of(60);
  for (const auto& tap : device.taps) EXPECT_TRUE(tap->send({}, std::array{piece(frame, 0, 60)}));
  for (int n = 0; n < 3; ++n) EXPECT_EQ(wire.take(), frame);
}

TEST_F(TapTest, AnInterfaceThatIsDownDropsAndCounts) {
  Persistent{"tkt1", IFF_TAP | IFF_NO_PI}.leave();
  {
    Device device{"tkt1"};
    Frame frame = frame_of(60);
    EXPECT_TRUE(device.send({}, std::array{piece(frame, 0, 60)}));
    EXPECT_EQ(device.taps[0]->send_drops(), 1u);
  }
  delete_interface("tkt1");
}

TEST_F(TapTest, AnInterfaceThatIsDeletedIsQuietAndDoesNotKeepTheServerAwake) {
  Device device{"tkt0"};
  device.taps[0]->want_receive(true);
  std::atomic<int> turns = 0;
  struct Counting : Work {
    std::atomic<int>& turns;
    explicit Counting(std::atomic<int>& t) : turns{t} {}
    Worked work() RT override {
      ++turns;
      return Worked::nothing;
    }
  } counting{turns};
  device.loop->add(counting);
  std::thread server{[&] { device.loop->run(); }};
  delete_interface("tkt0");
  std::this_thread::sleep_for(std::chrono::milliseconds{50});
  device.loop->stop();
  server.join();
  EXPECT_LT(turns, 20);
  Frame frame = frame_of(60);
  EXPECT_TRUE(device.send({}, std::array{piece(frame, 0, 60)}));
  EXPECT_EQ(device.taps[0]->send_drops(), 1u);
}

/// An IPv4 TCP segment of 3000 bytes of data, as a stack that segments later hands it down.
Frame large_segment() {
  Frame frame = frame_of(14 + 20 + 20 + 3000);
  std::fill(frame.begin() + 14, frame.begin() + 54, std::uint8_t{0});
  const std::array<std::uint8_t, 20> ip{0x45, 0, 0x0b, 0xe0, 0, 1, 0,  0, 64, 6,
                                        0,    0, 10,   0,    0, 1, 10, 0, 0,  2};
  frame[12] = 0x08;
  frame[13] = 0x00;
  std::ranges::copy(ip, frame.begin() + 14);
  frame[14 + 20 + 12] = 0x50;  // TCP: 5 words of header
  frame[14 + 20 + 13] = 0x10;  // ACK
  return frame;
}

void put_large_segment(const Wire& wire) {
  const FrameHeader header{.flags = FrameHeader::needs_csum,
                           .gso_type = FrameHeader::gso_tcpv4,
                           .hdr_len = 54,
                           .gso_size = 1000,
                           .csum_start = 34,
                           .csum_offset = 16};
  Frame all(sizeof header);
  std::memcpy(all.data(), &header, sizeof header);
  const Frame segment = large_segment();
  all.insert(all.end(), segment.begin(), segment.end());
  wire.put(all);
}

TEST_F(TapTest, ALargeSegmentComesWholeWhenTheDeviceTakesIt) {
  Device device{"tkt0"};
  const Wire wire{"tkt0"};
  if (!wire.take_headers()) GTEST_SKIP() << "no PACKET_VNET_HDR";
  device.allow({.csum = true, .tso4 = true});
  put_large_segment(wire);
  Frame room(4000);
  const auto got = device.receive(std::array{piece(room, 0, 4000)});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->bytes, 3054u);
  EXPECT_EQ(got->header.gso_type, FrameHeader::gso_tcpv4);
  EXPECT_EQ(got->header.gso_size, 1000u);
  EXPECT_EQ(got->header.flags & FrameHeader::needs_csum, FrameHeader::needs_csum);
}

TEST_F(TapTest, ALargeSegmentIsCutWhenTheDeviceTakesItNoMore) {
  Device device{"tkt0"};
  const Wire wire{"tkt0"};
  if (!wire.take_headers()) GTEST_SKIP() << "no PACKET_VNET_HDR";
  device.allow({.csum = true, .tso4 = true});
  device.allow({});
  put_large_segment(wire);
  Frame room(4000);
  for (int n = 0; n < 3; ++n) {
    const auto got = device.receive(std::array{piece(room, 0, 4000)});
    ASSERT_TRUE(got);
    EXPECT_EQ(got->bytes, 1054u);
    EXPECT_EQ(got->header.gso_type, FrameHeader::gso_none);
    EXPECT_EQ(got->header.flags & FrameHeader::needs_csum, 0);
  }
}

TEST_F(TapTest, WhatWasUnderWayWhenTheOffloadsWentIsDropped) {
  Device device{"tkt0"};
  const Wire wire{"tkt0"};
  if (!wire.take_headers()) GTEST_SKIP() << "no PACKET_VNET_HDR";
  device.allow({.csum = true, .tso4 = true});
  put_large_segment(wire);
  device.allow({});
  Frame room(4000);
  EXPECT_FALSE(device.receive(std::array{piece(room, 0, 4000)}));
  EXPECT_EQ(device.taps[0]->receive_drops(), 1u);
}

std::string error_of(const std::string& name, unsigned queues = 1) {
  const auto loop = *EventLoop::create();
  const auto taps = Tap::open(name, queues, *loop, {});
  return taps ? "no error" : taps.error().text;
}

TEST_F(TapTest, NamesThatTheKernelWouldTakeForOthersAreRefused) {
  EXPECT_EQ(error_of("0123456789abcdef"),
            "tap 0123456789abcdef: an interface's name has 1 to 15 characters");
  EXPECT_EQ(error_of(""), "tap : an interface's name has 1 to 15 characters");
  EXPECT_EQ(error_of("tap%d"), "tap tap%d: no name of an interface");
}

TEST_F(TapTest, WhatIsNoTapIsSaid) {
  EXPECT_EQ(error_of("lo"), "tap lo: Invalid argument (is it a tap, and for as many queues?)");
  const Persistent tun{"tkt2", IFF_TUN | IFF_NO_PI};
  EXPECT_NE(error_of("tkt2"), "no error");
}

TEST_F(TapTest, ATapThatAnotherHasIsBusy) {
  const Device device{"tkt0"};
  EXPECT_EQ(error_of("tkt0"), "tap tkt0: Device or resource busy: another process has it");
}

TEST_F(TapTest, DescriptorsThatAreNoTapOrHaveNoHeaderAreRefused) {
  const auto loop = *EventLoop::create();
  std::vector<Fd> fds;
  fds.push_back(*open_file("/dev/null", O_RDWR));
  EXPECT_FALSE(Tap::adopt(std::move(fds), *loop, {}));
  Persistent plain{"tkt3", IFF_TAP | IFF_NO_PI};
  fds.clear();
  fds.push_back(std::move(plain.fd));
  const auto taps = Tap::adopt(std::move(fds), *loop, {});
  ASSERT_FALSE(taps);
  EXPECT_TRUE(taps.error().text.ends_with("takt needs a tap with IFF_NO_PI and IFF_VNET_HDR"));
}

TEST_F(TapTest, ADescriptorThatSomebodyElseOpenedWorksAndDoesNotBlock) {
  Device device{"tkt4"};
  device.taps.clear();
  Persistent theirs{"tkt4", IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
  std::vector<Fd> fds;
  fds.push_back(std::move(theirs.fd));
  auto taps = Tap::adopt(std::move(fds), *device.loop, {});
  ASSERT_TRUE(taps) << taps.error().text;
  device.taps = std::move(*taps);
  Frame room(100);
  EXPECT_FALSE(device.receive(std::array{piece(room, 0, 100)}));
}

}  // namespace
}  // namespace takt
