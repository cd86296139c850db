// SPDX-License-Identifier: Apache-2.0
// passt(1): a network for a guest of a user who has no rights on the host's. A process of its own,
// which speaks the guest's frames at one end and ordinary sockets at the other.
#pragma once

#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace takt {

/// Starts passt and waits until it is ready; for set-up, for it forks. The socket is for
/// StreamPort::adopt(). passt is in the background by itself, in namespaces of its own, and ends
/// when this socket is closed, by whatever end of takt. `arguments` are the user's, "-t 2222:22"
/// for one. The error is passt's own, on one line, or says that it is not installed.
[[nodiscard]] Result<Fd> start_passt(const std::vector<std::string>& arguments = {},
                                     const std::string& program = "passt");

}  // namespace takt
