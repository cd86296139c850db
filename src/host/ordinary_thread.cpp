// SPDX-License-Identifier: Apache-2.0
#include "host/ordinary_thread.h"

#include <sched.h>

#include <utility>

namespace takt {

/// By the thread itself, before its body: so that no error leaves a thread to be told to end.
Result<Thread> start_ordinary_thread(const std::string& name, std::function<void()> body) {
  return Thread::start(name, [body = std::move(body)] {
    const sched_param param{};
    ::sched_setscheduler(0, SCHED_OTHER, &param);  // a lower policy is never refused
    body();
  });
}

}  // namespace takt
