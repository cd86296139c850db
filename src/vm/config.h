// SPDX-License-Identifier: Apache-2.0
// What the user asked for. One schema (config_schema.cpp) fills it, from the command line and from
// a file alike; check_config() looks at the whole before anything is changed on the host.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/thread.h"
#include "base/units.h"
#include "host/console_endpoint.h"
#include "host/guest_ram.h"

namespace takt {

/// What to do about a real-time attribute that the host does not grant.
enum class RtMode : std::uint8_t { strict, best_effort };

/// On, off, or on exactly when a thread of the VM has a real-time policy.
enum class Switch : std::uint8_t { automatic, on, off };

struct VmConfig {
  std::string name = "takt";
  std::string kernel = {};
  std::optional<std::string> initrd = {};
  std::string cmdline = {};
  std::uint64_t memory = 512_MiB;
  std::uint32_t cpus = 1;

  PageSize hugepages = PageSize::base;
  Switch prefault = Switch::automatic;
  Switch mlock = Switch::automatic;

  RtMode rt_mode = RtMode::strict;
  std::map<std::uint32_t, Placement> vcpus = {};   // by vCPU number
  std::map<std::string, Placement> servers = {};   // by server name
  std::uint32_t disable_exits = 0;                 // mask of kvm::DisableExit
  std::optional<std::uint32_t> halt_poll_ns = {};  // absent: the host's default

  ConsoleTarget console = {.kind = ConsoleKind::stdio};
  ConsoleTarget debug_console = {};
  bool pit = false;
  bool testdev = false;

  bool print_effective = false;
  bool print_stats = false;
  std::optional<std::string> dump_acpi = {};
};

/// The device servers of this version; --server knows no other names.
inline constexpr std::string_view console_server = "console";

[[nodiscard]] bool wants_real_time(const VmConfig& config);
[[nodiscard]] bool is_on(Switch value, const VmConfig& config);

/// The end of a step that asks for a real-time attribute: a refusal stays an error in strict mode
/// and becomes a warning on stderr in best-effort mode.
[[nodiscard]] Result<> granted(const VmConfig& config, Result<> result);

/// What can be said without touching the host's KVM: the kernel is named, CPUs exist on this
/// machine, priorities fit policies, numbers fit each other. One line for the first mistake.
[[nodiscard]] Result<> check_config(const VmConfig& config);

}  // namespace takt
