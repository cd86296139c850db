// SPDX-License-Identifier: Apache-2.0
// The interrupt unit of the 82540EM: causes (ICR), mask (IMS), throttling (ITR) and the line.
// 317453, 13.4.17 to 13.4.21.
//
// vCPUs read ICR and write ICS, IMS and IMC on their own threads while the device's server sets
// causes, so all of it is atomics, and the line is driven without a lock: every change is made
// first, and announced second, by one more in `changes_`. Who takes the counter from 0 drives the
// line until he has taken it back to 0; the others go on at once, as their changes are seen by him
// (each of his looks begins after the announcement he has counted). So the level that is driven
// last is that of the last change, and drive() is never called by two threads at once.
//
// Driving is bounded: after `most_looks` looks the rest is left to the server, which is woken.
// While a thread that drives is preempted the line stays as it is. Those that come here are the
// vCPUs that handle this device's interrupt, and the server, which should be above them.
//
// Throttling: the line rises no earlier than ITR * 256 ns after it rose last, whatever the cause.
// An interrupt that has to wait is `held`: the server arms the alarm and calls settle() then.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "bus/clock.h"
#include "bus/irq.h"
#include "bus/work.h"

namespace takt::e1000 {

class InterruptUnit {
 public:
  static constexpr unsigned most_looks = 8;

  /// `bell` wakes the server that calls take_over().
  InterruptUnit(IrqSink& line, Clock& clock, Bell& bell)
      : line_{line}, clock_{clock}, bell_{bell} {}

  // --- any thread ---
  /// Reading ICR clears it.
  [[nodiscard]] std::uint32_t read_icr() RT;
  /// Ones clear.
  void write_icr(std::uint32_t value) RT;
  /// The device's own events, and ICS.
  void set_causes(std::uint32_t causes) RT;
  void write_ims(std::uint32_t value) RT;
  void write_imc(std::uint32_t value) RT;
  [[nodiscard]] std::uint32_t ims() const RT { return ims_.load(std::memory_order_relaxed); }
  /// Makes the line what causes, mask and time say.
  void settle() RT;

  // --- the server ---
  /// 0: no throttling.
  void write_itr(std::uint32_t interval) RT;
  void reset() RT;
  /// Drives on where a thread has left off; harmless when none has.
  void take_over() RT;
  /// When a held interrupt is due, on the clock's time line.
  [[nodiscard]] std::optional<std::int64_t> held_until() const RT;

  /// For tests and records: what is there, without clearing it.
  [[nodiscard]] std::uint32_t causes() const RT { return icr_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::int64_t not_held = INT64_MIN;

  void drive(std::uint32_t seen) RT;
  void look() RT;
  [[nodiscard]] bool may_rise() RT;

  IrqSink& line_;
  Clock& clock_;
  Bell& bell_;
  std::atomic<std::uint32_t> icr_ = 0;
  std::atomic<std::uint32_t> ims_ = 0;
  std::atomic<std::int64_t> interval_ns_ = 0;
  std::atomic<std::uint32_t> changes_ = 0;  // announced and not yet looked at; 0: nobody drives
  std::atomic<bool> left_off_ = false;      // and this: he who drove has left it to the server
  std::atomic<std::int64_t> held_until_ = not_held;  // written by him who drives

  // His alone who drives.
  bool level_ = false;
  bool ever_rose_ = false;
  std::int64_t rose_at_ns_ = 0;
};

}  // namespace takt::e1000
