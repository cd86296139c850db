// SPDX-License-Identifier: Apache-2.0
// Where a VM's control socket is, and the making of it. Set-up only.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "vm/config.h"

namespace takt::ctl {

/// The directory of the user's sockets: $XDG_RUNTIME_DIR/takt, for root /run/takt. An error when
/// there is none.
[[nodiscard]] Result<std::string> socket_directory();

/// A VM has a socket when it has a name of its own, or --control says where: two VMs that nobody
/// named do not fight for one.
[[nodiscard]] Result<std::optional<std::string>> socket_path(const VmConfig& config);

/// A socket that listens, for this user alone, and that goes away with this object.
class ListeningSocket {
 public:
  /// Takes over the place of a takt that died; a living one is an error that says what to do.
  static Result<ListeningSocket> create(const std::string& path);
  ListeningSocket(ListeningSocket&&) = default;
  ListeningSocket& operator=(ListeningSocket&&) = delete;
  ~ListeningSocket();

  [[nodiscard]] const Fd& fd() const { return fd_; }

 private:
  ListeningSocket(std::string path, Fd fd);

  std::string path_;
  Fd fd_;
  ino_t inode_ = 0;
};

/// Connects, and gives up on a peer that is silent for some seconds.
[[nodiscard]] Result<Fd> connect_to(const std::string& path);

/// The names of the VMs whose sockets are in `directory` and answer.
[[nodiscard]] std::vector<std::string> running_vms(const std::string& directory);

}  // namespace takt::ctl
