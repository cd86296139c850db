// SPDX-License-Identifier: Apache-2.0
// Where the transmitter's frames go: to the host, or in loopback (317453, 13.4.22 RCTL.LBM; PCTRL
// of the PHY) to the device's own receiver.
#pragma once

#include <sys/uio.h>

#include <span>

#include "base/rt.h"
#include "bus/frame_port.h"

namespace takt::e1000 {

class Wire {
 public:
  virtual ~Wire() = default;
  /// What may be left undone.
  [[nodiscard]] virtual FrameOffloads offloads() const RT = 0;
  /// As FramePort::send().
  [[nodiscard]] virtual bool send(const FrameHeader& header, std::span<const iovec> pieces) RT = 0;
  virtual void want_send(bool want) RT = 0;
};

}  // namespace takt::e1000
