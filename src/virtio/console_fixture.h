// SPDX-License-Identifier: Apache-2.0
// For tests and fuzzers of the console device.
#pragma once

#include <cstdint>
#include <string>

#include "bus/byte_sink.h"

namespace takt::virtio::fakes {

/// Keeps what it takes; full when `room` is used up.
class RoomySink final : public ByteSink {
 public:
  [[nodiscard]] bool push(std::uint8_t byte) RT override {
    if (room == 0) return false;
    --room;
    text.push_back(static_cast<char>(byte));
    return true;
  }
  std::size_t room = SIZE_MAX;
  std::string text;
};

}  // namespace takt::virtio::fakes
