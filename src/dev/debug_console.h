// SPDX-License-Identifier: Apache-2.0
// The debug console of Bochs and QEMU, one port, usually 0xe9: a write prints a character, a read
// gives the port's own number, which is how a guest finds it. There is no "not ready": what the
// sink does not take is lost, and counted.
//
// A single-threaded state machine: vCPU threads come through bus/serialized.h.
#pragma once

#include <cstdint>

#include "bus/byte_sink.h"
#include "bus/device.h"

namespace takt {

class DebugConsole : public Device {
 public:
  static constexpr std::uint64_t region_bytes = 1;
  static constexpr Width widest = Width::b1;
  static constexpr std::uint8_t signature = 0xe9;

  explicit DebugConsole(ByteSink& sink) : sink_{sink} {}

  [[nodiscard]] std::string_view name() const override { return "debug_console"; }
  std::uint64_t read(Access access) RT override;
  void write(Access access, std::uint64_t value) RT override;

  /// Characters that the sink did not take.
  [[nodiscard]] std::uint64_t lost() const RT { return lost_; }

 private:
  ByteSink& sink_;
  std::uint64_t lost_ = 0;
};

}  // namespace takt
