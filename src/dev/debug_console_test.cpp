// SPDX-License-Identifier: Apache-2.0
#include "dev/debug_console.h"

#include <gtest/gtest.h>

#include "dev/fakes.h"

namespace takt {
namespace {

TEST(DebugConsole, WritePrintsACharacter) {
  fakes::RecordingByteSink sink;
  DebugConsole console{sink};
  fakes::outb(console, 0, 'A');
  EXPECT_EQ(sink.bytes, std::vector<std::uint8_t>{'A'});
}

TEST(DebugConsole, ReadGivesThePortsOwnNumber) {
  fakes::RecordingByteSink sink;
  DebugConsole console{sink};
  EXPECT_EQ(fakes::inb(console, 0), 0xe9);
}

TEST(DebugConsole, CharacterForAFullSinkIsLostAndCounted) {
  fakes::RecordingByteSink sink;
  DebugConsole console{sink};
  sink.room = 1;
  fakes::outb(console, 0, 'A');
  fakes::outb(console, 0, 'B');
  EXPECT_EQ(console.lost(), 1u);
  EXPECT_EQ(sink.bytes.size(), 1u);
}

}  // namespace
}  // namespace takt
