// SPDX-License-Identifier: Apache-2.0
// A control group of the kernel's resctrl file system: a share of the last-level cache and of the
// memory bandwidth (Intel RDT, AMD QoS, Arm MPAM) for some threads. Linux, filesystems/resctrl.rst.
// Set-up only; each call may block for as long as the kernel takes.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "host/host_files.h"

namespace takt {

class ResctrlGroup {
 public:
  /// Makes the group `name` with these lines, such as "L3:0=f0". One that a process that is no more
  /// left behind is taken over; one in use is an error: its owner holds a lock (flock) on it. An
  /// error quotes what the kernel says in info/last_cmd_status, and leaves no group.
  static Result<ResctrlGroup> create(std::string_view name,
                                     const std::vector<std::string>& schemata,
                                     const HostFiles& host = {});
  ResctrlGroup(ResctrlGroup&& other) noexcept;
  ResctrlGroup& operator=(ResctrlGroup&&) = delete;
  /// Removes the group; its threads fall back to the root group.
  ~ResctrlGroup();

  /// Moves a thread into the group.
  [[nodiscard]] Result<> add_thread(pid_t tid) const;

 private:
  ResctrlGroup(std::filesystem::path root, std::filesystem::path group, Fd lock)
      : root_{std::move(root)}, group_{std::move(group)}, lock_{std::move(lock)} {}
  [[nodiscard]] Result<> write(std::string_view file, std::string_view text) const;

  std::filesystem::path root_;
  std::filesystem::path group_;  // empty when moved from
  Fd lock_;
};

}  // namespace takt
