// SPDX-License-Identifier: Apache-2.0
// A thread that does for a server what may block.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "base/thread.h"

namespace takt {

/// As Thread::start(), but with the policy OTHER whatever the starter's is: a user who wants it
/// otherwise places it by its tid().
[[nodiscard]] Result<Thread> start_ordinary_thread(const std::string& name,
                                                   std::function<void()> body);

}  // namespace takt
