// SPDX-License-Identifier: Apache-2.0
// The other end of the control socket: one request of a VM, by its name.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace takt::ctl {

struct Reply {
  unsigned status = 0;
  std::string body;

  [[nodiscard]] bool is_good() const { return status >= 200 && status < 300; }
};

/// The reply to an HTTP/1.0 request: a status line, headers that are skipped, the rest is the body.
[[nodiscard]] std::optional<Reply> parse_reply(std::string_view text);

/// The text of {"error": text}, or the body's first line.
[[nodiscard]] std::string error_of(const Reply& reply);

/// Where the VM called `name` listens: a name with a '/' in it is a socket's path.
[[nodiscard]] Result<std::string> path_of(std::string_view name);

/// Sends a request and waits for the reply, ten seconds at most for each piece. A VM that is not
/// there is an error that names those that are; a refusal of the VM's is an error too.
[[nodiscard]] Result<std::string> request(std::string_view name, std::string_view method,
                                          std::string_view target);

}  // namespace takt::ctl
