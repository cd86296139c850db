// SPDX-License-Identifier: Apache-2.0
// What a virtio device is on any transport: its status, features, queues and resets, and when its
// model runs. virtio 1.2, chapters 2 and 3; only modern drivers (VERSION_1).
//
// All is called under what serialises the device: its server, or the device's lock.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "bus/guest_mem.h"
#include "bus/work.h"
#include "virtio/model.h"

namespace takt::virtio {

namespace status {  // 2.1
inline constexpr std::uint8_t acknowledge = 1;
inline constexpr std::uint8_t driver = 2;
inline constexpr std::uint8_t driver_ok = 4;
inline constexpr std::uint8_t features_ok = 8;
inline constexpr std::uint8_t needs_reset = 64;
inline constexpr std::uint8_t failed = 128;
}  // namespace status

/// What a transport does for its core.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual void queue_interrupt(unsigned queue) RT = 0;
  /// See Interrupts::event().
  [[nodiscard]] virtual int queue_event(unsigned /*queue*/) RT { return -1; }
  virtual void config_interrupt() RT = 0;
  /// A device reset is done: interrupts are withdrawn.
  virtual void after_reset() RT = 0;
};

class Core final : public Work, private Interrupts {
 public:
  static constexpr std::size_t most_queues = 64;
  static constexpr std::uint16_t no_vector = 0xffff;
  /// Offered beside the model's own features.
  static constexpr std::uint64_t ring_features = feature::version_1 | feature::indirect_desc |
                                                 feature::event_idx | feature::ring_packed |
                                                 feature::ring_reset;

  struct Queue {
    std::uint16_t size = 0;
    std::uint16_t vector = no_vector;  // PCI: its MSI-X vector
    bool enabled = false;
    bool resetting = false;  // the model has not let go of it yet
    std::uint64_t desc = 0;
    std::uint64_t driver = 0;
    std::uint64_t device = 0;
  };
  struct State {
    std::uint8_t status = 0;
    bool resetting = false;        // 0 was written, and the model has requests under way
    bool beyond_features = false;  // the driver accepts features in windows that do not exist
    std::uint32_t device_feature_select = 0;
    std::uint32_t driver_feature_select = 0;
    std::uint64_t driver_features = 0;
    std::uint32_t config_generation = 0;
    std::uint16_t queue_select = 0;
    std::uint16_t config_vector = no_vector;  // PCI
    std::array<Queue, most_queues> queues{};
  };
  struct Counters {
    std::uint64_t features_refused = 0;
    std::uint64_t queues_refused = 0;  // sizes and layouts
    std::uint64_t needs_reset = 0;
    std::uint64_t resets = 0;
  };

  /// All outlive it. `bell` is the server's that calls work(); it is rung where an access has left
  /// something to do. A model has at most most_queues queues.
  Core(Model& model, const GuestMem& mem, Transport& transport, Bell& bell);

  [[nodiscard]] const State& state() const RT { return s_; }
  [[nodiscard]] const Counters& counters() const RT { return counters_; }
  [[nodiscard]] Model& model() const RT { return model_; }
  [[nodiscard]] unsigned queues() const RT { return static_cast<unsigned>(vqs_.size()); }
  [[nodiscard]] std::uint64_t offered() const RT { return offered_; }

  // --- features, by 32-bit windows (2.2) ---
  void select_device_features(std::uint32_t window) RT;
  void select_driver_features(std::uint32_t window) RT;
  [[nodiscard]] std::uint32_t device_features() const RT;
  [[nodiscard]] std::uint32_t driver_features() const RT;
  /// Not after FEATURES_OK.
  void write_driver_features(std::uint32_t value) RT;

  // --- status (2.1, 3.1) ---
  /// Until a reset is complete it is what it was before, and writes to all registers are dropped.
  [[nodiscard]] std::uint8_t read_status() const RT { return s_.status; }
  /// 0 resets. Other bits can be set only. FEATURES_OK stays clear when the features will not do,
  /// DRIVER_OK without FEATURES_OK.
  void write_status(std::uint8_t value) RT;

  // --- the selected queue ---
  enum class Ring : std::uint8_t { desc, driver, device };
  void select_queue(std::uint16_t queue) RT;
  /// Null when there is no such queue: it reads as zeroes.
  [[nodiscard]] const Queue* selected() const RT;
  [[nodiscard]] std::uint16_t largest_size() const RT;
  /// These three are refused while the queue is enabled; a size of 0 or beyond the largest always.
  void write_queue_size(std::uint16_t size) RT;
  void write_queue_address_low(Ring ring, std::uint32_t value) RT;
  void write_queue_address_high(Ring ring, std::uint32_t value) RT;
  /// Refused, so that it reads back 0, before FEATURES_OK and when the rings do not make sense.
  void enable_queue() RT;
  /// 2.6.1. Queue::enabled and resetting are false when it is done, at once or in a later work().
  void reset_queue() RT;
  void write_queue_vector(std::uint16_t vector) RT;
  void write_config_vector(std::uint16_t vector) RT;

  // --- the rest ---
  /// The driver notifies a queue; any number.
  void notify(std::uint32_t queue) RT;
  /// For a doorbell that does not tell which.
  void notify_all() RT;
  [[nodiscard]] std::uint64_t read_config(std::uint64_t offset, Width width) RT;
  void write_config(std::uint64_t offset, Width width, std::uint64_t value) RT;

  /// A reset, of the device or of a queue, waits for the model to let go.
  [[nodiscard]] bool is_resetting() const RT { return s_.resetting || queues_resetting_ != 0; }

  // Work
  void begin() RT override { model_.begin(); }
  Worked work() RT override;
  /// Instead of work(), or after it: the device may not reach memory until the next.
  void rest() RT;
  void finish() override { model_.finish(); }

 private:
  // Interrupts
  void queue_used(unsigned queue) RT override;
  [[nodiscard]] int event(unsigned queue) RT override { return transport_.queue_event(queue); }
  void config_changed() RT override;
  void needs_reset() RT override;

  [[nodiscard]] bool running() const RT { return (s_.status & status::driver_ok) != 0; }
  [[nodiscard]] bool features_will_do() const RT;
  [[nodiscard]] Queue* writable_queue() RT;
  [[nodiscard]] std::uint64_t* address_of(Ring ring) RT;
  void start() RT;
  void reset() RT;
  void finish_reset() RT;
  void finish_queue_reset(unsigned queue) RT;
  void retry_queue_resets() RT;
  void set_defaults() RT;

  Model& model_;
  const GuestMem& mem_;
  Transport& transport_;
  Bell& bell_;
  const std::uint64_t offered_;
  std::vector<Virtqueue> vqs_;  // constant in number and place
  State s_;
  unsigned queues_resetting_ = 0;
  Counters counters_;
};

}  // namespace takt::virtio
