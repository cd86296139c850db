// SPDX-License-Identifier: Apache-2.0
// What the user asked for. One schema (config_schema.cpp) fills it, from the command line and from
// a file alike; check_config() looks at the whole before anything is changed on the host.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/thread.h"
#include "base/units.h"
#include "host/console_endpoint.h"
#include "host/guest_ram.h"
#include "vm/pci_config.h"

namespace takt {

/// What to do about a real-time attribute that the host does not grant.
enum class RtMode : std::uint8_t { strict, best_effort };

/// The console's device, where the board has a choice.
enum class UartModel : std::uint8_t { pl011, ns16550 };

/// The interrupt controller; automatic: the best that the host has.
enum class GicChoice : std::uint8_t { automatic, v3, v2 };

/// On, off, or on exactly when a thread of the VM has a real-time policy.
enum class Switch : std::uint8_t { automatic, on, off };

/// Who does the guest's accesses to a device: see ARCHITECTURE.md, "How an access runs".
enum class AccessPolicy : std::uint8_t {
  lock,    // A: the vCPU's thread, under the device's lock
  server,  // B: the device's server
};

/// What the user wants otherwise than the board.
struct DeviceConfig {
  std::optional<std::string> server = {};
  std::optional<AccessPolicy> access = {};
};

/// How long what may take, in us; absent: it is not watched. See ARCHITECTURE.md, "Budgets".
struct Budgets {
  static constexpr std::uint32_t most_us = 500'000;  // Record::took holds it at any clock rate

  std::optional<std::uint32_t> exit_us = {};    // a vCPU's access, until the guest could go on
  std::optional<std::uint32_t> wakeup_us = {};  // a vCPU or server that could run, until it ran
  std::optional<std::uint32_t> job_us = {};     // a job of any server
  std::map<std::string, std::uint32_t> server_job_us = {};  // by server name: instead of job_us
  std::optional<std::string> bundles = {};  // the directory; absent: default_bundle_directory()

  [[nodiscard]] bool any() const {
    return exit_us || wakeup_us || job_us || !server_job_us.empty();
  }
};

struct VmConfig {
  std::string name = "takt";
  bool is_named = false;                    // by the user
  std::optional<std::string> control = {};  // socket's path, or "none"; absent: see ctl/socket.h
  std::string kernel = {};
  std::optional<std::string> initrd = {};
  std::string cmdline = {};
  std::uint64_t memory = 512_MiB;
  std::uint32_t cpus = 1;

  PageSize hugepages = PageSize::base;
  Switch prefault = Switch::automatic;
  Switch mlock = Switch::automatic;

  RtMode rt_mode = RtMode::strict;
  std::map<std::uint32_t, Placement> vcpus = {};  // by vCPU number
  std::map<std::string, Placement> servers = {};  // by server name
  std::map<std::string, std::uint32_t> server_poll_us =
      {};                                            // by server name: EventLoop::poll_for()
  std::map<std::string, DeviceConfig> devices = {};  // by device name
  std::optional<Placement> helpers = {};             // of the kernel's threads that serve the VM
  Switch cpu_dma_latency = Switch::automatic;
  std::uint32_t cpu_dma_latency_us = 0;   // when it is on
  std::vector<std::string> resctrl = {};  // lines of schemata; empty: no control group
  Budgets budget = {};
  std::uint32_t disable_exits = 0;                 // mask of kvm::disable_exits()
  std::optional<std::uint32_t> halt_poll_ns = {};  // absent: the host's default

  ConsoleTarget console = {.kind = ConsoleKind::stdio};
  ConsoleTarget debug_console = {};
  std::map<std::string, NetOptions> nets = {};      // by device name
  std::map<std::string, DiskOptions> disks = {};    // by device name
  std::map<std::string, ConsoleTarget> ports = {};  // of the virtio console, by port name
  bool virtio_mmio = false;  // virtio devices in windows of memory, not on PCI
  bool rng = false;
  std::uint64_t rng_limit = 0;  // bytes per second; 0: none
  bool balloon = false;
  std::optional<VsockOptions> vsock = {};
  bool testdev = false;
  bool pit = false;                      // x86
  UartModel uart = UartModel::pl011;     // arm64
  GicChoice gic = GicChoice::automatic;  // arm64
  bool flat = false;                     // arm64: a kernel of no known format is a flat binary

  bool print_effective = false;
  bool print_stats = false;
  Switch trace_host = Switch::automatic;        // see traces_host()
  std::optional<std::string> trace_file = {};   // where the trace of the last moments goes
  std::optional<std::string> dump_tables = {};  // to where: see dump_tables()
};

[[nodiscard]] bool wants_real_time(const VmConfig& config);
[[nodiscard]] bool is_on(Switch value, const VmConfig& config);

/// Whether each vCPU has a real-time policy and a CPU for itself among the VM's real-time threads:
/// the guest may then poll while it is idle, and needs no help with locks.
[[nodiscard]] bool has_dedicated_cpus(const VmConfig& config);

/// Whether the host's kernel is traced. Not unless asked for, or to explain what missed a budget:
/// each wake-up of a vCPU then takes a third longer (README, "Seeing what happened").
[[nodiscard]] bool traces_host(const VmConfig& config);

/// The end of a step that asks for a real-time attribute: a refusal stays an error in strict mode
/// and becomes a warning on stderr in best-effort mode.
[[nodiscard]] Result<> granted(const VmConfig& config, Result<> result);

/// The part of check_config() that a machine with the CPUs `online` decides: that its CPUs exist
/// there, priorities fit policies, memory fits pages.
[[nodiscard]] Result<> check_placements(const VmConfig& config, const CpuList& online);

/// What can be said without touching the host's KVM: the kernel is named, CPUs exist on this
/// machine, priorities fit policies, numbers fit each other. One line for the first mistake.
[[nodiscard]] Result<> check_config(const VmConfig& config);

}  // namespace takt
