// SPDX-License-Identifier: Apache-2.0
#include "host/dma_latency.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

namespace takt {
namespace {

/// In a VM, for one, the kernel has the device and no cpuidle driver that would look at it.
bool has_idle_states(const HostFiles& host) {
  const auto driver = host.line("sys/devices/system/cpu/cpuidle/current_driver");
  return driver && *driver != "none";
}

}  // namespace

Result<Fd> hold_dma_latency(std::uint32_t us, const HostFiles& host) {
  if (!has_idle_states(host)) return Fd{};
  Fd fd{::open((host.root() / "dev/cpu_dma_latency").c_str(), O_WRONLY | O_CLOEXEC)};
  if (!fd && (errno == ENOENT || errno == ENODEV || errno == ENXIO)) return Fd{};
  const auto wanted = static_cast<std::int32_t>(us);  // four bytes: a binary number
  if (!fd || ::write(fd.raw(), &wanted, sizeof wanted) != sizeof wanted) {
    auto error = sys_error(fmt::format("cpu-dma-latency: hold /dev/cpu_dma_latency at {} us", us));
    error.error().text +=
        " (run takt as root, or let this user write to it; cpu-dma-latency = \"off\" does without)";
    return error;
  }
  return fd;
}

}  // namespace takt
