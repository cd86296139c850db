// SPDX-License-Identifier: Apache-2.0
#include "virtio/vsock.h"

#include <gtest/gtest.h>

#include "virtio/vsock_fixture.h"

namespace takt::virtio {
namespace {

using namespace fakes;
using vsock::Header;
using vsock::Op;

constexpr std::uint64_t cid = 3;

struct Packet {
  Header header;
  std::string data;
  [[nodiscard]] Op op() const { return Op{header.op}; }
};

template <class Format>
class VsockTest : public testing::Test {
 protected:
  VsockTest() {
    driver.start();
    offer(32);
  }
  ~VsockTest() override { EXPECT_TRUE(host.sound); }

  void offer(unsigned n, std::uint32_t bytes = 4096) {
    for (; n > 0; --n) driver.post(Vsock::rx_queue, {}, {44, bytes});
    driver.run(Vsock::rx_queue);
  }
  [[nodiscard]] Header header(Op op, std::uint32_t guest_port = 1000,
                              std::uint32_t host_port = 80) const {
    Header h;
    h.src_cid = cid;
    h.dst_cid = 2;
    h.src_port = guest_port;
    h.dst_port = host_port;
    h.op = std::to_underlying(op);
    h.buf_alloc = buf_alloc;
    h.fwd_cnt = fwd_cnt;
    return h;
  }
  void put(Header h, std::string_view data = "") {
    h.len = static_cast<std::uint32_t>(data.size());
    put_as_is(h, data);
  }
  void put_as_is(const Header& h, std::string_view data = "") {
    driver.post(Vsock::tx_queue, {bytes_of(h), bytes_of(data)});
    driver.run(Vsock::tx_queue);
    while (driver.collect(Vsock::tx_queue)) {
    }
  }
  /// The next packet for the guest.
  Packet got() {
    const auto done = driver.collect(Vsock::rx_queue);
    if (!done) return {};
    Packet packet;
    const Bytes all = done->joined();
    std::memcpy(&packet.header, all.data(), sizeof packet.header);
    const auto* text = static_cast<const char*>(static_cast<const void*>(all.data()));
    packet.data.assign(text + 44, packet.header.len);
    EXPECT_EQ(done->written, 44 + packet.header.len);
    EXPECT_EQ(packet.header.src_cid, 2u);
    EXPECT_EQ(packet.header.dst_cid, cid);
    return packet;
  }
  Op heard() { return got().op(); }
  void connect() {
    put(header(Op::request));
    ASSERT_EQ(heard(), Op::response);
  }
  /// The host calls guest port 7; the host's port is the return value.
  std::uint32_t be_called() {
    host.call(7);
    driver.work();
    const Packet request = got();
    EXPECT_EQ(request.op(), Op::request);
    put(header(Op::response, 7, request.header.src_port));
    return request.header.src_port;
  }

