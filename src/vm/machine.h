// SPDX-License-Identifier: Apache-2.0
// A virtual machine from configuration to exit status. The order of the members is the order of
// construction, and its reverse the order of destruction.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cycles.h"
#include "base/fd.h"
#include "base/quiescence.h"
#include "base/result.h"
#include "base/whole_file.h"
#include "bus/guest_mem.h"
#include "host/console.h"
#include "host/ftrace.h"
#include "host/guest_ram.h"
#include "host/resctrl.h"
#include "kvm/system.h"
#include "kvm/vcpu_fd.h"
#include "kvm/vm_fd.h"
#include "vm/board.h"
#include "vm/budget_watch.h"
#include "vm/config.h"
#include "vm/life_cycle.h"
#include "vm/servers.h"
#include "vm/statistics.h"
#include "vm/vcpu_thread.h"

namespace takt {

/// A thread that looks at the VM from outside, such as the control socket's: `body` blocks until
/// `stop`, which any thread may call.
struct Observer {
  std::string name = {};
  std::function<void()> body = {};
  std::function<void()> stop = {};
};

class Machine {
 public:
  ~Machine();
  /// Everything that can fail because of the user or the host, except what threads are granted.
  /// Nothing runs yet.
  static Result<std::unique_ptr<Machine>> create(VmConfig config);

  /// Starts, waits for the end, stops everything in order. On the caller's thread, which blocks;
  /// SIGINT, SIGTERM and SIGHUP end the VM, SIGPWR presses its power button. Once.
  Result<Outcome> run();

  /// Before run(). Its thread lives from before the guest's first instruction until the VM has
  /// ended.
  void set_observer(Observer observer) { observer_ = std::move(observer); }
  /// Ends that thread, if run() has not. Then nothing of the observer's is used any more.
  void stop_observer();

  // For the observer's thread, while it runs (machine_control.cpp).
  /// Returns when every vCPU stands still. An error when one does not within some seconds (they go
  /// on then). Blocks.
  Result<> pause();
  void resume();
  [[nodiscard]] bool is_paused() const { return paused_; }
  /// Publishes the dispatch tables anew, as a device's move would; blocks until no vCPU sees the
  /// old ones. False without --testdev.
  [[nodiscard]] bool republish();
  /// How many bytes of its RAM the guest shall give; what it does about it takes its time. False
  /// without --balloon.
  [[nodiscard]] bool set_balloon(std::uint64_t bytes) const;
  [[nodiscard]] std::uint64_t memory() const { return config_.memory; }
  /// Ends the VM; does not wait for the end.
  void end(Outcome outcome) { life_.request(outcome); }
  /// False on a machine without. Blocks for as long as a finger does.
  [[nodiscard]] bool press_power_button() const { return board_->press_power_button(); }
  /// Copies what is counted; touches no other thread.
  [[nodiscard]] Statistics snapshot() const;
  [[nodiscard]] const std::string& name() const { return config_.name; }

  /// JSON: what is in force for the VM and each of its threads. While run() has threads.
  [[nodiscard]] Result<std::string> effective_state() const;
  /// JSON: what was counted. After run().
  [[nodiscard]] std::string statistics() const;
  /// JSON for ui.perfetto.dev: what each thread did in the last `last_ns` as far as its ring goes
  /// back, and the host if it is traced. While run() has threads, and after it. Any thread that is
  /// neither a vCPU's nor a server's; blocks, for some 10 us for each event of the host.
  [[nodiscard]] std::string trace(std::uint64_t last_ns) const;
  /// After run(): what KVM said, for a person; "" unless it failed.
  [[nodiscard]] std::string failure() const;

 private:
  Machine(VmConfig config, LifeCycle life) : config_{std::move(config)}, life_{std::move(life)} {}
  Result<> open_files();
  Result<> open_trace_file();
  Result<> open_bundles();
  Result<> create_vm();
  Result<> create_memory();
  Result<> create_vcpus();
  Result<> create_servers_and_consoles();
  Result<std::unique_ptr<Console>> open_console(std::string_view key, std::string_view device,
                                                const ConsoleTarget& target);
  Result<> create_board_and_boot();
  void attach_consoles();
  Result<> start_host_tracer();
  void set_budgets(Server& server) const;
  void set_budgets(VcpuThread& vcpu) const;
  Result<> start_threads();
  Result<> place(std::string_view what, pid_t tid, const Placement& placement) const;
  Result<> place_threads();
  Result<> prepare_host();
  Result<> place_helpers() const;
  [[nodiscard]] std::vector<pid_t> stand_ins(std::string_view name) const;
  Result<> join_resctrl() const;
  [[nodiscard]] std::optional<Placement> helper_placement() const;
  void place_late_helpers(const Fd& signals) const;
  Result<> lock_memory() const;
  Result<> watch_budgets();
  [[nodiscard]] std::vector<WatchedThread> watched_threads() const;
  void wait_for_end(const Fd& signals);
  void open_observer_gate();
  void try_power_button() const;
  [[nodiscard]] std::vector<pid_t> thread_ids() const;
  void stop_threads();
  void write_trace_file() const;

  VmConfig config_;
  Fd dma_latency_;
  std::optional<ResctrlGroup> resctrl_;  // removed after the threads in it have ended
  CycleClock cycle_clock_;
  LifeCycle life_;
  std::unique_ptr<Ftrace> host_tracer_;                    // null: the host is not traced
  std::string host_tracer_missing_ = "trace-host is off";  // why not
  Fd trace_file_;
  WholeFile kernel_;
  WholeFile initrd_;
  kvm::System system_;
  kvm::VmFd vm_;
  std::uint32_t disabled_exits_ = 0;
  GuestRam ram_;
  GuestMem mem_;
  std::vector<kvm::VcpuFd> vcpu_fds_;  // until the threads take them over
  Fd power_button_;                    // an eventfd: the user has asked for it on a server's thread
  Servers servers_;
  std::unique_ptr<Console> console_;
  std::unique_ptr<Console> debug_console_;
  std::unique_ptr<Quiescence> readers_;
  std::unique_ptr<Board> board_;
  std::vector<std::unique_ptr<VcpuThread>> vcpus_;
  bool paused_ = false;  // the observer's thread only
  Observer observer_;
  std::atomic<bool> observer_gate_ = false;
  Thread observer_thread_;
  std::optional<BundleStore> bundles_;  // only with a budget, as the next one
  std::unique_ptr<BudgetWatch> watch_;
};

}  // namespace takt
