// SPDX-License-Identifier: Apache-2.0
// /dev/cpu_dma_latency: keeps all CPUs of the host out of idle states that take longer to leave
// than is bearable, for as long as it is held open (Linux, power/pm_qos_interface.rst). Set-up
// only.
#pragma once

#include <cstdint>

#include "base/fd.h"
#include "base/result.h"
#include "host/host_files.h"

namespace takt {

/// Asks for at most `us` microseconds; in force until the descriptor is closed, also by the end of
/// the process. An invalid descriptor when there is nothing to ask: a host without the device, or
/// without idle states. An error when this user may not.
[[nodiscard]] Result<Fd> hold_dma_latency(std::uint32_t us, const HostFiles& host = {});

}  // namespace takt
