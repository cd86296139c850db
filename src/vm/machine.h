// SPDX-License-Identifier: Apache-2.0
// A virtual machine from configuration to exit status. The order of the members is the order of
// construction, and its reverse the order of destruction.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cycles.h"
#include "base/quiescence.h"
#include "base/result.h"
#include "base/whole_file.h"
#include "bus/guest_mem.h"
#include "host/console.h"
#include "host/ftrace.h"
#include "host/guest_ram.h"
#include "kvm/system.h"
#include "kvm/vcpu_fd.h"
#include "kvm/vm_fd.h"
#include "vm/board.h"
#include "vm/budget_watch.h"
#include "vm/config.h"
#include "vm/life_cycle.h"
#include "vm/servers.h"
#include "vm/vcpu_thread.h"

namespace takt {

class Machine {
 public:
  ~Machine();
  /// Everything that can fail because of the user or the host, except what threads are granted.
  /// Nothing runs yet.
  static Result<std::unique_ptr<Machine>> create(VmConfig config);

  /// Starts, waits for the end, stops everything in order. On the caller's thread, which blocks;
  /// SIGINT, SIGTERM and SIGHUP end the VM, SIGPWR presses its power button. Once.
  Result<Outcome> run();

  /// JSON: what is in force for the VM and each of its threads. While run() has threads.
  [[nodiscard]] Result<std::string> effective_state() const;
  /// JSON: what was counted. After run().
  [[nodiscard]] std::string statistics() const;
  /// After run(): what KVM said, for a person; "" unless it failed.
  [[nodiscard]] std::string failure() const;

 private:
  Machine(VmConfig config, LifeCycle life) : config_{std::move(config)}, life_{std::move(life)} {}
  Result<> open_files();
  Result<> open_bundles();
  Result<> create_vm();
  Result<> create_memory();
  Result<> create_vcpus();
  Result<> create_consoles();
  Result<> create_board_and_boot();
  void set_budgets(Server& server) const;
  void set_budgets(VcpuThread& vcpu) const;
  Result<> start_threads();
  Result<> place(std::string_view what, pid_t tid, const Placement& placement) const;
  Result<> place_threads();
  Result<> lock_memory() const;
  Result<> watch_budgets();
  [[nodiscard]] std::vector<WatchedThread> watched_threads() const;
  void wait_for_end(const Fd& signals);
  void press_power_button() const;
  void stop_threads();

  VmConfig config_;
  CycleClock cycle_clock_;
  LifeCycle life_;
  WholeFile kernel_;
  WholeFile initrd_;
  kvm::System system_;
  kvm::VmFd vm_;
  std::uint32_t disabled_exits_ = 0;
  GuestRam ram_;
  GuestMem mem_;
  std::vector<kvm::VcpuFd> vcpu_fds_;  // until the threads take them over
  std::unique_ptr<Console> console_;
  std::unique_ptr<Console> debug_console_;
  std::unique_ptr<Quiescence> readers_;
  Servers device_servers_;
  std::unique_ptr<Board> board_;
  std::vector<std::unique_ptr<VcpuThread>> vcpus_;
  std::vector<BoardServer> servers_;
  std::vector<Thread> server_threads_;  // as servers_
  Thread console_thread_;
  Thread debug_console_thread_;
  std::optional<BundleStore> bundles_;  // only with a budget, as the next two
  std::unique_ptr<Ftrace> host_tracer_;
  std::unique_ptr<BudgetWatch> watch_;
};

}  // namespace takt
