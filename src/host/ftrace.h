// SPDX-License-Identifier: Apache-2.0
// The tracer of the host's kernel (Documentation/trace/ftrace.rst, "Instances"): an instance of our
// own, so that nobody else's tracing is touched. What happens on the host's CPUs goes into a ring
// of the kernel's for each CPU, which is written over; read() tells what is in it.
//
// For threads of the control plane only: everything here blocks, read() for as long as the kernel
// needs to print what it has. What a vCPU pays is in the README, "Seeing what happened".
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/pi_mutex.h"
#include "base/result.h"
#include "record/host_event.h"

namespace takt {

class Ftrace {
 public:
  /// Begins to trace into the instance takt-NAME-PID, after removing what a takt that was killed
  /// has left. Needs root and a mounted tracefs; mounts nothing. `root` is a test's.
  ///
  /// Before vCPUs run: switching tracepoints on interrupts every CPU once for each of them.
  static Result<std::unique_ptr<Ftrace>> create(const std::string& name,
                                                const std::filesystem::path& root = "/");
  /// The same in an instance that exists already.
  static Result<std::unique_ptr<Ftrace>> create_in(std::filesystem::path instance);
  Ftrace(const Ftrace&) = delete;
  Ftrace& operator=(const Ftrace&) = delete;
  /// Removes the instance. Blocks for a grace period of RCU.
  ~Ftrace();

  /// What has happened since `since_ns` (CLOCK_MONOTONIC_RAW) as far as the rings still have it,
  /// oldest first; times are cut to microseconds. What happens during the call is not traced. Any
  /// thread that may block.
  [[nodiscard]] Result<std::vector<HostEvent>> read(std::uint64_t since_ns = 0) const;

 private:
  Ftrace(std::filesystem::path instance, Fd on)
      : instance_{std::move(instance)}, on_{std::move(on)} {}
  Result<> start();

  std::filesystem::path instance_;
  Fd on_;  // tracing_on. While it is open the kernel lets nobody remove the instance.
  mutable PiMutex reading_;  // held while it blocks: by threads of the control plane only
};

}  // namespace takt