  std::uint32_t buf_alloc = 65536;
  std::uint32_t fwd_cnt = 0;
  FakeHost host;
  Vsock device{cid, host, 1024};
  TestDriver<Format> driver{device};
};
using Formats = testing::Types<Split, Packed>;
TYPED_TEST_SUITE(VsockTest, Formats);

// --- to be connected ---

TYPED_TEST(VsockTest, TheGuestConnectsToAPortOfTheHost) {
  this->put(this->header(Op::request));
  const Packet response = this->got();
  EXPECT_EQ(response.op(), Op::response);
  EXPECT_EQ(response.header.src_port, 80u);
  EXPECT_EQ(response.header.dst_port, 1000u);
  EXPECT_EQ(response.header.buf_alloc, 1024u);
  EXPECT_EQ(response.header.type, 1u);
  EXPECT_EQ(this->host.peers[0].port, 80u);
}

TYPED_TEST(VsockTest, WhereNobodyListensTheGuestIsRefused) {
  this->host.listens = false;
  this->put(this->header(Op::request));
  EXPECT_EQ(this->heard(), Op::rst);
  EXPECT_EQ(this->device.counters().refused, 1u);
}

TYPED_TEST(VsockTest, TheHostConnectsToAPortOfTheGuest) {
  const std::uint32_t port = this->be_called();
  EXPECT_TRUE(this->host.peers[0].accepted);
  EXPECT_EQ(this->host.peers[0].port, port);
  EXPECT_EQ(this->device.counters().connections, 1u);
}

TYPED_TEST(VsockTest, AHostThatHangsUpBeforeTheAnswerTakesItsRequestBack) {
  this->host.call(7);
  this->driver.work();
  EXPECT_EQ(this->heard(), Op::request);
  this->host.hang_up(0);
  this->driver.work();
  EXPECT_EQ(this->heard(), Op::rst);
  EXPECT_EQ(this->device.live(), 0u);
}

TYPED_TEST(VsockTest, OfARequestThatTheGuestHasNotSeenItIsToldNothing) {
  ASSERT_TRUE(this->driver.stop());
  this->driver.start();  // no receive buffers
  this->host.call(7);
  this->driver.work();
  this->host.hang_up(0);
  this->driver.work();
  this->offer(4);
  EXPECT_EQ(this->heard(), Op::invalid);
  EXPECT_FALSE(this->host.peers[0].open);
}

TYPED_TEST(VsockTest, AGuestThatRefusesClosesTheHostsStream) {
  this->host.call(7);
  this->driver.work();
  const Packet request = this->got();
  this->put(this->header(Op::rst, 7, request.header.src_port));
  EXPECT_FALSE(this->host.peers[0].open);
  EXPECT_EQ(this->heard(), Op::invalid);
}

TYPED_TEST(VsockTest, MoreConnectionsThanThereIsRoomForAreRefused) {
  for (std::uint32_t n = 0; n < 5; ++n) this->put(this->header(Op::request, n));
  for (int n = 0; n < 4; ++n) EXPECT_EQ(this->heard(), Op::response);
  EXPECT_EQ(this->heard(), Op::rst);
  EXPECT_EQ(this->device.live(), 4u);
}

TYPED_TEST(VsockTest, ASecondRequestForAConnectionResetsIt) {
  this->connect();
  this->put(this->header(Op::request));
  EXPECT_EQ(this->heard(), Op::rst);
  EXPECT_EQ(this->device.live(), 0u);
}

TYPED_TEST(VsockTest, AResponseThatNobodyAskedForResetsTheConnection) {
  this->connect();
  this->put(this->header(Op::response));
  EXPECT_EQ(this->heard(), Op::rst);
}

// --- what makes no sense ---

TYPED_TEST(VsockTest, WhatBelongsToNoConnectionIsReset) {
  this->put(this->header(Op::rw), "data");
  EXPECT_EQ(this->heard(), Op::rst);
  this->put(this->header(Op::rst));
  EXPECT_EQ(this->heard(), Op::invalid) << "a reset is not answered";
}

TYPED_TEST(VsockTest, AnotherTypeOfSocketIsReset) {
  Header h = this->header(Op::request);
  h.type = 2;
  this->put(h);
  EXPECT_EQ(this->heard(), Op::rst);
  EXPECT_EQ(this->device.live(), 0u);
}

TYPED_TEST(VsockTest, WhatIsNotFromTheGuestOrNotForTheHostIsDropped) {
  Header h = this->header(Op::request);
  h.dst_cid = 4;
  this->put(h);
  h = this->header(Op::request);
  h.src_cid = 4;
  this->put(h);
  EXPECT_EQ(this->heard(), Op::invalid);
  EXPECT_EQ(this->device.counters().malformed, 2u);
}

TYPED_TEST(VsockTest, MoreDataThanTheChainHasIsMalformed) {
  this->connect();
  Header h = this->header(Op::rw);
  h.len = 5;
  this->put_as_is(h, "four");
  h.len = ~0u;
  this->put_as_is(h, "four");
  EXPECT_EQ(this->device.counters().malformed, 2u);
  EXPECT_EQ(this->host.peers[0].got, "");
}

TYPED_TEST(VsockTest, AnUnknownOperationResetsTheConnection) {
  this->connect();
  this->put(this->header(static_cast<Op>(77)));
  EXPECT_EQ(this->heard(), Op::rst);
}

// --- bytes ---

TYPED_TEST(VsockTest, WhatTheGuestSendsReachesTheHost) {
  this->connect();
  this->put(this->header(Op::rw), "hello ");
  this->put(this->header(Op::rw), "world");
  EXPECT_EQ(this->host.peers[0].got, "hello world");
}

TYPED_TEST(VsockTest, WhatTheHostDoesNotTakeWaitsInOrder) {
  this->connect();
  this->host.peers[0].room = 3;
  this->put(this->header(Op::rw), "abcdef");
  this->put(this->header(Op::rw), "ghi");
  EXPECT_EQ(this->host.peers[0].got, "abc");
  this->host.make_room(0, 4);
  this->driver.work();
  EXPECT_EQ(this->host.peers[0].got, "abcdefg");
  this->host.make_room(0, 100);
  this->driver.work();
  EXPECT_EQ(this->host.peers[0].got, "abcdefghi");
}

TYPED_TEST(VsockTest, BytesWrapAroundTheEndOfTheBuffer) {
  this->connect();
  std::string all;
  this->host.peers[0].room = 0;
  for (int n = 0; n < 40; ++n) {
    const std::string part(400, static_cast<char>('a' + n % 26));
    all += part;
    this->put(this->header(Op::rw), part);
    this->host.make_room(0, 390);
    this->driver.work();
    this->host.make_room(0, n % 10 == 9 ? 1000 : 0);
    this->driver.work();
    while (this->heard() != Op::invalid) {
    }
    this->offer(1);
  }
  this->host.make_room(0, 100'000);
  this->driver.work();
  EXPECT_EQ(this->host.peers[0].got, all);
}

TYPED_TEST(VsockTest, MoreThanThereIsCreditForResetsTheConnection) {
  this->connect();
  this->host.peers[0].room = 0;
  this->put(this->header(Op::rw), std::string(1024, 'x'));
  EXPECT_EQ(this->device.live(), 1u);
  this->put(this->header(Op::rw), "x");
  EXPECT_EQ(this->heard(), Op::rst);
  EXPECT_EQ(this->device.counters().over_credit, 1u);
}

TYPED_TEST(VsockTest, TheGuestIsToldOfCreditBeforeItThinksItHasNone) {
  this->connect();
  this->put(this->header(Op::rw), std::string(511, 'x'));
  EXPECT_EQ(this->heard(), Op::invalid);
  this->put(this->header(Op::rw), "x");
  const Packet update = this->got();
  EXPECT_EQ(update.op(), Op::credit_update);
  EXPECT_EQ(update.header.fwd_cnt, 512u);
}

TYPED_TEST(VsockTest, ACreditRequestIsAnswered) {
  this->connect();
  this->put(this->header(Op::rw), "abc");
  this->put(this->header(Op::credit_request));
  const Packet update = this->got();
  EXPECT_EQ(update.op(), Op::credit_update);
  EXPECT_EQ(update.header.fwd_cnt, 3u);
}

TYPED_TEST(VsockTest, WhatTheHostSendsFillsTheGuestsBuffers) {
  this->connect();
  this->host.say(0, std::string(5000, 'h'));
  this->driver.work();
  EXPECT_EQ(this->got().data, std::string(4096, 'h'));
  const Packet second = this->got();
  EXPECT_EQ(second.op(), Op::rw);
  EXPECT_EQ(second.data, std::string(904, 'h'));
  EXPECT_EQ(this->heard(), Op::invalid);
}

TYPED_TEST(VsockTest, TheGuestIsNotSentMoreThanItHasRoomFor) {
  this->buf_alloc = 10;
  this->connect();
  this->host.say(0, "0123456789abcdef");
  this->driver.work();
  EXPECT_EQ(this->got().data, "0123456789");
  EXPECT_EQ(this->heard(), Op::credit_request);
  EXPECT_EQ(this->heard(), Op::invalid);
  this->fwd_cnt = 4;
  this->put(this->header(Op::credit_update));
  EXPECT_EQ(this->got().data, "abcd");
  EXPECT_EQ(this->heard(), Op::credit_request) << "once for each time that it is used up";
}

TYPED_TEST(VsockTest, ACreditThatCannotBeIsNone) {
  this->connect();
  this->fwd_cnt = 1000;  // of nothing that was sent
  this->put(this->header(Op::credit_update));
  this->host.say(0, "x");
  this->driver.work();
  EXPECT_EQ(this->heard(), Op::credit_request);
  EXPECT_EQ(this->heard(), Op::invalid);
}

TYPED_TEST(VsockTest, WhatTheHostSaidBeforeTheAnswerIsNotLost) {
  this->host.call(7);
  this->host.say(0, "early");
  this->driver.work();
  const Packet request = this->got();
  this->put(this->header(Op::response, 7, request.header.src_port));
  EXPECT_EQ(this->got().data, "early");
}

TYPED_TEST(VsockTest, ConnectionsTakeTurns) {
  ASSERT_TRUE(this->driver.stop());
  this->driver.start();
  for (std::uint32_t n = 0; n < 3; ++n) this->put(this->header(Op::request, n));
  this->offer(3);
  for (int n = 0; n < 3; ++n) EXPECT_EQ(this->heard(), Op::response);
  for (std::uint16_t n = 0; n < 3; ++n) this->host.say(n, std::string(300, 'x'));
  this->offer(6, 100);
  std::vector<std::uint32_t> turns;
  for (int n = 0; n < 6; ++n) turns.push_back(this->got().header.dst_port);
  EXPECT_EQ(turns, (std::vector<std::uint32_t>{0, 1, 2, 0, 1, 2}));
}

TYPED_TEST(VsockTest, MoreEventsThanATurnTakesAreMoreWork) {
  this->connect();
  for (int n = 0; n < 33; ++n) this->host.say(0, "");
  EXPECT_EQ(this->device.work(), Worked::some);
  EXPECT_EQ(this->device.work(), Worked::all);
  EXPECT_EQ(this->device.work(), Worked::nothing);
}

TYPED_TEST(VsockTest, AReceiveBufferWithoutRoomForAHeaderComesBackEmpty) {
  ASSERT_TRUE(this->driver.stop());
  this->driver.start();
  this->driver.post(Vsock::rx_queue, {}, {43});
  this->put(this->header(Op::request));
  const auto done = this->driver.collect(Vsock::rx_queue);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->written, 0u);
  EXPECT_EQ(this->device.counters().small_buffers, 1u);
}

TYPED_TEST(VsockTest, ABufferForAHeaderAloneCarriesNoData) {
  ASSERT_TRUE(this->driver.stop());
  this->driver.start();
  this->offer(1);
  this->connect();
  this->host.say(0, "data");
  this->driver.post(Vsock::rx_queue, {}, {44});
  this->driver.run(Vsock::rx_queue);
  EXPECT_EQ(this->driver.collect(Vsock::rx_queue)->written, 44u);
  this->offer(1);
  EXPECT_EQ(this->got().data, "data");
}

// --- the end ---

TYPED_TEST(VsockTest, AGuestThatClosesIsAnsweredWhenTheHostHasAll) {
  this->connect();
  this->host.peers[0].room = 2;
  this->put(this->header(Op::rw), "last");
  Header h = this->header(Op::shutdown);
  h.flags = 3;
  this->put(h);
  EXPECT_EQ(this->heard(), Op::invalid);
  this->host.make_room(0, 100);
  this->driver.work();
  EXPECT_EQ(this->host.peers[0].got, "last");
  EXPECT_EQ(this->heard(), Op::rst);
  EXPECT_FALSE(this->host.peers[0].open);
}

TYPED_TEST(VsockTest, AGuestThatSendsNoMoreStillReceives) {
  this->connect();
  Header h = this->header(Op::shutdown);
  h.flags = 2;
  this->put(h);
  EXPECT_TRUE(this->host.peers[0].finished);
  this->host.say(0, "answer");
  this->driver.work();
  EXPECT_EQ(this->got().data, "answer");
  this->put(this->header(Op::rw), "but");
  EXPECT_EQ(this->heard(), Op::rst) << "it said that it would not";
}

TYPED_TEST(VsockTest, AGuestThatReceivesNoMoreIsSentNothing) {
  this->connect();
  Header h = this->header(Op::shutdown);
  h.flags = 1;
  this->put(h);
  this->host.say(0, "unheard");
  this->driver.work();
  EXPECT_EQ(this->heard(), Op::invalid);
  this->put(this->header(Op::rw), "sent");
  EXPECT_EQ(this->host.peers[0].got, "sent");
}

TYPED_TEST(VsockTest, AHostThatEndsIsASideThatSendsNoMore) {
  this->connect();
  this->host.say(0, "bye");
  this->host.end(0);
  this->driver.work();
  EXPECT_EQ(this->got().data, "bye");
  const Packet shutdown = this->got();
  EXPECT_EQ(shutdown.op(), Op::shutdown);
  EXPECT_EQ(shutdown.header.flags, 2u);
  this->put(this->header(Op::rw), "still there");
  EXPECT_EQ(this->host.peers[0].got, "still there");
}

TYPED_TEST(VsockTest, AHostThatHangsUpIsHeardToItsEnd) {
  this->connect();
  this->host.say(0, "bye");
  this->host.hang_up(0);
  this->driver.work();
  EXPECT_EQ(this->got().header.flags, 1u);
  EXPECT_EQ(this->got().data, "bye");
  EXPECT_EQ(this->got().header.flags, 3u);
  this->put(this->header(Op::rw), "too late");
  this->put(this->header(Op::rst));
  EXPECT_EQ(this->device.live(), 0u);
  EXPECT_EQ(this->heard(), Op::invalid);
}

TYPED_TEST(VsockTest, ForAHostThatIsGoneTheGuestsBytesMakeRoomAgain) {
  this->connect();
  this->host.peers[0].gone = true;
  this->put(this->header(Op::rw), std::string(1000, 'x'));
  EXPECT_EQ(this->got().header.flags, 1u);
  this->put(this->header(Op::rw), std::string(1000, 'x'));
  EXPECT_EQ(this->device.counters().over_credit, 0u);
  EXPECT_EQ(this->got().header.fwd_cnt, 2000u);
}

TYPED_TEST(VsockTest, AResetOfTheGuestClosesTheHostsStream) {
  this->connect();
  this->put(this->header(Op::rst));
  EXPECT_FALSE(this->host.peers[0].open);
  EXPECT_EQ(this->heard(), Op::invalid);
}

TYPED_TEST(VsockTest, AResetOfTheDeviceClosesAllStreams) {
  this->connect();
  this->host.call(7);
  this->driver.work();
  ASSERT_TRUE(this->driver.stop());
  EXPECT_FALSE(this->host.peers[0].open);
  EXPECT_FALSE(this->host.peers[1].open);
  this->driver.start();
  this->offer(4);
  this->connect();
}

TYPED_TEST(VsockTest, WithoutReceiveBuffersTheDeviceStopsListeningAfterAWhile) {
  ASSERT_TRUE(this->driver.stop());
  this->driver.start();
  for (unsigned n = 0; n < 200; ++n) this->put(this->header(Op::rw, n));
  EXPECT_EQ(this->device.counters().resets, 68u);
  EXPECT_EQ(this->device.work(), Worked::nothing);
  EXPECT_FALSE(this->host.call(7) && (this->driver.work(), this->device.live() != 0));
  this->offer(40);
  EXPECT_GT(this->device.counters().resets, 68u);
}

TYPED_TEST(VsockTest, ABrokenRingAsksForAReset) {
  const Piece nowhere{Gpa{16}, 16, false};
  this->driver.raw_post(Vsock::tx_queue, {&nowhere, 1});
  this->driver.run(Vsock::tx_queue);
  EXPECT_EQ(this->driver.interrupts().resets, 1u);
}

TYPED_TEST(VsockTest, TheConfigurationIsTheGuestsCid) {
  EXPECT_EQ(this->device.read_config(0, Width::b8), 3u);
  EXPECT_EQ(this->device.read_config(4, Width::b8), 0u);
}

}  // namespace
}  // namespace takt::virtio
