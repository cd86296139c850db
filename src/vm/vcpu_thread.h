// SPDX-License-Identifier: Apache-2.0
// The loop around KVM_RUN: from a guest exit to the device, on the vCPU's own thread.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "base/quiescence.h"
#include "base/result.h"
#include "base/rt.h"
#include "base/thread.h"
#include "bus/dispatch.h"
#include "kvm/vcpu_fd.h"
#include "record/thread_recorder.h"
#include "vm/life_cycle.h"
#include "vm/vcpu_mailbox.h"

namespace takt {

/// What the kernel counted for the thread while it was in the loop: a real-time run has zeros.
struct VcpuUsage {
  long minor_faults = 0;
  long major_faults = 0;
  long involuntary_switches = 0;
};

/// What a vCPU's thread works with; all of it outlives the thread.
struct VcpuWorld {
  PioBus& pio;
  MmioBus& mmio;
  Quiescence& readers;  // of the buses' tables: reader N is vCPU N
  LifeCycle& life;
  std::size_t devices = 0;  // the highest DeviceId
};

class VcpuThread {
 public:
  VcpuThread(kvm::VcpuFd vcpu, const VcpuWorld& world);
  ~VcpuThread();

  /// See ThreadRecorder. Before start().
  void set_budget(RecordKind kind, std::uint32_t cycles) { recorder_.set_budget(kind, cycles); }
  /// Starts the thread, which waits for open_gate(): in between it can be placed and looked at.
  Result<> start();
  void open_gate() noexcept;
  /// Gets the thread out of the guest and out of its loop, and joins it. Not from the thread
  /// itself.
  void stop();

  /// Gets the thread out of the guest and makes it park; returns at once. Any other thread.
  void ask_to_pause() RT;
  /// Whether it stands still, or has ended, within `timeout`. Blocks.
  [[nodiscard]] bool wait_paused(std::chrono::milliseconds timeout) const {
    return mailbox_.wait_parked(timeout);
  }
  void resume() RT { mailbox_.release(); }

  [[nodiscard]] pid_t tid() const { return thread_.tid(); }
  [[nodiscard]] const std::string& name() const { return thread_.name(); }
  [[nodiscard]] const ThreadRecorder& recorder() const { return recorder_; }
  /// After stop(): what the kernel counted, and what KVM said if it failed ("" otherwise).
  [[nodiscard]] const VcpuUsage& usage() const { return usage_; }
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  void body();
  void loop() RT;
  void handle(kvm::ExitKind kind) RT;
  void do_pio(const kvm::PioExit& exit) RT;
  void do_mmio(const kvm::MmioExit& exit) RT;
  template <class A>
  const Region<A>* find(Bus<A>& bus, A addr, Width width, bool is_write) RT;
  template <class A>
  void access(const Region<A>* region, A addr, Width width, bool is_write, std::byte* data) RT;
  void do_system_event(kvm::SystemEvent event) RT;
  void attend_mailbox() RT;
  void end(Ending ending) RT;

  kvm::VcpuFd vcpu_;
  PioBus& pio_;
  MmioBus& mmio_;
  Quiescence::Reader& reader_;
  LifeCycle& life_;
  VcpuMailbox mailbox_;
  ThreadRecorder recorder_;
  Record exit_;  // the one that is being handled
  VcpuUsage usage_;
  std::string failure_;
  std::atomic<bool> gate_ = false;
  std::atomic<bool> may_end_ = false;
  Thread thread_;  // last: joined before anything that it uses goes away
};

}  // namespace takt
