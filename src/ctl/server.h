// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 on a Unix socket, by Boost.Beast, on the one thread that calls serve(). Requests are
// bounded (header 4 KiB, body 4 KiB); a client has 10 s for each, however it drips; when more than
// 16 are connected the oldest goes. Nobody hangs it, and it never starts a thread.
#pragma once

#include <memory>

#include "base/result.h"
#include "ctl/api.h"
#include "ctl/socket.h"

namespace takt::ctl {

class Server {
 public:
  /// `vm` outlives serve().
  static Result<std::unique_ptr<Server>> create(ListeningSocket socket, ControlledVm& vm);
  virtual ~Server() = default;
  /// Answers until stop(). Blocks.
  virtual void serve() = 0;
  /// Any thread, also before serve().
  virtual void stop() = 0;
};

}  // namespace takt::ctl
