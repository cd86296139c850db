// SPDX-License-Identifier: Apache-2.0
#include "virtio/console.h"

#include <gtest/gtest.h>

#include "virtio/console_fixture.h"
#include "virtio/test_driver.h"

namespace takt::virtio {
namespace {

using namespace fakes;
using console::Control;
using console::Event;
using std::string_view_literals::operator""sv;

std::string text_of(const Bytes& bytes, std::size_t n) {
  const auto* from = static_cast<const char*>(static_cast<const void*>(bytes.data()));
  return {from, std::min(n, bytes.size())};
}
std::span<const std::uint8_t> input(std::string_view text) {
  return {static_cast<const std::uint8_t*>(static_cast<const void*>(text.data())), text.size()};
}

template <class Format>
class ConsoleDeviceTest : public testing::Test {
 protected:
  static constexpr unsigned ctl_rx = ConsoleDevice::control_rx;
  static constexpr unsigned ctl_tx = ConsoleDevice::control_tx;

  ConsoleDeviceTest() { driver.start(); }

  void print(std::size_t port, std::string_view text) {
    driver.post(ConsoleDevice::tx_queue(port), {bytes_of(text)});
    driver.run(ConsoleDevice::tx_queue(port));
  }
  void say(Event event, std::uint32_t port, std::uint16_t value) {
    driver.post(ctl_tx, {bytes_of(Control{port, std::to_underlying(event), value})});
    driver.run(ctl_tx);
    driver.collect(ctl_tx);
  }
  void offer_controls(unsigned n) {
    for (; n > 0; --n) driver.post(ctl_rx, {}, {128});
    driver.run(ctl_rx);
  }
  /// The next message from the device, as "event port value rest".
  std::string heard() {
    const auto done = driver.collect(ctl_rx);
    if (!done) return "";
    Control control;
    std::memcpy(&control, done->in[0].data(), sizeof control);
    const std::string all = text_of(done->in[0], done->written);
    return std::to_string(control.event) + " " + std::to_string(control.id) + " " +
           std::to_string(control.value) + " " + all.substr(sizeof control);
  }
  /// As Linux opens all ports.
  void open_ports() {
    offer_controls(32);
    say(Event::device_ready, 0xffff'ffff, 1);
    for (std::uint32_t port = 0; port < 2; ++port) say(Event::port_ready, port, 1);
    for (std::uint32_t port = 0; port < 2; ++port) say(Event::port_open, port, 1);
    while (!heard().empty()) {
    }
  }

  RoomySink sink0, sink1;
  std::array<ConsolePort, 2> ports{
      ConsolePort{.name = "", .is_console = true, .sink = &sink0},
      ConsolePort{.name = "org.takt.agent", .is_console = false, .sink = &sink1}};
  ConsoleDevice device{ports};
  TestDriver<Format> driver{device};
};
using Formats = testing::Types<Split, Packed>;
TYPED_TEST_SUITE(ConsoleDeviceTest, Formats);

TYPED_TEST(ConsoleDeviceTest, HasTwoQueuesForEachPortAndTwoForControl) {
  EXPECT_EQ(this->device.queue_sizes().size(), 6u);
  EXPECT_EQ(ConsoleDevice::rx_queue(0), 0u);
  EXPECT_EQ(ConsoleDevice::tx_queue(1), 5u);
  EXPECT_EQ(this->device.read_config(4, Width::b4), 2u);
}

TYPED_TEST(ConsoleDeviceTest, WhatIsPrintedReachesThePortsSink) {
  this->print(0, "hello ");
  this->print(1, "agent");
  this->print(0, "world");
  EXPECT_EQ(this->sink0.text, "hello world");
  EXPECT_EQ(this->sink1.text, "agent");
  EXPECT_TRUE(this->driver.collect(ConsoleDevice::tx_queue(0)));
}

TYPED_TEST(ConsoleDeviceTest, AFullSinkKeepsTheRestInTheRingUntilItHasRoom) {
  this->sink0.room = 4;
  this->driver.post(1, {bytes_of("abc"sv), bytes_of("defgh"sv)});
  this->driver.run(1);
  EXPECT_EQ(this->sink0.text, "abcd");
  EXPECT_FALSE(this->driver.collect(1));
  EXPECT_EQ(this->device.work(), Worked::nothing);
  this->sink0.room = 2;
  this->device.tx_resume(0);
  EXPECT_EQ(this->sink0.text, "abcdef");
  this->sink0.room = 100;
  this->device.tx_resume(0);
  EXPECT_EQ(this->sink0.text, "abcdefgh");
  EXPECT_TRUE(this->driver.collect(1));
  EXPECT_EQ(this->driver.interrupts().used[1], 1u);
}

TYPED_TEST(ConsoleDeviceTest, ATurnMovesFourKibibytesAndComesBackForMore) {
  this->driver.post(1, {Bytes(10'000, std::byte{'x'})});
  this->driver.kick(1);
  EXPECT_EQ(this->device.work(), Worked::some);
  EXPECT_EQ(this->sink0.text.size(), 4096u);
  this->driver.work();
  EXPECT_EQ(this->sink0.text.size(), 10'000u);
}

TYPED_TEST(ConsoleDeviceTest, APortWithMuchToSayLetsTheOtherSpeak) {
  this->driver.post(1, {Bytes(20'000, std::byte{'x'})});
  this->driver.post(5, {bytes_of("other"sv)});
  this->driver.kick(1);
  this->driver.kick(5);
  static_cast<void>(this->device.work());
  static_cast<void>(this->device.work());
  EXPECT_EQ(this->sink1.text, "other");
  EXPECT_LT(this->sink0.text.size(), 20'000u);
}

TYPED_TEST(ConsoleDeviceTest, APortWithoutASinkDropsItsOutput) {
  ConsoleDevice lone{std::array{ConsolePort{}}};
  TestDriver<TypeParam> d{lone};
  d.start();
  d.post(1, {bytes_of("nobody"sv)});
  d.run(1);
  EXPECT_TRUE(d.collect(1));
}

TYPED_TEST(ConsoleDeviceTest, AFullPortDoesNotHoldUpTheOther) {
  this->sink0.room = 0;
  this->print(0, "stuck");
  this->print(1, "free");
  EXPECT_EQ(this->sink1.text, "free");
}

// --- the conversation ---

TYPED_TEST(ConsoleDeviceTest, TellsOfItsPortsAndWhatTheyAre) {
  this->offer_controls(16);
  EXPECT_EQ(this->heard(), "");
  this->say(Event::device_ready, 0, 1);
  EXPECT_EQ(this->heard(), "1 0 1 ");
  EXPECT_EQ(this->heard(), "1 1 1 ");
  EXPECT_EQ(this->heard(), "");
  this->say(Event::port_ready, 0, 1);
  EXPECT_EQ(this->heard(), "4 0 1 ");
  EXPECT_EQ(this->heard(), "6 0 1 ");
  this->say(Event::port_ready, 1, 1);
  EXPECT_EQ(this->heard(), "7 1 1 org.takt.agent");
  EXPECT_EQ(this->heard(), "6 1 1 ");
  EXPECT_EQ(this->heard(), "");
}

TYPED_TEST(ConsoleDeviceTest, WhatTheDriverHasNoBufferForIsSaidLater) {
  this->say(Event::device_ready, 0, 1);
  EXPECT_EQ(this->heard(), "");
  this->offer_controls(1);
  EXPECT_EQ(this->heard(), "1 0 1 ");
  this->offer_controls(1);
  EXPECT_EQ(this->heard(), "1 1 1 ");
}

TYPED_TEST(ConsoleDeviceTest, MessagesThatMakeNoSenseAreCounted) {
  this->say(Event::port_ready, 2, 1);
  this->say(Event::port_open, 0xffff'ffff, 1);
  this->say(Event::resize, 0, 1);
  this->say(static_cast<Event>(0xffff), 0, 1);
  this->driver.post(this->ctl_tx, {Bytes(7)});
  this->driver.run(this->ctl_tx);
  EXPECT_EQ(this->device.counters().bad_control, 5u);
}

TYPED_TEST(ConsoleDeviceTest, ADriverThatFailsIsToldOfNoPorts) {
  this->offer_controls(4);
  this->say(Event::device_ready, 0, 0);
  EXPECT_EQ(this->heard(), "");
}

TYPED_TEST(ConsoleDeviceTest, AHostThatLeavesAndComesBackIsToldOf) {
  this->open_ports();
  this->device.connect(1, false);
  EXPECT_EQ(this->heard(), "6 1 0 ");
  this->device.connect(1, false);
  this->device.connect(1, true);
  EXPECT_EQ(this->heard(), "6 1 1 ");
  EXPECT_EQ(this->heard(), "");
}

TYPED_TEST(ConsoleDeviceTest, ANewSizeIsInTheConfigurationAndTold) {
  this->open_ports();
  this->device.resize(132, 50);
  EXPECT_EQ(this->device.read_config(0, Width::b4), 132u | 50u << 16);
  EXPECT_EQ(this->driver.interrupts().config, 1u);
  EXPECT_EQ(this->heard(), "5 0 1 " + std::string("\x32\x00\x84\x00", 4)) << "rows, then columns";
}

// --- input ---

TYPED_TEST(ConsoleDeviceTest, InputFillsTheGuestsBuffers) {
  this->open_ports();
  this->driver.post(0, {}, {4});
  this->driver.post(0, {}, {16});
  EXPECT_EQ(this->device.room(0), 4u);
  EXPECT_EQ(this->device.receive(0, input("keyboard")), 8u);
  EXPECT_EQ(text_of(this->driver.collect(0)->in[0], 4), "keyb");
  const auto second = this->driver.collect(0);
  EXPECT_EQ(second->written, 4u);
  EXPECT_EQ(text_of(second->in[0], 4), "oard");
  EXPECT_EQ(this->driver.interrupts().used[0], 1u);
}

TYPED_TEST(ConsoleDeviceTest, InputBeyondTheGuestsBuffersIsNotTaken) {
  this->open_ports();
  this->driver.post(4, {}, {3});
  EXPECT_EQ(this->device.receive(1, input("keyboard")), 3u);
  EXPECT_EQ(this->device.room(1), 0u);
  EXPECT_EQ(this->device.receive(1, input("board")), 0u);
}

TYPED_TEST(ConsoleDeviceTest, APortThatTheGuestHasNotOpenedTakesNothing) {
  this->driver.post(0, {}, {16});
  EXPECT_EQ(this->device.receive(0, input("x")), 0u);
  EXPECT_EQ(this->device.room(0), 0u);
  this->open_ports();
  EXPECT_EQ(this->device.receive(0, input("x")), 1u);
  this->say(Event::port_open, 0, 0);
  this->driver.post(0, {}, {16});
  EXPECT_EQ(this->device.receive(0, input("x")), 0u);
}

TYPED_TEST(ConsoleDeviceTest, ADriverWithoutMultiportHasTheFirstPortAndNoMore) {
  ASSERT_TRUE(this->driver.stop());
  this->driver.start(TestDriver<TypeParam>::ring_features);
  this->driver.post(0, {}, {16});
  EXPECT_EQ(this->device.receive(0, input("in")), 2u);
  this->driver.post(4, {}, {16});
  EXPECT_EQ(this->device.receive(1, input("in")), 0u);
  this->print(0, "out");
  this->print(1, "nowhere");
  EXPECT_EQ(this->sink0.text, "out");
  EXPECT_EQ(this->sink1.text, "");
}

// --- before and after ---

TYPED_TEST(ConsoleDeviceTest, AnEmergencyWriteNeedsNoDriver) {
  ASSERT_TRUE(this->driver.stop());
  this->device.write_config(8, Width::b4, 0xffffff00u | '!');
  EXPECT_EQ(this->sink0.text, "!");
  this->sink0.room = 0;
  this->device.write_config(8, Width::b4, '?');
  EXPECT_EQ(this->device.counters().emergency_lost, 1u);
}

TYPED_TEST(ConsoleDeviceTest, HostCallsAreHarmlessWithoutADriver) {
  ASSERT_TRUE(this->driver.stop());
  this->device.tx_resume(0);
  this->device.resize(1, 2);
  this->device.connect(1, false);
  EXPECT_EQ(this->device.receive(0, input("x")), 0u);
  EXPECT_EQ(this->device.work(), Worked::nothing);
}

TYPED_TEST(ConsoleDeviceTest, AResetForgetsWhatWasHalfSent) {
  this->sink0.room = 3;
  this->print(0, "abcdef");
  ASSERT_TRUE(this->driver.stop());
  this->driver.start();
  this->sink0.room = 100;
  this->print(0, "xyz");
  EXPECT_EQ(this->sink0.text, "abcxyz");
}

TYPED_TEST(ConsoleDeviceTest, AQueueThatIsResetForgetsWhatWasHalfSent) {
  this->sink0.room = 3;
  this->print(0, "abcdef");
  EXPECT_TRUE(this->device.stop_queue(1));
  this->sink0.room = 100;
  this->device.tx_resume(0);
  EXPECT_EQ(this->sink0.text, "abc");
  this->device.restart_queue(1);
  EXPECT_EQ(this->device.state().ports[0].sent, 0u);
}

TYPED_TEST(ConsoleDeviceTest, ABrokenRingAsksForAReset) {
  const Piece nowhere{Gpa{16}, 16, false};
  this->driver.raw_post(1, {&nowhere, 1});
  this->driver.run(1);
  EXPECT_EQ(this->driver.interrupts().resets, 1u);
}

}  // namespace
}  // namespace takt::virtio
