// SPDX-License-Identifier: Apache-2.0
// Threads that the kernel starts to serve a VM. They are found by their names (sources, Linux):
//   kvm-pit/PID                  kernel thread, PID the process's (arch/x86/kvm/i8254.c)
//   kvm-nx-lpage-recovery-PID    kernel thread, PID the creating thread's (virt/kvm/kvm_main.c);
//                                /proc/PID/comm has it whole since 5.17, before that the pid is cut
//                                off after 15 characters and the thread cannot be told from others'
//   kvm-nx-lpage-re              since 6.14 a thread of our own process, made by the vCPU that
//   first
//                                enters the guest, whose policy, priority and CPUs it inherits
//   vhost-PID                    kernel thread; since 6.4 a thread of our own process
//                                (drivers/vhost/vhost.c, kernel/vhost_task.c)
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "host/host_files.h"

namespace takt {

struct HelperThread {
  pid_t tid = 0;
  std::string name = {};
  bool operator==(const HelperThread&) const = default;
};

/// Those that serve process `pid` now, sorted by name and thread. Reads all of /proc: not for
/// real-time threads. What ends meanwhile is left out; in a PID namespace of its own a process does
/// not see kernel threads.
[[nodiscard]] std::vector<HelperThread> find_helper_threads(pid_t pid, const HostFiles& host = {});

/// Whether a kernel thread of this name serves process `pid`.
[[nodiscard]] bool is_helper_of(pid_t pid, std::string_view name);

}  // namespace takt
