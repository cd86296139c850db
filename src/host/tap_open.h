// SPDX-License-Identifier: Apache-2.0
// How a tap interface is opened, and what is said when that fails. Set-up only.
#pragma once

#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "bus/frame_port.h"

namespace takt {

/// The descriptors of `queues` queues of tap interface `name`: non-blocking, each frame behind a
/// FrameHeader and, with more `header_bytes` than that has, what follows it (virtio 1.2, 5.1.6). An
/// interface that is not there is made, and brought up, where the user may; it goes with the last
/// descriptor. One that is there is left up or down, as the administrator has it.
[[nodiscard]] Result<std::vector<Fd>> open_tap(const std::string& name, unsigned queues,
                                               int header_bytes = sizeof(FrameHeader));

/// The same for a descriptor that somebody else has opened and bound to an interface.
[[nodiscard]] Result<Fd> check_tap(Fd fd, int header_bytes = sizeof(FrameHeader));

}  // namespace takt
