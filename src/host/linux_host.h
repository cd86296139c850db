// SPDX-License-Identifier: Apache-2.0
// What a Linux host of any architecture says about its kernel. Set-up only.
#pragma once

#include <string>
#include <string_view>

#include "host/host_files.h"

namespace takt::linux_host {

/// Whether the kernel is PREEMPT_RT: its version says so, and in some trees /sys/kernel/realtime.
[[nodiscard]] bool is_preempt_rt(const HostFiles& host = {});

/// 612 for Linux 6.12; 0 when it is not told.
[[nodiscard]] int kernel_version(const HostFiles& host = {});

/// The value of the last `key`=VALUE on the kernel's command line; "" when there is none. What
/// stands behind "--" is init's.
[[nodiscard]] std::string kernel_parameter(const HostFiles& host, std::string_view key);
/// Whether `word` stands on the command line, with a value or without.
[[nodiscard]] bool has_kernel_word(const HostFiles& host, std::string_view word);

}  // namespace takt::linux_host
